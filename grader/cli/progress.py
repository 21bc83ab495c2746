"""How far a command is: a line at the bottom of a terminal, little in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.cli.options import err
from grader.report.terminal import SafeConsole
from grader.result import GRAVITY, Outcome, Result

SHOWN = 3  # submissions that are at work, by name
LOG_SECONDS = 60.0
# Worse than wrong: something broke, or was refused.
GRAVE = frozenset(GRAVITY[: GRAVITY.index(Outcome.FAILED)])


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; call it with (done, of)."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class ClassProgress:
    """How far a class is graded: how many, how fast, how long still, who is at work.

    On a terminal that is a bar with a line below it. In a log it is a line a minute.
    """

    def __init__(
        self,
        total: int,
        workers: int = 1,
        console: SafeConsole = err,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`total`: how many submissions there are to grade. `clock` gives seconds."""
        self._shown = min(SHOWN, workers)
        self._total, self._console, self._clock = total, console, clock
        self._began = self._first = self._said = clock()
        self._done = self._grave = 0
        self._names: list[str] = []
        self._until = ExitStack()
        self._bar: Progress | None = None

    def __enter__(self) -> ClassProgress:
        if self._console.is_terminal and self._total:
            columns = (
                TextColumn("Grading"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[said]}"),
                TextColumn("[dim]{task.fields[now]}"),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._until.enter_context(self._bar)
            self._task = self._bar.add_task("", total=self._total, said="", now="")
        return self

    def __exit__(self, *error: object) -> None:
        self._until.close()

    def at_work(self, names: Sequence[str]) -> None:
        """These submissions are being graded now, or come next, the oldest first."""
        self._names = list(names[: self._shown])
        self._show()

    def done(self, result: Result) -> None:
        """One has been graded. The first has waited for judges to start: it sets no pace."""
        self._done += 1
        if self._done == 1:
            self._first = self._clock()
        self._grave += needs_a_look(result)
        self._show()
        if self._bar is None and self._clock() - self._said >= LOG_SECONDS:
            self._said = self._clock()
            self._console.print(
                f"{self._done} of {self._total} graded, {self.figures()}", highlight=False
            )

    def figures(self) -> str:
        """How fast it goes, how long it takes still, and how many need a look."""
        parts = []
        since, done = (self._first, self._done - 1) if self._done > 1 else (self._began, self._done)
        passed = self._clock() - since
        if done and passed > 0:
            pace = done / passed
            parts += [f"{pace:.1f}/s" if pace >= 1 else f"{60 * pace:.1f}/min"]
            parts += [f"{in_words((self._total - self._done) / pace)} left"]
        if self._grave:
            parts += [f"{self._grave} to look at"]
        return ", ".join(parts)

    def _show(self) -> None:
        if self._bar is not None:
            now = ", ".join(self._names)
            self._bar.update(self._task, completed=self._done, said=self.figures(), now=escape(now))


def needs_a_look(result: Result) -> bool:
    """Whether a person should look at it: a fault of ours, a crash, a hang or a shortcut."""
    return not result.graded or any(t.outcome in GRAVE for e in result.exercises for t in e.tests)


def in_words(seconds: float) -> str:
    """A duration, roughly: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
