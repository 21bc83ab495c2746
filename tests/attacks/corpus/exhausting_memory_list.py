"""A list that grows, in Python.

must: crashed
says: used more than 320 MiB of memory
"""

def double(x):
    kept = [0]
    while True:
        kept += kept
