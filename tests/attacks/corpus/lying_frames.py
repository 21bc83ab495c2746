"""Gives its functions the names and files of the grader.

must: failed
"""

CODE = """
def double(x):
    raise AssertionError("expected")
"""

import linecache
import os
import textwrap

NAME = os.path.join(os.getcwd(), "\x1b[2J" * 1000 + ".py")
linecache.cache[NAME] = (1, None, ["secret\x1b[2J\n"] * 10, NAME)
exec(compile(textwrap.dedent(CODE), NAME, "exec"))
