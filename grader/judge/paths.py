"""The fixtures `student` and `lab` as a test sees them: names with dots that end in a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from grader.wire.structs import Value


class Start(Protocol):
    """Where a path starts: a module on the student's side."""

    def call(self, path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call what is at the end of `path`."""

    def refer(self, path: str) -> Value:
        """What stands for it where it is passed on."""


class RemotePath:
    """A function or class on the student's side, by its name there."""

    def __init__(self, start: Start, path: str) -> None:
        self._start, self._path = start, path
        self.__name__ = path.rpartition(".")[2]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return RemotePath(self._start, f"{self._path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._start.call(self._path, args, kwargs)

    def refer(self) -> Value:
        return self._start.refer(self._path)

    def __repr__(self) -> str:  # pytest shows it to instructors where a plain `assert` fails
        return self._path


class RemoteStudent:
    """The fixture `student`: the submission's module, one attribute a function or class."""

    def __init__(self, start: Start) -> None:
        self._start = start

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemotePath(self._start, name)

    def __repr__(self) -> str:
        return "student"


class RemoteLab:
    """The fixture `lab`: torch, in the sandbox."""

    def __init__(self, start: Start, define: Callable[[Any], Any]) -> None:
        self._start, self.define = start, define

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemotePath(self._start, name)

    def __repr__(self) -> str:
        return "lab"
