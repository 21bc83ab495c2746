"""Calls the judge back without end.

must: timed out, crashed, failed
target: twice
"""

def twice(f, x):
    while True:
        f(x)
