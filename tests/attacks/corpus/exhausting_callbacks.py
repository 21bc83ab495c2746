"""Calls the judge back without end.

must: timed out, crashed, failed
target: twice
"""

def double(x):
    return x


def twice(f, x):
    while True:
        f(x)
