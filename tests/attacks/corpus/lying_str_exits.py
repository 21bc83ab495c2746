"""An exception whose message ends the process, and whose class lies about its name.

must: crashed
"""

import os


class Meta(type):
    def __getattribute__(cls, name):
        if name == "__name__":
            os._exit(0)
        return super().__getattribute__(name)


class Sly(Exception, metaclass=Meta):
    def __str__(self):
        raise SystemExit


def double(x):
    raise Sly
