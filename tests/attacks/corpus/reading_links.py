"""Reaches the suite through links and strange paths.

must: failed
"""

import os


def double(x):
    secret = "@solutions@/01_toy/test_toy.py"
    for make in (os.symlink, os.link):
        try:
            make(secret, "inside.txt")
            print(open("inside.txt").read())
        except OSError:
            pass
    print(open("/proc/self/root" + secret).read())
    return x
