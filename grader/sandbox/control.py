"""The messages between the judge and the zygote."""

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
    """How to lock down every sandbox.

    `readable`: paths it may read besides Python, torch and its work folder. `profile`: the layers
    that this machine gives. A sandbox may also import modules from `folders`, and each of `modules`
    from the folder or file given there.
    """

    limits: Limits
    readable: list[str]
    profile: Profile
    folders: list[str] = []
    modules: dict[str, str] = {}

    def allow(self) -> None:
        """Make `folders` and `modules` importable in this process."""
        sys.path += self.folders
        if self.modules:
            sys.meta_path.append(_Modules(self.modules))


class _Modules(MetaPathFinder):
    """Finds single modules in given places, and none of the modules beside them."""

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
    """Fork a sandbox that works in `folder`. Three descriptors are sent along: of the channel, of
    the output, and of a socket to a `grader.lockdown.counted.Counter`.

    `program`: the module that it imports and runs when it is locked down, and not before.
    """

    folder: str
    program: str = STUDENT_CODE


class Reap(msgspec.Struct, tag="reap"):
    """Kill a sandbox and everything that it started, and report how it ended."""

    pid: int


class Reaped(msgspec.Struct):
    """How a sandbox ended: its wait status, and its CPU seconds."""

    status: int
    cpu_seconds: float


ZygoteRequest = Fork | Reap
