"""What the assignment's rules and people's decisions make of the tests' scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import mean

from grader.assignment.rules import ExerciseRules, Rules
from grader.grading.gradebook_records import Handed
from grader.result import Attempt, ExerciseResult, Mark, Result
from grader.submission.arrival.times import FILES

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ruling:
    """What has been decided about one student. Each decision comes with who made it, in words.

    `scores` and `excuses` are by exercise, '' for the whole submission.
    """

    scores: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    excuses: Mapping[str, str] = field(default_factory=dict)
    comments: Sequence[str] = ()
    extension: tuple[datetime | timedelta, str] | None = None

    @property
    def empty(self) -> bool:
        return not (self.scores or self.excuses or self.comments or self.extension)


def settle(attempts: Sequence[tuple[Result, Handed]], rules: Rules, ruling: Ruling) -> Result:
    """The result that stands for a student, with a mark where points alone don't decide.

    `attempts`: the oldest first, at least one. The tests that a report shows are those of the
    attempt that counts, or of the latest one if all count.
    """
    judged = [_judge(result, handed, rules, ruling) for result, handed in attempts]
    best = max(range(len(judged)), key=lambda n: (_worth(judged[n][1]), n))
    chosen = best if rules.attempts == "best" else len(judged) - 1
    result, mark = judged[chosen]
    reasons = list(mark.reasons)
    listed = [
        Attempt(
            handed.number,
            handed.when.isoformat() if handed.when else "",
            handed.source,
            _days_late(handed, rules, ruling)[0],
            one.total,
            one.bonus,
            rules.attempts == "average" or place == chosen,
        )
        for place, ((_, handed), (_, one)) in enumerate(zip(attempts, judged, strict=True))
    ]
    if len(judged) > 1 and rules.attempts == "average":
        totals = [one.total for _, one in judged]
        known = [total for total in totals if total is not None]
        # A fault of ours in one of them leaves the mean unknown.
        total = mean(known) if len(known) == len(totals) else None
        mark = replace(mark, total=total, bonus=mean(one.bonus for _, one in judged))
        reasons = [f"The mean of {len(judged)} attempts.", *reasons]
    elif len(judged) > 1 and rules.attempts == "best":
        reasons = [f"The best of {len(judged)} attempts: number {listed[chosen].number}.", *reasons]
    mark = _decided(replace(mark, reasons=reasons), result, ruling)
    simple = rules.plain and not mark.reasons and not mark.decided
    return replace(result, mark=None if simple else mark, attempts=listed)


def _worth(mark: Mark) -> float:
    return -1.0 if mark.total is None else mark.total + mark.bonus


def _judge(result: Result, handed: Handed, rules: Rules, ruling: Ruling) -> tuple[Result, Mark]:
    """One attempt by itself: its exercises as decided, weights, what is dropped, lateness."""
    exercises = [_exercise(exercise, rules, ruling) for exercise in result.exercises]
    result = replace(result, exercises=exercises)
    reasons = [
        f"{e.name}: {'excused' if e.excused else f'set to {e.decided:g}'} by {by}."
        for e in exercises
        for by in [_by(e, ruling)]
        if by
    ]
    total, bonus, dropped = weigh(exercises, rules)
    reasons += [f"{name} doesn't count: the lowest score is dropped." for name in dropped]
    if result.fault or any(e.score is None and not e.excused and e.points for e in exercises):
        return result, Mark(None, bonus, reasons)
    if total is None:
        return result, Mark(None, bonus, reasons, excused=any(e.excused for e in exercises))
    days, late = _days_late(handed, rules, ruling)
    if days:
        cost = min(rules.lateness.penalty * days, rules.lateness.cap, total)
        taken = f": {cost:g} points less" if cost else ""
        reasons.append(f"{late}{taken}.")
        total -= cost
    return result, Mark(total, bonus, reasons)


def _exercise(exercise: ExerciseResult, rules: Rules, ruling: Ruling) -> ExerciseResult:
    own = rules.exercises.get(exercise.name)
    exercise = replace(exercise, extra_credit=own is not None and own.bonus)
    if exercise.name in ruling.excuses:
        return replace(exercise, excused=True)
    if exercise.name in ruling.scores:
        return replace(exercise, decided=ruling.scores[exercise.name][0])
    return exercise


def _by(exercise: ExerciseResult, ruling: Ruling) -> str:
    if exercise.excused:
        return ruling.excuses[exercise.name]
    return ruling.scores[exercise.name][1] if exercise.decided is not None else ""


def weigh(
    exercises: Sequence[ExerciseResult], rules: Rules
) -> tuple[float | None, float, list[str]]:
    """The total and the bonus, out of 100, and the names of what was dropped.

    Without weights, an exercise weighs what its base tests are worth. The total is None if nothing
    is left that counts.
    """
    plain = ExerciseRules()
    own = {e.name: rules.exercises.get(e.name, plain) for e in exercises}
    weights = {e.name: _weight(e, own[e.name]) for e in exercises}
    here = [e for e in exercises if not e.excused and weights[e.name]]
    counting = [e for e in here if not own[e.name].bonus]
    # Of equal scores, the one that weighs most is dropped: that is best for the student.
    lowest = sorted(counting, key=lambda e: (e.score or 0.0, -weights[e.name]))
    dropped = lowest[: min(rules.drop_lowest, len(counting) - 1)] if counting else []
    kept = [e for e in counting if e not in dropped]
    whole = sum(weights[e.name] for e in kept)
    if not whole:
        return None, 0.0, []
    total = sum(weights[e.name] * (e.score or 0.0) for e in kept) / whole
    bonus = sum(weights[e.name] * 100 * e.bonus / e.points for e in here if e.points)
    bonus += sum(weights[e.name] * (e.score or 0.0) for e in here if own[e.name].bonus)
    return total, bonus / whole, [e.name for e in dropped]


def _weight(exercise: ExerciseResult, rules: ExerciseRules) -> float:
    return exercise.points if rules.weight is None else rules.weight


def _days_late(handed: Handed, rules: Rules, ruling: Ruling) -> tuple[int, str]:
    """How many days begun it is late, and that in words; 0 and '' if it isn't, or nobody knows."""
    due = rules.lateness.due
    if due is None:
        return 0, ""
    if ruling.extension:
        until = ruling.extension[0]
        due = due + until if isinstance(until, timedelta) else until
    said = f" (by {handed.source})" if handed.source else ""
    if handed.when is not None and handed.when > due + rules.lateness.grace:
        late = handed.when - due
        return math.ceil(late / DAY), f"Handed in {length(late)} late{said}"
    guessed = handed.when is None or handed.source == FILES
    if handed.late and guessed and not ruling.extension:
        return (
            1,
            "Late according to the platform, which doesn't say by how much: counted as one day",
        )
    return 0, ""


