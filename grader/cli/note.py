"""`grader note`."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path

import click

from grader.cli.grading import open_gradebook, out_option
from grader.cli.options import Unusable
from grader.grading.decisions import KINDS, DecisionError, find_student, make

SOURCE = "grader note"


@click.command()
@click.argument("student")
@click.option("--exercise", default="", help="The exercise it is about. [default: all of it]")
@click.option("--score", default="", metavar="0-100", help="This score counts, and no other.")
@click.option("--excuse", is_flag=True, help="It doesn't count.")
@click.option("--extension", default="", metavar="TIME", help="'2 days', or a new due date.")
@click.option("--comment", default="", help="A line for the reports. The student reads it too.")
@click.option("--withdraw", type=click.Choice(KINDS), multiple=True, help="Take one back.")
@click.option("--by", default="", help="Who decides. [default: you]")
@out_option
def note(
    student: str,
    exercise: str,
    score: str,
    excuse: bool,
    extension: str,
    comment: str,
    withdraw: tuple[str, ...],
    by: str,
    out: Path,
) -> None:
    """Write down a decision about STUDENT.

    STUDENT is any name, id, login or e-mail address of theirs.

    It is in every report from the next `grader grade` or `grader regrade` on, and no grading loses
    it. docs/assignment.md says more.
    """
    given = {
        "score": score,
        "excuse": "yes" if excuse else "",
        "extension": extension,
        "comment": comment,
    }
    with open_gradebook(out) as gradebook:
        try:
            key = find_student(student, gradebook.people())
            names = gradebook.exercises()
            # A comment is about the exercise too, but an extension never is.
            decisions = [make(k, key, exercise, v, names) for k, v in given.items() if v]
            decisions += [make(kind, key, exercise, "", names) for kind in withdraw]
            if not decisions:
                raise DecisionError("nothing is decided: give --score, --comment or another")
            by = by or _user()
            gradebook.decide(replace(one, by=by, source=SOURCE) for one in decisions)
        except DecisionError as error:
            raise Unusable(str(error)) from None
    for one in decisions:
        where = f" for {one.exercise}" if one.exercise else ""
        print(f"{key}: {one.kind}{where} {one.value or 'withdrawn'}, by {by}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name
        return "the instructor"
