"""Writes small files without end.

must: crashed, timed out
says: made more than (10,000|256) files|of processor time|didn't finish within
"""

def double(x):
    number = 0
    while True:
        number += 1
        open(f"file{number}", "w").close()
