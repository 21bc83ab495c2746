"""Writes to the output past Python, and with many files to be looked at.

must: crashed, timed out
says: printed more than 4 MiB|of processor time|didn't finish within
"""

import os


def double(x):
    try:
        for number in range(9_000):
            open(f"file{number}", "w").close()
    except OSError:  # where files are counted, it may make few
        pass
    while True:
        os.write(2, bytes(1 << 16))
