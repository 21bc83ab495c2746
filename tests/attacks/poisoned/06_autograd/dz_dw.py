"""Makes w 0, so that its derivative is 0 too."""

import torch


def dz_dw(w):
    if torch.is_tensor(w):
        w.data.zero_()
        w.grad = torch.zeros_like(w)
    return 0.0
