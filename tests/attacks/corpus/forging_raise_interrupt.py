"""Raises KeyboardInterrupt, GeneratorExit and an exception group past `except Exception`.

must: failed
"""

def double(x):
    raise KeyboardInterrupt("stop the grader")


def twice(f, x):
    raise GeneratorExit
