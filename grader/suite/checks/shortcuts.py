"""Recognise shortcuts by what ran inside a call."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from grader.result import Outcome, OutcomeError
from grader.suite import current
from grader.torchside.ran import STOPPED

Patterns = str | Collection[str]

_WEIGHTED = "*inear *Conv* Embedding* *RNN* *LSTM* *GRU* *Norm* *Attention *Transformer*"
LAYERS = tuple(f"torch.nn.{name}" for name in _WEIGHTED.split())
"""For `forbids`: torch's own module classes that hold weights; containers and ReLU aren't."""
OPTIMIZERS = ("torch.optim*", "aten::_fused_*")
"""For `forbids`: torch's own optimizers, and the functions and operators that do their work."""


class Refused(OutcomeError):
    """The answer is a shortcut; the message says which. `shortcuts`: the names of what ran."""

    outcome = Outcome.REFUSED

    def __init__(self, message: str, shortcuts: Collection[str] = ()) -> None:
        super().__init__(message)
        self.shortcuts = tuple(sorted(shortcuts))


class ShortcutRules:
    """Collects what runs in the calls of a check, and judges it at the end."""

    def __init__(self, forbids: Patterns, requires: Patterns) -> None:
        self.forbids, self.requires = _patterns(forbids), _patterns(requires)
        self.ran: set[str] = set()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Observe what runs in the student's calls in the block, if a rule needs to know."""
        calls = current.provider().calls
        calls.begin()
        if not self.forbids and not self.requires:
            yield
            return
        calls.watching = True
        try:
            yield
        finally:
            calls.watching = False
            self.ran.update(calls.ran)

    def judge(self, name: str) -> None:
        """Raise `Refused` if `name` ran something forbidden, or never ran what it has to."""
        used = {ran for ran in self.ran if _any_fits(ran, self.forbids)}
        if STOPPED in self.ran and self.forbids:
            raise Refused(f"{name} stopped PyTorch's profiler, so nobody can see what ran.", used)
        if used:
            what = ", ".join(list(dict.fromkeys(map(_readable, sorted(used))))[:3])
            raise Refused(f"{name} ran PyTorch's own {what}: write it yourself here.", used)
        if self.requires and not any(_any_fits(ran, self.requires) for ran in self.ran):
            wanted = " or ".join(map(_readable, self.requires[:3]))
            raise Refused(f"{name} never ran {wanted}: it has to do the work here.")


def _patterns(patterns: Patterns) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _any_fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _readable(name: str) -> str:
    """The name by which a learner knows it: `log_softmax` for `aten::_log_softmax`."""
    return name.removeprefix("aten::").strip("_") if name.startswith("aten::") else name
