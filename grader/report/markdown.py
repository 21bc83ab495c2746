"""A student's feedback in Markdown that reads well as plain text, for all that show it."""

from __future__ import annotations

import re

from grader.report.seen import Seen, SeenExercise, SeenTest
from grader.report.text import MEANINGS, number, score
from grader.result import Outcome


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no link, no HTML, no heading, nobody mentioned."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@$])", r"\\\1", text)


def fence(text: str) -> str:
    """Text in a code block that it can't end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}text\n{text}\n{marks}"


def heading(seen: Seen) -> str:
    """The total in a line."""
    if not seen.graded:
        return "**Not graded.**"
    bonus = f", and {number(seen.bonus)} bonus" if seen.bonus else ""
    return f"**{score(seen.total)} of 100**{bonus}"


def table(seen: Seen) -> str:
    """The exercises, a row each."""
    rows = ["| Exercise | Score | Tests passed | Bonus |", "| --- | ---: | ---: | ---: |"]
    for exercise in seen.exercises:
        bonus = f"+{number(exercise.bonus)}" if exercise.bonus else ""
        passed = f"{exercise.passed} of {len(exercise.base)}"
        rows.append(f"| {escape(exercise.name)} | {score(exercise.score)} | {passed} | {bonus} |")
    return "\n".join(rows)


def feedback(seen: Seen) -> str:
    """All that the student may know, what to look at first."""
    parts = [f"# {escape(seen.name)}", heading(seen)]
    if seen.fault:
        parts.append(seen.fault)
    if seen.notes:
        parts.append("\n".join(f"- {escape(note)}" for note in seen.notes))
    if seen.exercises:
        parts.append(table(seen))
    parts += [_exercise(exercise) for exercise in seen.exercises]
    return "\n\n".join(parts) + "\n"


def _exercise(exercise: SeenExercise) -> str:
    parts = [f"## {escape(exercise.name)}: {score(exercise.score)}"]
    if exercise.base and not exercise.missed:
        parts.append("Every test passed.")
    parts += [_missed(test) for test in exercise.missed]
    missed_bonus = [t for t in exercise.tests if t.bonus and t.outcome is not Outcome.PASSED]
    if missed_bonus:
        parts.append("Bonus, still to be had:")
        parts += [_missed(test) for test in missed_bonus]
    passed = [f"- {escape(t.title)}" for t in exercise.tests if t.outcome is Outcome.PASSED]
    if passed and exercise.missed:
        parts.append("Passed:\n\n" + "\n".join(passed))
    return "\n\n".join(parts)


def _missed(test: SeenTest) -> str:
    worth = f"{number(test.points)} point{'' if test.points == 1 else 's'}"
    parts = [f"### {escape(test.title)}", f"{MEANINGS[test.outcome].capitalize()} ({worth})"]
    if test.feedback:
        parts.append(fence(test.feedback))
    if test.hint:
        parts.append(f"Hint: {escape(test.hint)}")
    return "\n\n".join(parts)
