import torch


def rows(t):
    return torch.arange(t.shape[0], device=t.device)
