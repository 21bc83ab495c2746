"""An iterator that never ends, for whoever iterates over it.

must: failed
"""

class Forever:
    def __iter__(self):
        return self

    def __next__(self):
        return 0


def double(x):
    return Forever()
