"""Takes all memory and carries on when told that there is no more.

must: timed out, crashed, failed
"""

KEPT = []


def double(x):
    while True:
        try:
            while True:
                KEPT.append(bytearray(1 << 16))
        except MemoryError:
            pass