def length(time: timedelta) -> str:
    """A length of time in its two largest units: '1 day 2 hours'."""
    minutes = max(1, round(time.total_seconds() / 60))
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said[:2])


def _decided(mark: Mark, result: Result, ruling: Ruling) -> Mark:
    """The mark after what was decided about the whole submission."""
    whole = "" in ruling.scores or "" in ruling.excuses
    reasons = [] if whole else list(mark.reasons)  # what is set isn't lowered for being late
    total, excused = mark.total, mark.excused
    if ruling.extension:
        until, by = ruling.extension
        more = (
            f"by {length(until)}"
            if isinstance(until, timedelta)
            else f"to {until:%Y-%m-%d %H:%M} UTC"
        )
        reasons.append(f"Extended {more}, by {by}.")
    if "" in ruling.scores:
        total, by = ruling.scores[""]
        excused = False
        reasons.append(f"Set to {total:g} by {by}.")
    if "" in ruling.excuses:
        total, excused = None, True
        reasons.append(f"Excused by {ruling.excuses['']}.")
    reasons += ruling.comments
    return replace(
        mark, total=total, reasons=reasons, excused=excused, decided=not ruling.empty,
        bonus=0.0 if whole or excused else mark.bonus,  # what is set is all that there is
    )  # fmt: skip
