"""Reads another student's answer and hands it in as its own.

must: failed
"""

import glob


def double(x):
    scope = {}
    for file in [*glob.glob("@submissions@/*/toy.py"), *glob.glob("../*/toy.py")]:
        exec(open(file).read(), scope)
    open("@submissions@/000_honest/toy.py").read()
    return scope["double"](x)
