"""Find what the inputs that an answer gets wrong have in common, over all tests of a target."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from grader.result import Outcome
from grader.suite import current
from grader.suite.checks.mismatch import Fact
from grader.suite.checks.trajectory import COUNTS, SIZES
from grader.suite.current import Case

NamedArguments = Mapping[str, Any]  # by name
FEWEST = 2  # inputs without the trait that it takes to call the trait the rule

# The sentences if exactly the inputs with a trait fail, and if exactly they work.
_FAILS = {
    "float64": "It works for float32 and fails for float64.",
    "scattered": "It works for contiguous tensors, and fails for transposed or sliced ones.",
    "one_sample": "It works for several samples and fails for a single one.",
    "square": "It works, except where there are as many rows as columns.",
    "short_batch": "It works where all batches are full, and fails where the last one is short.",
    "one_batch": "It works where there are several batches, and fails where there is only one.",
}
_WORKS = {
    "one_sample": "It works for a single sample and fails for several.",
    "square": "It works only where there are as many rows as columns.",
    "one_batch": "It works where there is only one batch, and fails where there are several.",
    "one_round": "It works for one epoch or step, and fails for several.",
}


@contextmanager
def wrong_if_raised(arguments: NamedArguments) -> Iterator[None]:
    """Call the student's code inside: if it raises, the input counts as wrong."""
    try:
        yield
    except Exception:
        tried(arguments, False)
        raise


def tried(arguments: NamedArguments, right: bool) -> None:
    """Note that a check has tried this input."""
    current.cases().append(Case(traits(arguments), right))


def of_a_target(tests: Collection[tuple[Outcome, Collection[Case]]]) -> Fact | None:
    """A fact that is true of exactly the inputs that a target's base tests got wrong.

    `tests`: how each ended, and the inputs that it tried. None if a test failed for another reason
    than one of its inputs.
    """
    for outcome, those in tests:
        by_inputs = outcome is Outcome.FAILED and not all(case.right for case in those)
        if outcome is not Outcome.PASSED and not by_inputs:
            return None
    return works_and_fails([case for _, those in tests for case in those])


def works_and_fails(cases: Collection[Case]) -> Fact | None:
    """A fact that is true of exactly the inputs that went wrong; None if there is none."""
    wrong = [case for case in cases if not case.right]
    right = [case for case in cases if case.right]
    for sentences, those, others in ((_FAILS, wrong, right), (_WORKS, right, wrong)):
        if not those or len(others) < FEWEST:
            continue
        for trait, text in sentences.items():
            everywhere = all(trait in case.traits for case in those)
            if everywhere and not any(trait in case.traits for case in others):
                return Fact(f"only_{trait}", text)
    return None


def traits(arguments: NamedArguments) -> frozenset[str]:
    """The traits of an input: what is special about it."""
    tensors = list(_tensors(arguments.values()))
    data = next((t for t in tensors if t.dim() and not t.requires_grad), torch.empty(0))
    found = {
        "float64": any(t.dtype is torch.float64 for t in tensors),
        "scattered": any(not t.is_contiguous() for t in tensors),
        "one_sample": len(data) == 1,
        "square": data.dim() == 2 and data.shape[0] == data.shape[1],
        **_of_training(arguments, len(data)),
    }
    return frozenset(name for name, holds in found.items() if holds)


def _of_training(arguments: NamedArguments, samples: int) -> dict[str, bool]:
    size = next((arguments[name] for name in SIZES if isinstance(arguments.get(name), int)), 0)
    count = next((name for name in COUNTS if isinstance(arguments.get(name), int)), "")
    in_order = size > 0 and count != "steps"
    return {
        "short_batch": in_order and samples % size > 0,
        "one_batch": in_order and 0 < samples <= size,
        "one_round": count != "" and arguments[count] == 1,
    }


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
