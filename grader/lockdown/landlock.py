"""Landlock: the kernel limits the files that a sandbox can reach. No privilege is needed for it.

A process gives up every kind of access, except to what lies below the directories it names. From
then on, neither it nor anything it starts can trace a process outside, or look into its /proc.
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
# A sandbox makes files and folders only. Links, pipes, sockets and devices would be in the way of
# whoever cleans up. It removes nothing: a removed file that is still mapped takes space unseen.
# EXECUTE is granted nowhere: libraries are mapped, which doesn't need it; no program is started.
SCRATCH = READ | WRITE_FILE | TRUNCATE | MAKE_DIR | MAKE_REG
_FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

_FILESYSTEM_RIGHTS = {
    1: 13,
    2: 14,
    3: 15,
    4: 15,
}  # rights by version; 16 from 5
_NETWORK_RIGHTS = 0b11  # to bind and connect TCP, from version 4
_SCOPES = 0b11  # abstract Unix sockets and signals, from version 6


def version() -> int:
    """The kernel's version of Landlock. Raises OSError if it is missing or switched off."""
    return syscall(_CREATE_RULESET, 0, 0, _CREATE_RULESET_VERSION)


def python_paths() -> list[Path]:
    """What Python and torch need for their imports: their libraries and those of the system.

    `sys.path` is left out: an editable install puts a whole project there, secrets included.
    """
    paths = sysconfig.get_paths()
    roots = [Path(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    for prefix in {sys.prefix, sys.base_prefix}:
        roots += [Path(prefix, "lib"), Path(prefix, "lib64")]
    for name in ("torch", "numpy"):  # which --target or PYTHONPATH may have put elsewhere
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
    "/etc/mime.types",  # `mimetypes` opens it, and fails if it can't
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/sys/devices/system/cpu",  # how many processors there are
)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """The paths with links resolved, without those that lie inside another of them."""
    resolved = {path.resolve() for path in paths}
    return sorted(path for path in resolved if resolved.isdisjoint(path.parents))


@dataclass(frozen=True)
class Fence:
    """The rules that all sandboxes share. Their paths are opened once."""

    handled: bytes
    rights: int
    rules: tuple[bytes, ...]

    @classmethod
    def build(cls, readable: Iterable[Path]) -> Fence:
        """Open the paths that may be read. The descriptors stay open, and children inherit them."""
        abi = version()
        rights = (1 << _FILESYSTEM_RIGHTS.get(abi, 16)) - 1
        network = _NETWORK_RIGHTS if abi >= 4 else 0
        scopes = _SCOPES if abi >= 6 else 0
        rules = [_rule(path, READ & rights) for path in _outermost(readable)]
        rules.append(_rule(Path(os.devnull), (READ_FILE | WRITE_FILE | TRUNCATE) & rights))
        return cls(struct.pack("=QQQ", rights, network, scopes), rights, tuple(rules))

    def enter(self, workdir: Path) -> None:
        """Confine this process: it reads by the shared rules and writes in its work directory."""
        ruleset = syscall(_CREATE_RULESET, self.handled, len(self.handled), 0)
        for rule in (*self.rules, _rule(workdir, SCRATCH & self.rights)):
            syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _rule(path: Path, rights: int) -> bytes:
    """Open a path and pack its rule. The descriptor stays open until the process closes it."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    return struct.pack("=Qi", rights if path.is_dir() else rights & _FOR_FILES, descriptor)
