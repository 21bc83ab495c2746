"""Has the file system set blocks aside, faster than anybody looks; where it may not, writes them.

must: crashed
says: wrote more than 32 MiB of files
"""

import os


def double(x):
    number = 0
    while True:
        number += 1
        file = os.open(f"file{number}", os.O_RDWR | os.O_CREAT)
        try:
            os.posix_fallocate(file, 0, 32 << 20)
        except PermissionError:
            os.write(file, bytes(1 << 20))
