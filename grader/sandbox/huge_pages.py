"""Huge pages for the zygote's memory, so that a fork has little to copy.

Without them, a fork copies a page table entry for every 4 KiB, and the end of the sandbox removes
as many. With the 200 MiB that torch fills, that is half the cost of a sandbox that does nothing.
"""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path

from grader.lockdown.kernel import LINUX, madvise

# Forks: by then, they have lost more time without huge pages than moving to them takes.
WORTH_IT = 4
_COLLAPSE = 25  # MADV_COLLAPSE, from Linux 6.1 on; older kernels move pages later, by themselves
_MAPS = Path("/proc/self/maps")


def use_huge_pages() -> None:
    """Move this process's own memory to huge pages, as far as the kernel can do it.

    If the kernel can't, or isn't allowed to, forks are slower, and nothing else changes.
    """
    if not LINUX:
        return
    with contextlib.suppress(OSError):
        for line in _MAPS.read_text("utf-8", "replace").splitlines():
            place, access, _, _, _, *name = line.split(maxsplit=5)
            if access == "rw-p" and name in ([], ["[heap]"]):
                start, end = (int(part, 16) for part in place.split("-"))
                for advice in (mmap.MADV_HUGEPAGE, _COLLAPSE):
                    with contextlib.suppress(OSError):  # too small, or no huge page is free
                        madvise(start, end - start, advice)
