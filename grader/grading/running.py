"""The attempts of each student in a run, and the results that they get in the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.assignment.rules import Rules
from grader.grading.changes import TestChange, differing_tests
from grader.grading.decisions import extended, rulings
from grader.grading.engine import Setup, Task
from grader.grading.gradebook import Gradebook
from grader.grading.gradebook_records import (
    Decision,
    GradedRow,
    Handed,
    PastGrading,
    names_of,
    student_key,
)
from grader.grading.plan import Plan
from grader.grading.policy import Ruling, settle
from grader.result import Result
from grader.submission import Submission
from grader.submission.arrival.times import FILES


@dataclass
class Entrant:
    """A student with the attempts that count, the oldest first, each with a name of its own."""

    key: str
    submission: Submission  # the latest one, under the name that reports show
    attempts: list[tuple[Handed, Submission]]

    @property
    def names(self) -> set[str]:
        return names_of(self.key, self.submission.name, self.submission.student)


def by_student(submissions: Iterable[Submission]) -> list[Submission]:
    """One submission a student: what arrived apart becomes earlier attempts of the latest."""
    found: dict[str, list[Submission]] = {}
    for one in submissions:
        found.setdefault(student_key(one), []).append(one)
    return [_together(mine) for mine in found.values()]


def _together(mine: Sequence[Submission]) -> Submission:
    if len(mine) == 1:
        return mine[0]
    every = [attempt for one in mine for attempt in (*one.earlier, replace(one, earlier=()))]
    if all(one.submitted and one.time_source != FILES for one in every):
        every.sort(key=lambda one: one.submitted.timestamp() if one.submitted else 0.0)
    name = min((one.name for one in mine), key=len)
    note = f"Several submissions of this student arrived: {len(mine)}."
    last = every[-1]
    return replace(last, name=name, notes=[*last.notes, note], earlier=tuple(every[:-1]))


def entrants(
    gradebook: Gradebook, rules: Rules, arrived: Iterable[Submission] | None = None
) -> list[Entrant]:
    """The students of this run: those whose submissions `arrived`, or all in the gradebook."""
    if arrived is None:
        return [entrant(key, gradebook, rules) for key in gradebook.students()]
    return [entrant(student_key(one), gradebook, rules, one) for one in arrived]


def entrant(
    key: str, gradebook: Gradebook, rules: Rules, last: Submission | None = None
) -> Entrant:
    """The student who goes by `key`. `last`: the latest submission, if it has just arrived."""
    handed = gradebook.attempts(key, latest=rules.attempts == "latest")
    last = last or gradebook.submission(handed[-1].id)
    attempts = [
        (one, replace(gradebook.submission(one.id), name=f"{last.name} (attempt {one.number})"))
        for one in handed[:-1]
    ]
    attempts.append((handed[-1], last))
    if len(attempts) > 1:  # one without files isn't an attempt
        attempts = [one for one in attempts if one[1].files] or attempts[-1:]
    return Entrant(key, last, attempts)


def tasks_of(plans: Iterable[Plan], setup: Setup, seed: int) -> list[Task]:
    """What there is to grade."""
    return [
        # No names stand for all exercises.
        Task(setup, plan.submission, seed, frozenset(plan.todo if plan.kept else ()))
        for plan in plans
        if plan.todo
    ]


def last_known(
    everybody: Iterable[Entrant], gradebook: Gradebook, run: int | None = None
) -> dict[str, Result]:
    """The newest results of every attempt in the gradebook, by name.

    `run`: the state after that run.
    """
    found: dict[str, Result] = {}
    for one in everybody:
        rows = [row for row in gradebook.entries(one.key) if row.graded]
        rows = [row for row in rows if run is None or row.run <= run]
        for handed, attempt in one.attempts:
            newest: dict[str, GradedRow] = {}
            # Files that are the same as in an earlier attempt were graded with that one.
            for row in sorted(rows, key=lambda row: (row.submission, row.id)):
                if row.submission <= handed.id:
                    newest[row.exercise] = row
            graded = [gradebook.exercise(row, attempt) for _, row in sorted(newest.items())]
            exercises = [exercise for exercise in graded if exercise]
            if exercises:
                found[attempt.name] = Result(
                    attempt.name, attempt.student, exercises, list(attempt.notes)
                )
    return found


def settle_all(
    everybody: Iterable[Entrant], results: Mapping[str, Result], gradebook: Gradebook, rules: Rules
) -> tuple[list[Result], list[str]]:
    """The result of each student whose attempts are all graded, and notes on the whole run."""
    everybody = list(everybody)
    decided, lost = rulings(gradebook.decisions(), {one.key: one.names for one in everybody})
    found = []
    for one in everybody:
        graded = [
            (replace(results[attempt.name], submission=one.submission.name), handed)
            for handed, attempt in one.attempts
            if attempt.name in results
        ]
        if len(graded) == len(one.attempts):
            ruling = extended(decided.get(one.key, Ruling()), rules.extensions, one.names)
            found.append(settle(graded, rules, ruling))
    notes = [f"A decision is about {name}, who isn't in this run." for name in lost]
    if rules.lateness.due is not None:
        last = [one.attempts[-1][0] for one in everybody]
        guessed = sum(one.source == FILES for one in last)
        unknown = sum(one.when is None for one in last)
        if guessed:
            notes.append(
                f"For {guessed} of {len(last)}, only the files' own times say when they were "
                "handed in: copying and unpacking change these."
            )
        if unknown:
            notes.append(f"For {unknown} of {len(last)}, the time of handing in isn't known.")
    return found, notes


@dataclass
class History:
    """All that the gradebook has on one student. `result`: as it stands; None if never graded.

    `changes`: for each attempt but the first, the tests that ended otherwise than in the one before
    it. `decisions` are in order, withdrawn ones too.
    """

    key: str
    submission: Submission
    attempts: list[Handed]
    gradings: list[list[PastGrading]]
    changes: list[list[TestChange]]
    decisions: list[Decision]
    result: Result | None


def history_of(key: str, gradebook: Gradebook, rules: Rules) -> History:
    """The history of the student who goes by `key`."""
    handed = gradebook.attempts(key)
    files = [gradebook.submission(one.id) for one in handed]
    named = [replace(f, name=f"{f.name} ({n})") for n, f in enumerate(files)]
    everything = Entrant(key, files[-1], list(zip(handed, named, strict=True)))
    known = last_known([everything], gradebook)
    results = [known.get(one.name, Result(one.name)) for one in named]
    counting = everything
    if rules.attempts == "latest":
        counting = Entrant(key, files[-1], everything.attempts[-1:])
    settled, _ = settle_all([counting], known, gradebook, rules)
    folded = {name.casefold() for name in everything.names}
    return History(
        key,
        files[-1],
        handed,
        [gradebook.gradings(one.id) for one in handed],
        [differing_tests(a, b) for a, b in itertools.pairwise(results)],
        [one for one in gradebook.decisions() if one.student.casefold() in folded],
        settled[0] if settled else None,
    )
