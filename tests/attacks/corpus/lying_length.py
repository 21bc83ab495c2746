"""A container that says it has 2**62 items, and one that never ends.

must: failed
"""

class Long(list):
    def __len__(self):
        return 1 << 62

    def __iter__(self):
        while True:
            yield 0


def double(x):
    return Long([1, 2, 3])
