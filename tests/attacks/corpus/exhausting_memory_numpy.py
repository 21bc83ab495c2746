"""An array of 64 GiB.

must: crashed
says: used more than 320 MiB of memory
"""

import numpy as np


def double(x):
    return np.ones(1 << 33)
