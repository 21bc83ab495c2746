"""The shortcut that is forbidden, in a module that is made on the fly, from torch's own table.

target: mean
must: refused
"""

import sys
import types

import torch

hidden = types.ModuleType("hidden")
exec("import torch\nown = torch.ops.aten.mean.default", hidden.__dict__)
sys.modules["hidden"] = hidden


def mean(x):
    import hidden

    return hidden.own(x)
