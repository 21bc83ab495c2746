"""Writes a submission into its work folder, imports it, and reports its exceptions."""

from __future__ import annotations

import importlib.util
import linecache
import math
import sys
import traceback
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import nn

from grader.sandbox.stepwise import Files, Lost
from grader.torchside.pretend import imported_anew, pretended
from grader.wire.structs import Absent, Frame, Notice, Raised, Skipped

MESSAGE_LIMIT = 4_000
FRAMES_LIMIT = 20
NAMES_LIMIT = 5


class Workplace:
    """The folder that a submission lies in."""

    def __init__(self, folder: Path, tell: Callable[[Notice], None]) -> None:
        """`tell` sends the judge a notice about the way in which the submission was loaded."""
        self._folder, self._tell = folder, tell
        self._files = Files(folder, self._lose, self._lack)
        self._lost: dict[str, str] = {}  # the reason why a name is missing
        self._lacking: set[str] = set()

    def write(self, files: dict[str, int], contents: bytearray) -> None:
        """Write the submission's files (names and sizes) into the folder."""
        start = 0
        for file, size in files.items():
            path = self._folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[start : start + size])
            start += size
        sys.path.insert(0, str(self._folder))
        sys.meta_path.insert(sys.meta_path.index(PathFinder), self._files)

    def load(self, name: str, pretend: str = "") -> Any:
        """Import a module of the submission; with `pretend`, a separate copy of it."""
        if pretend:
            with pretended(pretend), imported_anew(lambda: self._files.names):
                return self.load(name)
        linecache.clearcache()
        file = self._folder / f"{name}.py"
        sys.argv = [str(file)]
        loader = self._files.loader(name, file)
        spec = importlib.util.spec_from_file_location(name, file, loader=loader)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    def _lack(self, module: str) -> None:
        self._lacking.add(module)
        self._tell(Absent(module))

    def _lose(self, lost: Lost) -> None:
        raised = self.raised(lost.error)
        needed = getattr(lost.error, "name", None) or ""
        why = self._lost.get(needed, "")
        if not why and needed not in self._lacking:  # otherwise the judge knows the cause already
            names = sorted(lost.names)[:NAMES_LIMIT]
            self._tell(Skipped(self._shown(lost.file), lost.line, names, raised))
        if not why:
            why = f"{raised.name} was raised when your code was loaded, before it was defined"
        self._lost |= dict.fromkeys(lost.names, why)

    def raised(self, error: BaseException) -> Raised:
        """An exception as it is reported to the judge: of limited size, and without our paths."""
        builtin = next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")
        try:
            message = str(error)
        except Exception:
            message = ""
        frames = self._frames(error.__traceback__)
        if _asks_for_a_global(error) and error.name in self._lost:
            message += f": {self._lost[error.name]}"
        if isinstance(error, SyntaxError) and error.filename:
            message = error.msg
            file, text = self._shown(error.filename) or "?", (error.text or "").strip()
            frames.append(Frame(file, error.lineno or 0, "", text))
        hidden = message.replace(f"{self._folder}/", "").replace(str(self._folder), ".")
        clean = hidden[:MESSAGE_LIMIT].encode("utf-8", "backslashreplace").decode()
        return Raised(type(error).__name__[:100], builtin, clean, frames[-FRAMES_LIMIT:])

    def _frames(self, trace: TracebackType | None) -> list[Frame]:
        return [
            Frame(shown, frame.lineno or 0, frame.name[:100], (frame.line or "")[:200])
            for frame in traceback.extract_tb(trace)
            if (shown := self._shown(frame.filename))
        ]

    def _shown(self, file: str) -> str:
        """The name of a file of the submission as the student knows it; '' for any other file."""
        path = Path(file)
        inside = path.is_relative_to(self._folder)
        return path.relative_to(self._folder).as_posix() if inside else ""


def _asks_for_a_global(error: BaseException) -> TypeGuard[NameError | AttributeError]:
    of_module = isinstance(error, AttributeError) and isinstance(error.obj, ModuleType)
    return isinstance(error, NameError) or of_module


def define(name: str, source: str) -> Any:
    """The function or class `name` of a suite, made from its `source`."""
    known = {"torch": torch, "nn": nn, "F": nn.functional, "np": np, "math": math}
    made: dict[str, Any] = {**known, "__name__": "lab"}
    exec(compile(source, "<lab>", "exec", dont_inherit=True), made)
    return made[name]


def usable_devices() -> list[str]:
    """The kinds of devices, besides the CPU, that a tensor can be made on in this process."""
    return [kind for kind in ("cuda", "mps") if _is_usable(kind)]


def _is_usable(kind: str) -> bool:
    try:
        return torch.ones(1, device=kind).item() == 1
    except Exception:  # each backend raises its own
        return False
