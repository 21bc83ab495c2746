"""The shortcut that is forbidden, with all of torch's modes switched off around it.

target: mean
must: refused
"""

import torch
from torch.utils._python_dispatch import _disable_current_modes


def mean(x):
    with _disable_current_modes(), torch._C.DisableTorchFunction():
        return x.mean()
