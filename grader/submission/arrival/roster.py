"""The class list: whose a submission is."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from grader.result import Student
from grader.submission.arrival.names import folded, shown
from grader.submission.arrival.text import NotTextError, decode
from grader.submission.arrival.times import moment
from grader.submission.arrival.tree import File, UnreadableError, on_disk
from grader.submission.model import Submission

# The names of columns in schools' exports, in lower case, without spaces and punctuation.
COLUMNS = {
    "id": "id studentid sid sisuserid userid idnumber studentnumber matriculation identifier 학번",
    "login": "login username githubusername github githublogin sisloginid loginid account 아이디",
    "email": "email emailaddress mail 이메일",
    "name": "name fullname student studentname displayname 이름 성명",
    "first": "firstname givenname first",
    "last": "lastname surname familyname last",
    "section": "section sections class group 분반",
    "submitted": "lastmodifiedsubmission",  # in Moodle's grading worksheet
}
LARGEST = 16 << 20


class RosterError(ValueError):
    """The roster can't be read; the message says what to do."""


class Roster:
    """The students of a class, who can be found by whatever a download calls them."""

    def __init__(
        self,
        students: Iterable[Student],
        aliases: Iterable[list[str]] = (),
        times: Iterable[datetime | None] = (),
    ) -> None:
        """`aliases`: more ids and logins of each student. `times`: when each has handed in."""
        self.students = list(students)
        self._times = dict(enumerate(times))
        self._exact: dict[str, set[int]] = {}
        self._names: dict[str, set[int]] = {}
        for number, student in enumerate(self.students):
            mailbox = student.email.partition("@")[0]
            for label in (student.id, student.login, student.email, mailbox):
                self._add(self._exact, folded(label.strip()), number)
            for name in _spellings(student.name):
                self._add(self._names, name, number)
        for number, labels in enumerate(aliases):
            for label in labels:
                self._add(self._exact, folded(label.strip()), number)

    @staticmethod
    def _add(index: dict[str, set[int]], key: str, number: int) -> None:
        if key:
            index.setdefault(key, set()).add(number)

    @classmethod
    def read(cls, path: Path) -> Roster:
        """Read a CSV file with a header and commas, semicolons or tabs. Raises `RosterError`."""
        try:
            node = on_disk(path)
            if not isinstance(node, File):
                raise RosterError(f"{path}: the roster has to be a CSV file.")
            text, _ = decode(node.read(LARGEST))
            return cls._parse(path, text)
        except (OSError, UnreadableError, NotTextError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RosterError(f"{path}: the roster can't be read: {reason}.") from None

    @classmethod
    def _parse(cls, path: Path, text: str) -> Roster:
        header = text.partition("\n")[0]
        rows = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True
        )
        columns = {
            field: _columns(rows.fieldnames or (), words) for field, words in COLUMNS.items()
        }
        if not any(columns[field] for field in ("id", "login", "email", "name", "last")):
            raise RosterError(
                f"{path}: none of the roster's columns is known. Its first line has to name some "
                "of: name, id, login, email, section."
            )
        students: list[Student] = []
        aliases: list[list[str]] = []
        times: list[datetime | None] = []
        for row in rows:
            told = {f: [row[c].strip() for c in cs if row[c]] for f, cs in columns.items()}
            one = {field: next(filter(None, values), "") for field, values in told.items()}
            name = one["name"] or f"{one['first']} {one['last']}".strip()
            if any(one.values()) and "points possible" not in name.casefold():
                given = (name or one["login"] or one["email"] or one["id"], one["id"])
                students.append(Student(*given, one["login"], one["email"], one["section"]))
                # Moodle's worksheet says `Participant 123`, and its download `123`.
                numbers = [label.removeprefix("Participant ") for label in told["id"]]
                aliases.append([*told["id"], *numbers, *told["login"], *told["email"]])
                times.append(moment(next(iter(told["submitted"]), "")))
        return cls(students, aliases, times)

    def match(self, told: Student | None, name: str) -> Student | None:
        """The one student who fits what the download says (`told`) or the name of the folder.

        None if nobody or several fit.
        """
        number = self._find(told, name)
        return None if number is None else _with_gaps_filled(self.students[number], told)

    def when(self, told: Student | None, name: str) -> datetime | None:
        """When that student handed in, if the roster says so."""
        number = self._find(told, name)
        return None if number is None else self._times.get(number)

    def _find(self, told: Student | None, name: str) -> int | None:
        known = told or Student("")
        tails = [name[m.end() :] for m in re.finditer(r"[-_]", name)]
        ids = (known.id, known.email, known.login, name)
        tries = [
            *((self._exact, folded(label.strip())) for label in ids),
            *((self._names, key) for n in (known.name, name) for key in _spellings(n)[:1]),
            *((self._exact, folded(tail)) for tail in tails),
        ]
        for index, key in tries:
            if len(fits := index.get(key, ())) == 1:
                return next(iter(fits))
        return None

    def unmatched(self, submissions: Iterable[Submission]) -> tuple[list[str], list[str]]:
        """The submissions of nobody on the roster, and the students on it without a submission."""
        by_name: dict[str, list[int]] = {}
        for number, student in enumerate(self.students):
            by_name.setdefault(student.name, []).append(number)
        nobody, found = [], set()
        for submission in submissions:
            told = submission.student or Student("")
            same = by_name.get(told.name, ())
            fits = [n for n in same if _with_gaps_filled(self.students[n], told) == told]
            found.update(fits[:1])
            nobody += [] if fits else [submission.name]
        return nobody, [shown(s.name) for n, s in enumerate(self.students) if n not in found]


def _with_gaps_filled(student: Student, told: Student | None) -> Student:
    if told is None:
        return student
    return replace(student, id=student.id or told.id, login=student.login or told.login,
                   email=student.email or told.email)  # fmt: skip


def _columns(header: Iterable[str], words: str) -> list[str]:
    plain = {"".join(c for c in folded(name or "") if c.isalnum()): name for name in header}
    return [plain[word] for word in words.split() if word in plain]


def _spellings(name: str) -> list[str]:
    """A name without accents and spaces, starting with each of its words: `kimanna`, `annakim`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    words = re.findall(r"\w+", bare.replace("_", " "))
    return ["".join(words[n:] + words[:n]) for n in range(len(words))]
