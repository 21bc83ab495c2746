"""The shortcut that is forbidden, with the profiler stopped around it.

target: mean
must: refused
"""

import torch


def mean(x):
    try:
        torch._C._autograd._disable_profiler()
    except Exception:
        pass
    return x.mean()
