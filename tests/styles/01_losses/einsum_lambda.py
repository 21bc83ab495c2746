"""Lambdas, einsum and einops-like tricks; the accuracy keeps one dimension."""

import torch

log_sum = lambda x: torch.einsum("nc->n", x.exp()).log()  # noqa: E731


def log_softmax(x, dim=-1):
    """Swaps the dimensions, so that a vector of sums lines up with the columns."""
    return (x.t() - log_sum(x)).t()


def nll(input, target, reduction="mean"):
    chosen = torch.eye(input.shape[1], dtype=input.dtype)[target]
    per_sample = -torch.einsum("nc,nc->n", input, chosen)
    return per_sample.mean() if reduction == "mean" else per_sample.sum()


def accuracy(out, yb):
    best = out.topk(1, dim=1).indices
    return best.eq(yb.unsqueeze(1)).double().mean(dim=0)
