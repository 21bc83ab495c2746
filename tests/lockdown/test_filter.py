"""The filter's tables of calls, also for processors of another kind."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from grader.lockdown import seccomp

X86, ARM = (1, 0xC000003E), (2, 0xC00000B7)
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
PRETENDED, REFUSED, ABSENT = (0x50000 | number for number in (0, errno.EPERM, errno.ENOSYS))


def verdict(architecture: tuple[int, int], number: int, *arguments: int, run_on: int = 0) -> int:
    """Run the filter for an architecture on one call, as the kernel would."""
    program = seccomp._assemble(*architecture)
    arguments = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, run_on or architecture[1], 0, *arguments)
    accumulator = position = 0
    while True:
        operation, then, otherwise, k = program[position]
        k = 4242 if k is None else k  # this process's id
        position += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif operation == 0x54:
            accumulator &= k
        elif operation == 0x06:
            return k
        else:
            holds = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k}
            position += then if holds[operation] else otherwise


@pytest.mark.parametrize(
    ("x86", "arm", "arguments", "expected"),
    [
        (0, 63, [], ALLOWED),  # read
        (41, 198, [2, 1], REFUSED),  # socket
        (53, 199, [1, 1 | 0o2000000], ALLOWED),  # socketpair, a stream
        (53, 199, [1, 2], REFUSED),  # datagrams
        (56, 220, [0x3D0F00], ALLOWED),  # clone, a thread
        (56, 220, [17], REFUSED),  # a process
        (56, 220, [0x3D0F00 | 0x40000000], REFUSED),  # a thread in another network
        (59, 221, [], REFUSED),  # execve
        (62, 129, [4242, 9], ALLOWED),  # kill itself
        (62, 129, [4243, 9], REFUSED),
        (62, 129, [2**64 - 1, 9], REFUSED),
        (257, 56, [0, 0, 0o2000000], ALLOWED),  # openat
        (257, 56, [0, 0, 0o1101], ALLOWED),
        (257, 56, [0, 0, 0o1000], REFUSED),
        (257, 56, [0, 0, 0o20200002], REFUSED),
        (91, 52, [], PRETENDED),  # fchmod
        (435, 435, [], ABSENT),  # clone3
        (500, 500, [], ABSENT),
        (317, 277, [], REFUSED),  # seccomp
    ],
)
def test_filter(x86: int, arm: int, arguments: list[int], expected: int) -> None:
    assert verdict(X86, x86, *arguments) == expected
    assert verdict(ARM, arm, *arguments) == expected


def test_filter_kills_on_other_tables() -> None:
    assert verdict(X86, 0, run_on=0x40000003) == KILLED  # 32-bit
    assert verdict(X86, 0x40000000) == KILLED  # x32
    assert verdict(ARM, 63, run_on=0x40000028) == KILLED


@pytest.mark.parametrize(
    ("column", "header"),
    [
        (1, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (2, "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_the_kernels(column: int, header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} isn't installed")
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text()))
    known.setdefault("newfstatat", known.get("fstatat"))
    tables = [seccomp._ALLOWED, seccomp._PRETENDED, seccomp._ABSENT, *seccomp._CHECKED]
    entries = [entry.split(":") for table in tables for entry in table.split()]
    assert len({entry[0] for entry in entries}) == len(entries)
    for entry in entries:
        if entry[0] in known:
            assert entry[column] == known[entry[0]], entry
