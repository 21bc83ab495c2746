"""Runs a file of the submission statement by statement. If one raises, only its names are lost.

So a demonstration below the answers, a data file that isn't here, or a missing module does no harm
to the rest of the file. Imports that fail and have no fallback get a stand-in.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from grader.sandbox.imports import STAND_IN, Imports, defined
from grader.sandbox.stand_ins import StandIn

LOAD_SECONDS, LAST_SECONDS = 5.0, 1.0
CLOCKED = hasattr(signal, "setitimer")


class Lost(NamedTuple):
    """A statement that raised: its place, its error, and the names that it would have defined."""

    file: str
    line: int
    error: BaseException
    names: frozenset[str]


class Stepwise(SourceFileLoader):
    """Runs the statements of a file one by one, and reports those that raise to `files`."""

    def __init__(self, name: str, path: str, files: Files) -> None:
        super().__init__(name, path)
        self._files = files

    def exec_module(self, module: ModuleType) -> None:
        """Run the file. Like an import, it raises `SyntaxError` before any statement has run."""
        space = module.__dict__
        space[STAND_IN] = self._files.stand_in
        for statement, code in self._compiled():
            imports = isinstance(statement, (ast.Import, ast.ImportFrom))
            try:
                with contextlib.nullcontext() if imports else self._files.clock.running():
                    exec(code, space)
            except MemoryError:
                raise
            except (Exception, SystemExit, TooLong) as error:
                gone = frozenset(defined(statement) - space.keys())
                self._files.lose(Lost(self.path, statement.lineno, error, gone))
                if isinstance(error, SystemExit):
                    return

    def _compiled(self) -> list[tuple[ast.stmt, Any]]:
        source = self.get_data(self.path)
        tree = ast.parse(source, self.path)
        body = [s for n, s in enumerate(tree.body) if n == 0 or not _is_text(s)]
        flags = 0
        for statement in body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                for alias in statement.names:
                    flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
        imports, compiled = Imports(source), []
        for statement in body:
            parts = imports.visit(statement)
            whole = ast.Module(parts if isinstance(parts, list) else [parts], type_ignores=[])
            code = compile(whole, self.path, "exec", flags, dont_inherit=True)
            compiled.append((statement, code))
        return compiled


class TooLong(BaseException):
    """A statement was still running when its time was up."""


class Clock:
    """Limits the processor time of loading, so that a demonstration doesn't delay the tests.

    All statements together have `seconds`; when these are used up, each still gets `last`.
    """

    def __init__(self, seconds: float, last: float) -> None:
        self._left, self._last = seconds, last
        self._on = False

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Raise `TooLong` in the code inside when its time is up, if there is such a clock."""
        if self._on or not CLOCKED or threading.current_thread() is not threading.main_thread():
            yield
            return
        began = time.process_time()
        before = signal.signal(signal.SIGVTALRM, self._ring)
        self._on = True
        try:
            # It rings repeatedly, because code may catch any exception and go on.
            signal.setitimer(signal.ITIMER_VIRTUAL, max(self._left, self._last), self._last)
            yield
        finally:
            self._on = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
            self._left -= time.process_time() - began

    def _ring(self, *_: object) -> None:
        if self._on:
            raise TooLong("a file is to be loaded within a few seconds")


class Files(MetaPathFinder):
    """Imports the files of one folder stepwise, and gives stand-ins for missing modules."""

    def __init__(self, folder: Path, lose: Callable[[Lost], None], lack: Callable[[str], None]):
        """`lose` is told of every statement that raised, `lack` of every missing module."""
        self._folder = folder
        self.lose, self._lack = lose, lack
        self.clock = Clock(LOAD_SECONDS, LAST_SECONDS)
        self.names: set[str] = set()
        """The modules that were loaded from the folder."""

    def loader(self, name: str, path: Path) -> Stepwise:
        self.names.add(name)
        return Stepwise(name, str(path), self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        file = Path(spec.loader.path)
        if not file.is_relative_to(self._folder):
            return None
        spec.loader = self.loader(fullname, file)
        return spec

    def stand_in(self, module: str, name: str = "") -> Any:
        """A stand-in for a module, or for a name in it, whose import has just raised.

        It is called in an `except` clause. If the student made the error (a name that a module
        doesn't have, or one in their own file), it raises the error again.
        """
        error = sys.exc_info()[1]
        if not isinstance(error, Exception) or not self._is_missing(error):
            raise
        missing = isinstance(error, ModuleNotFoundError) and error.name
        missing = (missing or module).partition(".")[0]
        self._lack(missing)
        if not name and module in sys.modules:  # `import torch.missing` binds torch
            return sys.modules[module]
        return StandIn(f"{module}.{name}" if name else module, missing)

    def _is_missing(self, error: Exception) -> bool:
        if isinstance(error, ModuleNotFoundError):
            top = (error.name or "").partition(".")[0]
            own = (self._folder / top).exists() or (self._folder / f"{top}.py").exists()
            return bool(top) and top not in sys.modules and not own
        # If an installed module can't be loaded in a sandbox, the error comes from a file outside.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = trace.tb_frame.f_code.co_filename if trace else ""
        return not isinstance(error, MemoryError) and not place.startswith(str(self._folder))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
