"""Which submissions are being graded now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from grader.grading.engine import Lasting, stop


class Watched(Lasting):
    """An executor that tells the names of the submissions in it, the oldest first."""

    def __init__(self, inner: Executor, tell: Callable[[Sequence[str]], None]) -> None:
        self._inner, self._tell = inner, tell
        self._inside: dict[Future[Any], str] = {}

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a task, and tell whose submissions are being graded now."""
        future = self._inner.submit(function, *args, **kwargs)
        [task] = args
        self._inside = {f: name for f, name in self._inside.items() if not f.done()}
        self._inside[future] = task.submission.name
        self._tell(list(self._inside.values()))
        return future

    def stop(self) -> list[int]:
        return stop(self._inner)
