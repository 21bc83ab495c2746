"""Raises KeyboardInterrupt, past `except Exception`.

must: failed
"""

def double(x):
    raise KeyboardInterrupt("stop the grader")
