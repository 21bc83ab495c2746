"""Writes one file without end.

must: crashed
says: of files|wrote a file of more than
"""

def double(x):
    with open("big", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
