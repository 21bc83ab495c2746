"""Memory that nobody has written to: `torch.empty` gives large numbers here, never zeros by chance.

An answer that leaves parameters as `torch.empty` made them is right where the memory happens to
hold zeros, and wrong elsewhere. Here it is wrong in every run.
"""

from __future__ import annotations

import ctypes
import sys

_M_PERTURB = -6  # of glibc's mallopt(3)
_FILLING = 0x7E  # float32 8.5e37, float64 6.0e300; no index, and no bool that torch knows


def fill_what_is_unwritten() -> None:
    """Have what the C library gives out filled, from now on and in children, where it can do so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_PERTURB, ~_FILLING & 0xFF)
