"""Writes into a folder that whoever counts its files can't list.

must: crashed
says: made folders that can't be looked into|of files
"""

import os


def double(x):
    os.umask(0o477)
    os.mkdir("hidden")
    number = 0
    while True:
        number += 1
        file = os.open(f"hidden/file{number}", os.O_WRONLY | os.O_CREAT, 0o200)
        os.write(file, bytes(1 << 20))
        os.close(file)
