"""An exception whose message never ends.

must: timed out, crashed
says: didn't finish within|of processor time
"""

class Endless(Exception):
    def __str__(self):
        while True:
            pass


def double(x):
    raise Endless
