"""The student's file in this process: plain tracebacks, and `breakpoint()` works.

Its functions and classes are wrapped, so that a test sees the same as across the boundary:
arguments are passed as copies, and the student's code has random generators of its own.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from grader.assignment.exercises import Exercise
from grader.suite.calls import Calls, call_text
from grader.suite.checks.sides import Copies, argument_names
from grader.torchside.pretend import imported_anew, modules_in, pretended
from grader.torchside.ran import Ran
from grader.torchside.seeding import seed_everything


def load(file: Path, name: str) -> ModuleType:
    """Import a file under a name of its own."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Local:
    """The provider of a student's own machine, and of the rehearsal."""

    def __init__(self, file: Path | None = None) -> None:
        """`file` stands in for the exercise's own file."""
        self._file = file
        self.calls: Calls = LocalCalls()
        self.lab = LocalLab()
        self.generators = Generators()

    def path(self, exercise: Exercise) -> Path:
        """The student's file."""
        return self._file or exercise.file

    def owns(self, path: Path, exercise: Exercise) -> bool:
        """Whether code that a traceback has at `path` is the student's."""
        return path == self.path(exercise) or exercise.folder in path.parents

    def shown(self, path: Path) -> str:
        """A better name for the code at `path` than the path, such as "cell [5]"; or ''."""
        return ""

    def module(self, exercise: Exercise) -> ModuleType:
        """The student's module, as it is."""
        return load(self.path(exercise), f"student_{exercise.name}")

    def student(self, exercise: Exercise) -> Any:
        """The student's module, its functions and classes wrapped."""
        with self.generators.kept():  # as in a sandbox, which loads it before the first test
            return LocalStudent(exercise, self)

    def loaded(self, exercise: Exercise, kind: str) -> ModuleType:
        """The student's module, imported anew where something is pretended (see `Calls`)."""
        with self.generators.theirs():
            if not kind:
                return self.module(exercise)
            folder = self.path(exercise).parent
            with pretended(kind), imported_anew(lambda: modules_in(folder)):
                return self.module(exercise)

    def took_back(self, copies: Copies) -> None:
        """A call has ended. Its arguments were shared, so nothing has to be brought back."""

    def seed(self, seed: int) -> None:
        """Seed what the student's code draws from."""
        self.generators.seed(seed)


class LocalLab:
    """torch, in this process."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def define(self, thing: Any) -> Any:
        """A function or class of the suite: both sides are one process here."""
        return thing


class LocalStudent:
    """The student's module; each function or class of it is called by value."""

    def __init__(self, exercise: Exercise, local: Local) -> None:
        self._exercise, self._local = exercise, local
        self._module = local.loaded(exercise, "")
        self._modules = {"": self._module}  # by what is pretended

    def __getattr__(self, name: str) -> Any:
        value = self._now(name)
        if name.startswith("_") or not callable(value) or isinstance(value, torch.nn.Module):
            return value
        return ByValue(lambda: self._now(name), name, self._local)

    def _now(self, name: str) -> Any:
        """The attribute of that name, of the module imported under the current pretence."""
        kind = self._local.calls.pretending
        if kind not in self._modules:
            self._modules[kind] = self._local.loaded(self._exercise, kind)
        return getattr(self._modules[kind], name)


def own_module(student: Any) -> Any:
    """The student's own module behind the fixture `student`; anything else as it is."""
    return student._module if isinstance(student, LocalStudent) else student


class ByValue:
    """A function or class of the student's whose arguments are copies."""

    def __init__(self, now: Callable[[], Any], name: str, local: Local) -> None:
        self._now, self._local = now, local
        self.__name__ = name

    @property
    def _thing(self) -> Any:
        return self._now()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thing, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it, and log the arguments that it changes without being asked to."""
        calls, thing = self._local.calls, self._thing
        copies = Copies(args, kwargs, argument_names(thing, args, kwargs), share_leaves=True)
        try:
            with self._local.generators.theirs(), pretended(calls.pretending):
                result = thing(*copies.args, **copies.kwargs)
        except Exception:
            calls.failed = call_text(self.__name__, args, kwargs)
            raise
        self._local.took_back(copies)
        calls.changed += copies.changed()
        calls.returned(result)
        return result


class LocalCalls(Calls):
    """The log of this process: while it is watching, whatever runs is observed."""

    _run: Ran | None = None

    @property
    def watching(self) -> bool:
        """Whether what runs is observed."""
        return self._run is not None

    @watching.setter
    def watching(self, on: bool) -> None:
        if on and self._run is None:
            self._run = Ran()
            self._run.__enter__()
        elif not on and self._run is not None:
            run, self._run = self._run, None
            run.__exit__(None, None, None)
            self.ran += Counter(run.names)


class Generators:
    """The random generators of the student's code, kept apart from those of the suite."""

    def __init__(self) -> None:
        self._states: tuple[Any, ...] | None = None
        self._inside = False

    def seed(self, seed: int) -> None:
        """Seed them. The suite's own generators stay as they are."""
        kept = _states()
        seed_everything(seed)
        self._states = _states()
        _set_states(kept)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Undo, at the end of the block, what was drawn or seeded in it."""
        states = self._states
        try:
            yield
        finally:
            self._states = states

    @contextmanager
    def theirs(self) -> Iterator[None]:
        """Use the student's generators in the block."""
        if self._inside:
            yield
            return
        kept = _states()
        if self._states is not None:
            _set_states(self._states)
        self._inside = True
        try:
            yield
        finally:
            self._inside = False
            self._states = _states()
            _set_states(kept)


def _states() -> tuple[Any, ...]:
    return torch.default_generator.get_state(), random.getstate(), np.random.get_state()


def _set_states(states: tuple[Any, ...]) -> None:
    torch.default_generator.set_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])
