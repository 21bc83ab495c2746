"""The decisions of people, from `grader note` and `overrides.csv`, matched to students."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from grader.assignment.exercises import goes_by
from grader.assignment.rules import extension
from grader.grading.gradebook_records import Decision
from grader.grading.policy import Ruling

FILE = "overrides.csv"
KINDS = ("score", "excuse", "comment", "extension")
COLUMNS = ("student", "exercise", *KINDS, "by")
YES, NO = {"yes", "y", "true", "1", "x", "ex"}, {"", "no", "n", "false", "0"}
SOMEBODY = "the instructor"


class DecisionError(Exception):
    """A decision that can't be used. The message says where, and what to do."""


def make(
    kind: str, student: str, exercise: str, value: str, exercises: Collection[str]
) -> Decision:
    """A decision, checked. An empty value withdraws one. Raises `DecisionError`."""
    fits = [e for e in exercises if exercise and exercise in goes_by(e)]
    if exercise and not fits:
        raise DecisionError(f"there is no exercise {exercise}; there are: {', '.join(exercises)}")
    exercise = fits[0] if fits else ""
    if exercise and kind == "extension":
        raise DecisionError("an extension is for the whole submission: leave the exercise out")
    if kind == "score" and value:
        try:
            score = float(value.strip().rstrip("%"))
        except ValueError:
            raise DecisionError(f"score {value!r} is not a number") from None
        if not 0 <= score <= 1000:
            raise DecisionError(f"score {value}: give the points out of 100")
        value = f"{score:g}"
    if kind == "extension" and value:
        try:
            extension(value)
        except ValueError as error:
            raise DecisionError(str(error)) from None
    return Decision(student.strip(), exercise, kind, value.strip())


def read_overrides(path: Path, exercises: Collection[str]) -> list[Decision]:
    """The decisions in a CSV file; none if there is no file. Raises `DecisionError`.

    The columns are those of `COLUMNS`; all but `student` can be left out. An empty cell decides
    nothing.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise DecisionError(f"{path.name}: could not be read ({reason}).") from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), restval=""
    )
    names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    strange = [name for name in names if name not in COLUMNS]
    if "student" not in names or strange:
        what = f"there is no column {strange[0]!r}" if strange else "a column `student` is missing"
        raise DecisionError(f"{path.name}: {what}; the columns are {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    found = []
    for row in rows:
        try:
            found += _row(row, exercises)
        except DecisionError as error:
            raise DecisionError(f"{path.name}, line {rows.line_num}: {error}.") from None
    return [replace(one, source=path.name) for one in found]


def _row(row: Mapping[str, str], exercises: Collection[str]) -> list[Decision]:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not any(cells.values()):
        return []
    if not cells["student"]:
        raise DecisionError("no student is named")
    excuse = cells["excuse"].lower()
    if excuse not in YES | NO:
        raise DecisionError(f"excuse {cells['excuse']!r}: write yes or nothing")
    cells["excuse"] = "yes" if excuse in YES else ""
    return [
        replace(
            make(kind, cells["student"], cells["exercise"], cells[kind], exercises),
            by=cells["by"] or SOMEBODY,
        )
        for kind in KINDS
        if cells[kind]
    ]


def news(known: Sequence[Decision], given: Sequence[Decision], source: str) -> list[Decision]:
    """The changes to record so that the decisions of a file count as they are now.

    Decisions that were in the file and aren't any more are withdrawn.
    """
    before = {_about(one): one for one in known if one.source == source}
    now = {_about(one): one for one in given}
    changed = [
        one
        for about, one in now.items()
        if about not in before or (one.value, one.by) != (before[about].value, before[about].by)
    ]
    gone = [
        replace(one, value="") for about, one in before.items() if one.value and about not in now
    ]
    return [*gone, *changed]


def _about(one: Decision) -> tuple[str, str, str]:
    return one.student, one.exercise, one.kind


def rulings(
    decisions: Iterable[Decision], students: Mapping[str, Collection[str]]
) -> tuple[dict[str, Ruling], list[str]]:
    """The ruling for each student, and the names in decisions that belong to nobody.

    `students`: the other names of each student (see `names_of`), by their keys.
    """
    found: dict[str, list[Decision]] = {}
    lost = []
    index = _index(students)
    for one in decisions:
        fits = index.get(one.student.casefold(), set())
        if len(fits) == 1:
            found.setdefault(next(iter(fits)), []).append(one)
        elif one.value:
            lost.append(one.student)
    return {key: _ruling(mine) for key, mine in found.items()}, list(dict.fromkeys(lost))


def find_student(name: str, students: Mapping[str, Collection[str]]) -> str:
    """The key of the student with this name. Raises `DecisionError` if nobody or several fit."""
    fits = _index(students).get(name.strip().casefold(), set())
    if not fits:
        near = [key for key in students if any(name.casefold() in n.casefold() for n in
                (key, *students[key]))][:5]  # fmt: skip
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise DecisionError(f"{name}: no student of that name in the gradebook.{hint}")
    if len(fits) > 1:
        raise DecisionError(f"{name}: several students fit: {', '.join(sorted(fits))}.")
    return next(iter(fits))


def _index(students: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    index: dict[str, set[str]] = {}
    for key, names in students.items():
        for name in {key, *names}:
            index.setdefault(name.casefold(), set()).add(key)
    # A student's key belongs to them alone, even if it is somebody else's name, too.
    return index | {key.casefold(): {key} for key in students}


def _ruling(decisions: Iterable[Decision]) -> Ruling:
    """The newest decision of each kind counts; withdrawing one uncovers another source's.

    Comments of `grader note` add up.
    """
    newest: dict[tuple[str, str, str], Decision] = {}
    comments: dict[tuple[str, str], list[str]] = {}
    for one in decisions:
        if one.kind == "comment":
            said = comments.setdefault((one.source, one.exercise), [])
            if one.source == FILE or not one.value:
                said.clear()
            if one.value:
                said.append(f"{one.exercise}: {one.value}" if one.exercise else one.value)
            continue
        about = (one.source, one.exercise, one.kind)
        newest.pop(about, None)  # so that the newest comes last
        newest[about] = one
    kept = [one for one in newest.values() if one.value]
    late = [one for one in kept if one.kind == "extension"]
    return Ruling(
        scores={one.exercise: (float(one.value), one.by) for one in kept if one.kind == "score"},
        excuses={one.exercise: one.by for one in kept if one.kind == "excuse"},
        comments=[text for said in comments.values() for text in said],
        extension=(extension(late[-1].value), late[-1].by) if late else None,
    )


def extended(
    ruling: Ruling, by_rules: Mapping[str, datetime | timedelta], names: Collection[str]
) -> Ruling:
    """The ruling with the extension of `assignment.toml`, unless somebody has decided on one."""
    if ruling.extension is not None:
        return ruling
    folded = {name.casefold() for name in names}
    until = next((u for who, u in by_rules.items() if who.casefold() in folded), None)
    return ruling if until is None else replace(ruling, extension=(until, "the assignment"))
