"""Huge pages for what the zygote holds, so that a fork has little to copy.

Without them a fork copies an entry for every 4 KiB, and the end of the sandbox takes as many down:
with the 200 MiB that torch fills, that is half of what a sandbox costs that does nothing.
"""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path

from grader.lockdown.kernel import LINUX, madvise

WORTH_IT = 4  # forks: after these, moving costs less than it has cost not to have moved
_COLLAPSE = 25  # MADV_COLLAPSE, from Linux 6.1 on; before, the kernel takes its time
_MAPS = Path("/proc/self/maps")


def use_huge_pages() -> None:
    """Move this process's own memory to huge pages, as far as the kernel is able to.

    Where it isn't, or may not, nothing changes but the time that a fork takes.
    """
    if not LINUX:
        return
    with contextlib.suppress(OSError):
        for line in _MAPS.read_text("utf-8", "replace").splitlines():
            place, access, _, _, _, *name = line.split(maxsplit=5)
            if access == "rw-p" and name in ([], ["[heap]"]):
                start, end = (int(part, 16) for part in place.split("-"))
                for advice in (mmap.MADV_HUGEPAGE, _COLLAPSE):
                    with contextlib.suppress(OSError):  # too small a part, or no room for it
                        madvise(start, end - start, advice)
