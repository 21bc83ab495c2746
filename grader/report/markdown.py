"""A student's feedback in Markdown that also reads well as plain text."""

from __future__ import annotations

import re

from grader.report.seen import Cause, Seen, SeenExercise, by_cause
from grader.report.text import MEANINGS, exercise_score, number, score, worth
from grader.result import Outcome


def escape(text: str) -> str:
    """Text that Markdown shows unchanged, without links, HTML, headings or mentions."""
    # Characters that mean nothing where they stand, as in a_name, are left as they are.
    return re.sub(r"([\\`*\[\]<>#|~&@$]|(?<![^\W_])_|_(?![^\W_])|^[-+](?= ))", r"\\\1", text)


def fence(text: str) -> str:
    """A code block that the text in it can't end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}text\n{text}\n{marks}"


def heading(seen: Seen) -> str:
    """The total, on one line."""
    if seen.excused:
        return "**Excused.**"
    if not seen.graded:
        return "**Not graded.**"
    bonus = f", and {number(seen.bonus)} bonus" if seen.bonus else ""
    return f"**{score(seen.total)} of 100**{bonus}"


def table(seen: Seen) -> str:
    """A table with a row for each exercise."""
    rows = ["| Exercise | Score | Tests passed | Bonus |", "| --- | ---: | ---: | ---: |"]
    for exercise in seen.exercises:
        bonus = f"+{number(exercise.bonus)}" if exercise.bonus else ""
        cells = (escape(exercise.name), exercise_score(exercise), exercise.passed, bonus)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def feedback(seen: Seen) -> str:
    """All that the student may know, with the tests that didn't pass first."""
    parts = [f"# {escape(seen.name)}", heading(seen)]
    if seen.fault:
        parts.append(seen.fault)
    if seen.reasons:
        parts.append("\n".join(f"- {escape(reason)}" for reason in seen.reasons))
    if seen.notes:
        parts.append("\n".join(f"- {escape(note)}" for note in seen.notes))
    if seen.exercises:
        parts.append(table(seen))
    parts += [_exercise(exercise) for exercise in seen.exercises]
    return "\n\n".join(parts) + "\n"


def _exercise(exercise: SeenExercise) -> str:
    parts = [f"## {escape(exercise.name)}: {exercise_score(exercise)}"]
    if exercise.tests and not exercise.missed and (exercise.base or not exercise.missed_bonus):
        parts.append("Every test passed.")
    parts += [_missed(cause) for cause in by_cause(exercise.missed)]
    bonus = [_missed(cause) for cause in by_cause(exercise.missed_bonus)]
    if bonus:
        parts += ["Bonus points that can still be earned:", *bonus]
    if to_do := _not_attempted(exercise):
        parts.append(to_do)
    passed = [f"- {escape(t.title)}" for t in exercise.tests if t.outcome is Outcome.PASSED]
    if passed and exercise.missed:
        parts.append("Passed:\n\n" + "\n".join(passed))
    return "\n\n".join(parts)


def _not_attempted(exercise: SeenExercise) -> str:
    """What is still to be written, a line for each target: its tests have nothing to say yet."""
    return "\n".join(
        f"- {escape(target) or 'Something'}: not attempted yet ({worth(points)})"
        for target, points in exercise.to_write.items()
    )


def _missed(cause: Cause) -> str:
    test = cause.first
    meaning = MEANINGS[test.outcome].capitalize()
    parts = [f"### {escape(test.title)}", f"{meaning} ({worth(test.points)})"]
    if test.feedback:
        parts.append(fence(test.feedback))
    if cause.why:
        parts.append(f"{'Hint' if test.hint else 'Observed'}: {escape(cause.why)}")
    if cause.more:
        rows = [f"- {escape(other.title)} ({worth(other.points)})" for other in cause.more]
        parts.append("The same in:\n\n" + "\n".join(rows))
    return "\n\n".join(parts)
