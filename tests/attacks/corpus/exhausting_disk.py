"""Writes file after file.

must: crashed
says: wrote more than 32 MiB of files
"""

def double(x):
    number = 0
    while True:
        number += 1
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 20))
