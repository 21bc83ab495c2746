"""Writes small files without end.

must: crashed, timed out
says: made more than 10,000 files
"""

def double(x):
    number = 0
    while True:
        number += 1
        open(f"file{number}", "w").close()
