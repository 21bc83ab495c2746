"""Reads the roster and the gradebook.

must: failed
"""

import sqlite3


def double(x):
    print(sqlite3.connect("file:@out@/gradebook.sqlite?mode=ro", uri=True).execute(
        "SELECT * FROM results").fetchall())
    print(open("@roster@").read())
    return x
