"""An exception whose message never ends.

must: timed out
says: didn't finish within
"""

class Endless(Exception):
    def __str__(self):
        while True:
            pass


def double(x):
    raise Endless
