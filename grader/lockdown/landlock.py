"""Landlock: the files that a sandbox can reach, kept by the kernel without any privilege.

A process gives up every kind of access at once and then gets back only what lies beneath the
directories it names. From then on neither it nor anything it starts can trace, or look into /proc
of, a process outside.
"""

from __future__ import annotations

import os
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.lockdown.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 7, 1 << 8, 1 << 14

READ = READ_FILE | READ_DIR
# Files and folders only, no links, pipes, sockets or devices, for the sake of whoever cleans up.
# Nothing is removed: a removed file that is still mapped takes space that nobody sees.
# And nowhere EXECUTE: libraries are mapped, which needs none, and programs are never started.
SCRATCH = READ | WRITE_FILE | TRUNCATE | MAKE_DIR | MAKE_REG
_FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

_FILESYSTEM_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many a version knows; 16 from 5 on
_NETWORK_RIGHTS = 0b11  # bind and connect TCP, from 4 on
_SCOPES = 0b11  # abstract Unix sockets and signals, from 6 on


def version() -> int:
    """The kernel's Landlock version; OSError where it is missing or switched off."""
    return syscall(_CREATE_RULESET, 0, 0, _CREATE_RULESET_VERSION)


def python_paths() -> list[Path]:
    """What Python and torch need in order to import: their libraries and the system's, no more.

    Not `sys.path`: an editable install puts a whole project there, its secrets included.
    """
    paths = sysconfig.get_paths()
    roots = [Path(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    for prefix in {sys.prefix, sys.base_prefix}:
        roots += [Path(prefix, "lib"), Path(prefix, "lib64")]
    for name in ("torch", "numpy"):  # wherever a --target or PYTHONPATH has put them
        roots += [Path(path) for path in getattr(sys.modules.get(name), "__path__", [])]
    roots += [Path(path) for path in _SYSTEM_PATHS]
    return _outermost(path for path in roots if path.exists())


_SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/mime.types",  # `mimetypes` opens it unasked and unguarded
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/sys/devices/system/cpu",  # how many processors there are
)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """The paths, links followed, without those that lie inside another."""
    resolved = {path.resolve() for path in paths}
    return sorted(path for path in resolved if resolved.isdisjoint(path.parents))


@dataclass(frozen=True)
class Fence:
    """The rules that every sandbox shares, their paths opened once."""

    handled: bytes
    rights: int
    rules: tuple[bytes, ...]

    @classmethod
    def build(cls, readable: Iterable[Path]) -> Fence:
        """Open the paths that may be read; the descriptors stay open for children to inherit."""
        abi = version()
        rights = (1 << _FILESYSTEM_RIGHTS.get(abi, 16)) - 1
        network = _NETWORK_RIGHTS if abi >= 4 else 0
        scopes = _SCOPES if abi >= 6 else 0
        rules = [_rule(path, READ & rights) for path in _outermost(readable)]
        rules.append(_rule(Path(os.devnull), (READ_FILE | WRITE_FILE | TRUNCATE) & rights))
        return cls(struct.pack("=QQQ", rights, network, scopes), rights, tuple(rules))

    def enter(self, workdir: Path) -> None:
        """Confine this process to the shared rules, and to writing in its work directory."""
        ruleset = syscall(_CREATE_RULESET, self.handled, len(self.handled), 0)
        for rule in (*self.rules, _rule(workdir, SCRATCH & self.rights)):
            syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _rule(path: Path, rights: int) -> bytes:
    """Open a path and pack its rule; the descriptor lives as long as the process keeps it."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    return struct.pack("=Qi", rights if path.is_dir() else rights & _FOR_FILES, descriptor)
