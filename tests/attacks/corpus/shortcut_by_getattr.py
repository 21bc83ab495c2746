"""The shortcut that is forbidden, under a name that isn't in the source.

target: mean
must: refused
"""

import torch


def mean(x):
    return getattr(torch, "me" + "an")(x)
