"""A zygote's memory in huge pages: fewer entries for a fork to copy, and the same contents."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

TRY = """
import re
from pathlib import Path
from grader.sandbox.huge_pages import use_huge_pages

def in_huge_pages():
    text = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"AnonHugePages: +(\\d+)", text)[1])

kept = [str(number) for number in range(400_000)]  # some 20 MiB
before = in_huge_pages()
use_huge_pages()
assert kept == [str(number) for number in range(400_000)]
print(in_huge_pages() - before)
"""
ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def test_memory_moves_to_huge_pages_and_stays_what_it_is():
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True)
    if "smaps_rollup" in done.stderr:
        pytest.skip("the kernel doesn't tell what is in huge pages")
    assert not done.stderr
    if not ENABLED.exists() or "[never]" in ENABLED.read_text():
        pytest.skip("the kernel gives no huge pages")
    if tuple(int(part) for part in platform.release().split(".")[:2]) < (6, 1):
        pytest.skip("before Linux 6.1 the kernel moves memory when it likes")
    assert int(done.stdout) > 10_000  # KiB
