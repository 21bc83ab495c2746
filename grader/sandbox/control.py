"""What the judge asks of the zygote, and what it answers."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

import msgspec

from grader.lockdown.limits import Limits
from grader.lockdown.records import Profile

PACKET = 1 << 16
READY = b"warm"  # the zygote's answer to its orders
STUDENT_CODE = "grader.sandbox.worker"


class Orders(msgspec.Struct):
    """How every sandbox is to be locked down.

    `readable`: paths it may read besides Python, torch and its work folder. `profile`: the layers
    that this machine gives. A sandbox also imports what lies in `folders`, and each of `modules`
    from its own folder or file.
    """

    limits: Limits
    readable: list[str]
    profile: Profile
    folders: list[str] = []
    modules: dict[str, str] = {}

    def allow(self) -> None:
        """Have this process import what is allowed besides the usual."""
        sys.path += self.folders
        if self.modules:
            sys.meta_path.append(_Modules(self.modules))


class _Modules(MetaPathFinder):
    """Finds modules in places of their own, whose neighbours nobody is to import."""

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        place = Path(self._places.get(fullname, ""))
        if fullname not in self._places or not place.is_dir():
            return spec_from_file_location(fullname, place) if fullname in self._places else None
        if (place / "__init__.py").exists():
            inside = [str(place)]
            file = place / "__init__.py"
            return spec_from_file_location(fullname, file, submodule_search_locations=inside)
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        return spec


class Fork(msgspec.Struct, tag="fork"):
    """Fork a sandbox that works in `folder`; the descriptors of channel and output come along, and
    that of a socket to a `grader.lockdown.counted.Counter`.

    `program` is the module that it runs once it is locked down, and not imported before.
    """

    folder: str
    program: str = STUDENT_CODE


class Reap(msgspec.Struct, tag="reap"):
    """Kill a sandbox with all that it started, and say how it ended."""

    pid: int


class Reaped(msgspec.Struct):
    """How a sandbox ended: its wait status, and its CPU seconds."""

    status: int
    cpu_seconds: float


ZygoteRequest = Fork | Reap
