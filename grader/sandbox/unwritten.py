"""Makes `torch.empty` give large numbers in a sandbox, and never zeros by chance.

If an answer leaves parameters as `torch.empty` made them, it is right when the memory happens to
hold zeros, and wrong otherwise. In a sandbox it is wrong in every run.
"""

from __future__ import annotations

import ctypes
import sys

_M_PERTURB = -6  # of glibc's mallopt(3)
_FILLING = 0x7E  # float32 8.5e37, float64 6.0e300; no index, and no bool that torch knows


def fill_what_is_unwritten() -> None:
    """Fill all memory that the C library gives this process and its children, if it can do so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_PERTURB, ~_FILLING & 0xFF)
