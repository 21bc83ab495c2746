"""Prints without end.

must: crashed
says: printed more than 4 MiB
"""

def double(x):
    while True:
        print("x" * 10_000)
