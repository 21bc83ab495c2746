"""Fills the disk, and goes on as if nothing had happened: neighbours have disks of their own.

must: passed, crashed
"""


def double(x):
    try:
        for number in range(1000):
            with open(f"file{number}", "wb") as file:
                file.write(bytes(1 << 20))
    except OSError:
        pass
    return 2 * x
