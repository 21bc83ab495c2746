"""A regular expression that backtracks for years.

must: timed out, crashed
says: didn't finish within|of processor time
"""

import re


def double(x):
    return re.match(r"(a+)+$", "a" * 64 + "b")
