"""Looks for tokens in the environment of all processes.

must: failed
"""

import glob
import os


def double(x):
    print(dict(os.environ))
    for file in glob.glob("/proc/*/environ") + ["/proc/self/environ"]:
        try:
            print(open(file, "rb").read())
        except OSError as error:
            print(error)
    return x
