"""The gradebook keeps everything, and old files are brought up to date."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tiny

from grader.assignment.exercises import find_exercises
from grader.grading.basis import Basis, Grounds
from grader.grading.gradebook import Gradebook, GradebookError
from grader.grading.gradebook_schema import NO_FILES, STEPS, packed
from grader.grading.plan import make_plans
from grader.result import ExerciseResult, Grades, Outcome, Result, Student, TestResult
from grader.submission import Submission, Version
from grader.submission.arrival.times import FILES

BASIS = Basis("files", "suite", "machinery", "limits")
NAME = "01_double"
CODE = b"def double(x):\n    return x\n"


def graded(outcome: Outcome = Outcome.PASSED, code: str = CODE.decode()) -> Result:
    test = TestResult("test_double", "double", "Twice.", outcome, 2.0, detail="détail")
    return Result("ann", exercises=[ExerciseResult(NAME, [test], code=code)], seed=7, notes=["odd"])


def sent(content: bytes = CODE, **more: Any) -> Submission:
    return Submission(more.pop("name", "ann"), {"double.py": content}, **more)


def put(book: Gradebook, submission: Submission, result: Result) -> int:
    run = book.begin("grade", Grades([]))
    [attempt] = book.arrive([submission], run).values()
    book.add(result, submission, attempt, run, {NAME: BASIS})
    return attempt


def count(path: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        [[number]] = db.execute(f"SELECT count(*) FROM {table}")
    return int(number)


def test_a_result_comes_back_whole_and_its_code_is_kept_once(tmp_path):
    path = tmp_path / "out" / "gradebook.sqlite"
    with Gradebook(path) as book:
        put(book, sent(), graded())
    with Gradebook(path) as book:
        [row] = book.entries("ann")
        assert row.graded and row.basis == BASIS
        assert book.exercise(row, sent()) == graded().exercises[0]
        sheet = book.sheet(row.grading)
        assert (sheet.seed, sheet.notes) == (7, ["odd"])
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("SELECT score, points FROM results").fetchone() == (100.0, 2.0)


def test_what_results_have_in_common_is_kept_once_and_each_comes_back_whole(tmp_path):
    path = tmp_path / "g"
    results = [graded(outcome) for outcome in Outcome]
    results += [graded(), graded()]
    results[-2].exercises[0].tests[0].title = "Thrice."  # the suite has changed
    results[-1].exercises[0].band = [(0.5, 1.5)]
    for number, result in enumerate(results):
        result.exercises[0].curve = [float(number)]
    with Gradebook(path) as book:
        for result in results:
            put(book, sent(), result)
    assert count(path, "common") == 3
    with Gradebook(path) as book:
        found = [book.exercise(row, sent()) for row in reversed(book.entries("ann"))]
    assert found == [result.exercises[0] for result in results]


def test_a_result_from_before_that_is_whole(tmp_path):
    path = tmp_path / "g"
    with Gradebook(path) as book:
        put(book, sent(), graded())
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        whole = packed(graded().exercises[0])
        db.execute("UPDATE results SET details = ?, common = NULL", (whole,))
    with Gradebook(path) as book:
        [row] = book.entries("ann")
        assert book.exercise(row, sent()) == graded().exercises[0]


def test_code_that_is_not_the_file_is_kept_with_the_result(tmp_path):
    with Gradebook(tmp_path / "g") as book:
        put(book, sent(), graded(code="other"))
        [row] = book.entries("ann")
        found = book.exercise(row, sent())
        assert found is not None and found.code == "other"


def test_nothing_is_overwritten_and_the_newest_comes_first(tmp_path):
    path = tmp_path / "g"
    with Gradebook(path) as book:
        put(book, sent(), graded(Outcome.NOT_GRADED))
        put(book, sent(), graded())
        assert [row.graded for row in book.entries("ann")] == [True, False]
    assert count(path, "submissions") == 1
    assert count(path, "gradings") == count(path, "results") == 2


def test_other_files_are_another_attempt_also_if_they_were_handed_in_before(tmp_path):
    path = tmp_path / "g"
    with Gradebook(path) as book:
        numbers = [put(book, sent(c), graded()) for c in (b"a", b"a", b"b", b"a")]
    assert numbers[0] == numbers[1] and len(set(numbers)) == 3
    assert count(path, "files") == 2


def test_a_student_is_known_by_an_id_whatever_the_submission_is_called(tmp_path):
    with Gradebook(tmp_path / "g") as book:
        put(book, sent(name="Kim (2)", student=Student("Kim", "42")), graded())
        assert len(book.entries("42")) == 1
        assert not book.entries("43")


def test_a_file_from_before_there_were_versions_becomes_history(tmp_path):
    path = tmp_path / "g"
    old = graded()
    old.student = Student("Ann", "9")
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE results (id INTEGER PRIMARY KEY, graded_at TEXT, submission TEXT, "
            "digest TEXT, assignment TEXT, result BLOB)"
        )
        rows = [("2026-01-01", "ann", "d", "a", msgspec.msgpack.encode(old))] * 2
        db.executemany("INSERT INTO results VALUES (NULL, ?, ?, ?, ?, ?)", rows)
        db.execute("INSERT INTO results VALUES (NULL, '', 'bob', '', '', x'00')")
    submission = sent(student=old.student)
    for _ in range(2):  # the second time there is nothing to bring up to date
        with Gradebook(path) as book:
            first, second = book.entries("9")
            assert first.basis == Basis("", "", "", "")
            assert book.exercise(second, submission) == old.exercises[0]
    exercises = find_exercises(tiny.write_assignment(tmp_path / "kit"))
    with Gradebook(path) as book:
        old_attempt = book.submission(first.submission)
        assert old_attempt.notes == [NO_FILES]
        grounds = Grounds(exercises, "limits")
        [plan] = make_plans([("9", old_attempt)], exercises, grounds, book, anew=True)
        assert plan.todo == {} and NAME in plan.kept  # it can't be graded anew, and stays
        assert plan.result(None).exercises[0].tests == old.exercises[0].tests
        [plan] = make_plans([("nobody", old_attempt)], exercises, grounds, book)
        assert plan.result(None).fault == NO_FILES
        put(book, submission, graded())  # once its files arrive, it can
        assert len(book.attempts("9")) == 2
    assert count(path, "gradings") == 3


def test_a_file_of_a_later_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "g"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = path.read_bytes()
    with pytest.raises(GradebookError, match="newer version"):
        Gradebook(path)
    assert path.read_bytes()[100:] == before[100:]  # the header may say WAL now


def test_what_is_no_database_is_refused(tmp_path):
    path = tmp_path / "g"
    path.write_text("grades: 1, 2, 3, and so on, for a hundred bytes and more, " * 4)
    with pytest.raises(GradebookError, match="Move it away"):
        Gradebook(path)


def test_a_result_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "g"
    with Gradebook(path) as book:
        run = book.begin("grade", Grades([]))
        [attempt] = book.arrive([sent()], run).values()
        with pytest.raises(KeyError):  # no basis for the second exercise
            result = graded()
            result.exercises.append(ExerciseResult("02_more", []))
            book.add(result, sent(), attempt, run, {NAME: BASIS})
        assert book.entries("ann") == []
    assert count(path, "gradings") == 0


def test_an_attempt_comes_back_as_it_was_handed_in(tmp_path):
    submission = sent(
        notes=["odd"],
        student=Student("Ann", "9"),
        cells={"double.py": [(1, 2), (0, 0)]},
        own={"double": {"helper.py": b"x = 1\n", "tools/plots.py": b"y = 2\n"}},
        versions={"double": [Version(b"x", [(1, 1)], ["one"]), Version(b"y", [], [])]},
    )
    with Gradebook(tmp_path / "g") as book:
        number = put(book, submission, graded())
        back = book.submission(number)
    assert back == submission
    assert back.digest == submission.digest


def test_the_earliest_of_files_times_and_the_latest_other_word_count(tmp_path):
    day = datetime(2026, 11, 20, tzinfo=timezone.utc)
    with Gradebook(tmp_path / "g") as book:
        run = book.begin("grade", Grades([]))

        def told(hours: int, source: str) -> tuple[int, str]:
            when = day + timedelta(hours=hours)
            book.arrive([sent(submitted=when, time_source=source)], run)
            [handed] = book.attempts("ann")
            assert handed.when is not None
            return (handed.when - day) // timedelta(hours=1), handed.source

        assert told(5, FILES) == (5, FILES)
        assert told(9, FILES) == (5, FILES)
        assert told(3, FILES) == (3, FILES)
        assert told(7, "Gradescope") == (7, "Gradescope")
        assert told(1, FILES) == (7, "Gradescope")
        assert told(8, "Gradescope") == (8, "Gradescope")
    assert count(tmp_path / "g", "submissions") == 1


def test_a_roster_that_comes_later_is_remembered(tmp_path):
    told = Student("Ann", "9", section="B")
    with Gradebook(tmp_path / "g") as book:
        first = put(book, sent(student=Student("", "9")), graded())
        second = put(book, sent(student=told), graded())
        put(book, sent(student=told), graded())
        assert first == second
        assert book.submission(first).student == told
    assert count(tmp_path / "g", "arrivals") == 2


def test_other_cells_are_another_attempt(tmp_path):
    with Gradebook(tmp_path / "g") as book:
        numbers = [put(book, sent(cells={"double.py": [(n, 1)]}), graded()) for n in (1, 1, 2)]
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "g"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        STEPS[0](db)
        db.execute("PRAGMA user_version = 1")
    with Gradebook(path) as book:
        put(book, sent(student=Student("Ann", "9")), graded())
        assert book.submission(1).student == Student("Ann", "9")
