"""Walks up from where it is and lists what it finds.

must: failed
"""

import os


def double(x):
    folder = os.getcwd()
    while folder != "/":
        folder = os.path.dirname(folder)
        try:
            print(folder, os.listdir(folder))
        except OSError as error:
            print(error.strerror)
    for place in ("/", "/home", "/root", "/proc", "/etc/passwd", "@solutions@", "@submissions@"):
        print(os.path.basename(place), os.listdir(place))
    return x
