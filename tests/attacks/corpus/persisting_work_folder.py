"""Leaves folders that can't be entered, and folders deeper than any path.

must: failed, crashed
rest: any
"""

import os


def double(x):
    os.mkdir("closed")
    open("closed/file", "w").close()
    os.mkdir("locked", 0)
    os.umask(0o777)
    os.mkdir("dark")
    os.umask(0)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    return x
