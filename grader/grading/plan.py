"""Decide, exercise by exercise, what needs grading in a run, and why."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import MistakesError, load_mistakes
from grader.grading.basis import Basis, Grounds
from grader.grading.gradebook import Gradebook
from grader.grading.gradebook_records import GradedRow, Sheet
from grader.grading.gradebook_schema import NO_FILES
from grader.result import ExerciseResult, Result
from grader.submission import Submission

NEW = "never graded"
BROKEN = "a fault in the grader kept it from being graded"
ASKED = "grading anew was asked for"
OTHER_SEED = "graded with another seed"


@dataclass
class Plan:
    """What is done for one submission. `todo`: the exercises to grade, each with the reason."""

    submission: Submission
    bases: Mapping[str, Basis]
    kept: dict[str, ExerciseResult] = field(default_factory=dict)
    todo: dict[str, str] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)

    def result(self, fresh: Result | None) -> Result:
        """The submission's result, from what was kept and what was graded now."""
        notes: dict[str, None] = {}  # first on what its code did: reports show the first ones
        for sheet in self.sheets:
            notes.update(dict.fromkeys(sheet.notes))
        if fresh is None and not self.sheets:
            fresh = Result(self.submission.name, self.submission.student, fault=NO_FILES)
        elif fresh is None:
            newest = self.sheets[0]
            fresh = Result(
                self.submission.name,
                self.submission.student,
                seed=newest.seed,
                digest=self.submission.digest,
                isolation=newest.isolation,
                accelerator=newest.accelerator,
                seconds=newest.seconds,
            )
        notes.update(dict.fromkeys([*fresh.notes, *self.submission.notes]))
        found = {**self.kept, **{e.name: e for e in fresh.exercises}}
        exercises = [found[name] for name in self.bases if name in found]
        return replace(fresh, exercises=exercises, notes=list(notes))


def make_plans(
    attempts: Iterable[tuple[str, Submission]],
    exercises: Sequence[Exercise],
    grounds: Grounds,
    gradebook: Gradebook,
    *,
    anew: bool = False,
    seed: int | None = None,
) -> list[Plan]:
    """What to do for each attempt; `anew`: grade everything, whatever was graded before.

    `attempts`: each with the key of its student in the gradebook. `seed`: keep only results with
    this seed; None for any seed.
    """
    hints = {e.name: Hints(e) for e in exercises}
    plans = []
    for student, submission in attempts:
        plan = Plan(submission, grounds.of(submission))
        entries = gradebook.entries(student)
        lost = NO_FILES in submission.notes  # only its old results are left
        used: dict[int, None] = {}
        for name, basis in plan.bases.items():
            mine = [entry for entry in entries if entry.exercise == name]
            entry = _usable(mine, basis, anew=anew, seed=seed)
            if lost:
                entry = next((row for row in mine if row.graded), None)
            kept = gradebook.exercise(entry, submission) if entry else None
            if entry is None or kept is None:
                if not lost:
                    plan.todo[name] = _reason(mine, basis, anew=anew)
            else:
                plan.kept[name] = hints[name].refreshed(kept)
                used[entry.grading] = None
        plan.sheets = [gradebook.sheet(grading) for grading in sorted(used, reverse=True)]
        plans.append(plan)
    return plans


def _usable(
    entries: Sequence[GradedRow], basis: Basis, *, anew: bool, seed: int | None
) -> GradedRow | None:
    """The newest result that needs no grading anew."""
    if anew:
        return None
    same = (row for row in entries if row.graded and row.basis == basis)
    return next((row for row in same if seed is None or row.seed == seed), None)


def _reason(entries: Sequence[GradedRow], basis: Basis, *, anew: bool) -> str:
    if not entries:
        return NEW
    same = [entry for entry in entries if entry.basis == basis]
    if anew and any(entry.graded for entry in same):
        return ASKED
    if any(entry.graded for entry in same):
        return OTHER_SEED
    if same:
        return BROKEN
    if not entries[0].basis.suite:
        return "it was graded by an older version of the grader"
    fewest = min((basis.changes(entry.basis) for entry in entries), key=len)
    return f"changed since: {' and '.join(fewest)}"


def summary(plans: Sequence[Plan], option: str = "--regrade") -> list[str]:
    """What will be done and why, in lines for the instructor.

    `option`: the option that grades everything anew.
    """
    whole = sum(not plan.todo for plan in plans)
    lines = []
    if whole:
        lines.append(
            f"{whole} of {len(plans)} were graded before, with the same files and suites "
            f"({option} grades them anew)."
        )
    whys = [(why, name, plan) for plan in plans for name, why in plan.todo.items()]
    for why in dict.fromkeys(why for why, _, _ in whys):
        names = Counter(name for reason, name, _ in whys if reason == why)
        who = {id(plan) for reason, _, plan in whys if reason == why}
        lines.append(f"To grade: {_what(names, len(who), len(plans[0].bases))} ({why}).")
    return lines


def _what(names: Counter[str], who: int, every: int) -> str:
    """The exercises, each with the number of submissions, if that isn't the same for all."""
    if set(names.values()) == {who}:
        what = ", ".join(sorted(names)) if len(names) < every else "all exercises"
        return f"{what} of {_count(who)}"
    (first, count), *others = sorted(names.items())
    return ", ".join([f"{first} of {_count(count)}", *(f"{name} of {n}" for name, n in others)])


def _count(number: int) -> str:
    return f"{number} submission{'' if number == 1 else 's'}"


class Hints:
    """The hints of an exercise's mistakes as they are now.

    A hint decides no grade. So kept results get the present hints without being graded again.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise

    @cached_property
    def _known(self) -> dict[str, str] | None:
        """Hints by the mistakes' names; None where there are none, or they can't be read."""
        if self._exercise.mistakes.is_file():
            # Where they can't be read, the judge says so, if it has anything to do.
            with contextlib.suppress(SyntaxError, MistakesError):
                return {m.name: m.hint for m in load_mistakes(self._exercise)}
        return None

    def refreshed(self, result: ExerciseResult) -> ExerciseResult:
        """The result with the present hints; a mistake that no longer exists loses its hint."""
        if not any(test.mistake for test in result.tests) or self._known is None:
            return result
        tests = []
        for test in result.tests:
            if test.mistake:
                hints = {self._known.get(name, "") for name in test.mistake.split(" or ")}
                hint = hints.pop() if len(hints) == 1 else ""
                test = replace(test, mistake=test.mistake if hint else "", hint=hint)
            tests.append(test)
        return replace(result, tests=tests)
