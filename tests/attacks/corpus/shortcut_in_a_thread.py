"""The shortcut that is forbidden, in a thread of its own.

target: mean
must: refused, failed
"""

import threading


def mean(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(x.mean()))
    thread.start()
    thread.join()
    return found[0]
