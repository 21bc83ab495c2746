"""Bytes, many times a megabyte.

must: crashed
says: used more than 320 MiB of memory
"""

def double(x):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
