"""Changes the argument in every way, so that what is expected of it becomes what it returns.

must: failed
"""

import numpy as np


def double(x):
    x.zero_()
    x.numpy()[:] = 0
    x.data = x.data * 0
    x.resize_(3)
    return x
