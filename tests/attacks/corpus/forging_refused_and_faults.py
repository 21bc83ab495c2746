"""Raises exceptions named like the grader's own.

must: failed
"""

class GraderFault(Exception):
    pass


class TimedOut(GraderFault, OSError):
    pass


def double(x):
    raise TimedOut("not graded because of a fault in the grader")
