"""Prove an assignment: references pass, stubs aren't attempted, every mistake is caught."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import Mistake, load_mistakes, splice
from grader.grading.engine import Setup, Task, grade_all
from grader.result import ExerciseResult, Outcome
from grader.submission import Submission

MISTAKES_PER_TARGET = 8
SEED = 20


@dataclass
class Row:
    """One mistake against the tests of its exercise."""

    mistake: Mistake
    failed: list[str]
    passed: list[str]


@dataclass
class Report:
    """What `grader check` found: no problems, and the assignment holds."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        self.problems.append(text)


def tasks_for(setup: Setup, exercises: list[Exercise], stubs: Path, styles: Path) -> Iterator[Task]:
    """Each reference, stub, right style and mistake as a submission of its exercise alone."""
    for exercise in exercises:
        task = functools.partial(_task, setup, exercise)
        yield task("=reference", exercise.file.read_text("utf-8"))
        stub = stubs / exercise.name / exercise.file.name
        if stub.is_file():
            yield task("=stub", stub.read_text("utf-8"))
        for style in sorted((styles / exercise.name).glob("*.py")):
            yield task(f"={style.stem}", style.read_text("utf-8"))
        for mistake in load_mistakes(exercise):
            yield task(mistake.name, splice(exercise, mistake))


def _task(setup: Setup, exercise: Exercise, name: str, source: str) -> Task:
    submission = Submission(f"{exercise.name}/{name}", {exercise.file.name: source.encode()})
    return Task(setup, submission, SEED, frozenset([exercise.name]))


def check(
    setup: Setup, exercises: list[Exercise], stubs: Path, styles: Path, workers: int
) -> Iterator[tuple[int, int, Report]]:
    """Check the exercises; yields (done, of, report) as it goes, the last report being whole.

    `styles`: right answers, a folder an exercise, that must earn every base point.
    """
    report = Report()
    tasks = list(tasks_for(setup, exercises, stubs, styles))
    yield 0, len(tasks), report
    found: dict[str, ExerciseResult] = {}
    for done, result in enumerate(grade_all(tasks, workers), 1):
        if result.fault or not result.graded:
            report.problem(
                f"{result.submission} could not be graded: {result.fault or 'see doctor'}"
            )
        else:
            found[result.submission] = result.exercises[0]
        yield done, len(tasks), report
    for exercise in exercises:
        for style in sorted((styles / exercise.name).glob("*.py")):
            graded = found.get(f"{exercise.name}/={style.stem}")
            for test in graded.tests if graded else []:
                if not test.passed and not test.bonus:
                    report.problem(
                        f"{exercise.name}: the right answer {style.name} is "
                        f"'{test.outcome.value}' in {test.name}: {test.feedback}"
                    )
        _judge_exercise(exercise, stubs, found, report)
    for leak in leaks(exercises, stubs, [stubs, Path(__file__).parents[1]]):
        report.problem(leak)
    yield len(tasks), len(tasks), report


def _judge_exercise(
    exercise: Exercise, stubs: Path, found: dict[str, ExerciseResult], report: Report
) -> None:
    name = exercise.name
    reference, stub = found.get(f"{name}/=reference"), found.get(f"{name}/=stub")
    if reference is not None:
        report.tests[name] = [test.name for test in reference.tests]
        for test in reference.tests:
            if not test.passed:
                report.problem(
                    f"{name}: the reference doesn't pass {test.name} ({test.outcome.value})"
                )
            if not test.target:
                report.problem(f"{name}: {test.name} names no target: call it test_<target>_<what>")
            if test.title == test.name:
                report.problem(f"{name}: {test.name} has no docstring to show to a student")
    if not (stubs / name / exercise.file.name).is_file():
        report.problem(f"{name}: there is no stub file in {stubs.name}/{name}/")
    elif stub is not None:
        for test in stub.tests:
            if test.outcome is not Outcome.NOT_ATTEMPTED:
                report.problem(f"{name}: the stub is '{test.outcome.value}' in {test.name}")
    rows = report.rows[name] = []
    mistakes = load_mistakes(exercise)
    for mistake in mistakes:
        result = found.get(f"{name}/{mistake.name}")
        if result is not None:
            rows.append(_judge_mistake(name, mistake, result, report))
    for target in exercise.targets:
        count = sum(mistake.target == target for mistake in mistakes)
        if count < MISTAKES_PER_TARGET:
            report.problem(
                f"{name}: {target} has {count} mistakes, {MISTAKES_PER_TARGET} are wanted"
            )
    caught = {test for row in rows for test in row.failed}
    for test in reference.tests if reference else []:
        if test.name not in caught and not (stub and _fails(stub, test.name)):
            report.problem(f"{name}: no mistake or stub fails {test.name}")


def _judge_mistake(name: str, mistake: Mistake, result: ExerciseResult, report: Report) -> Row:
    failed = [test for test in result.tests if not test.passed]
    if not any(test.target == mistake.target and not test.bonus for test in failed):
        report.problem(f"{name}: {mistake.name} passes every base test of {mistake.target}")
    for test in failed:
        if test.target != mistake.target:
            report.problem(f"{name}: {mistake.name} of {mistake.target} fails {test.name}")
        if test.outcome in (Outcome.CRASHED, Outcome.NOT_ATTEMPTED):
            report.problem(f"{name}: {mistake.name} is '{test.outcome.value}' in {test.name}")
    return Row(mistake, [t.name for t in failed], [t.name for t in result.tests if t.passed])


def _fails(stub: ExerciseResult, test: str) -> bool:
    return any(t.name == test and not t.passed for t in stub.tests)


def leaks(exercises: list[Exercise], stubs: Path, shipped: list[Path]) -> Iterator[str]:
    """Where something secret stands in what students get, the folders `shipped`."""
    public = {
        file: _shown(file)
        for folder in shipped
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix in (".py", ".md", ".ipynb", ".html", ".toml", ".yml")
    }
    for what, text in secrets(exercises, stubs):
        for file, content in public.items():
            if text in content:
                yield f"{file.parent.name}/{file.name} holds a secret: {what}"


def _shown(file: Path) -> str:
    """A file's text; of a notebook that of its cells, without JSON's escapes."""
    text = file.read_text("utf-8", "replace")
    if file.suffix != ".ipynb":
        return text
    cells = json.loads(text).get("cells", [])
    return "\n".join("".join(cell.get("source", "")) for cell in cells)


def secrets(exercises: list[Exercise], stubs: Path) -> Iterator[tuple[str, str]]:
    """What a student must not get: hidden tests' names, lines of references, hints of mistakes."""
    public = "".join(file.read_text("utf-8") for file in sorted(stubs.glob("*/*.py")))
    for exercise in exercises:
        for line in exercise.suite.read_text("utf-8").splitlines():
            if line.startswith("def test_"):
                name = line[4:].split("(")[0]
                if f"def {name}(" not in public:
                    yield f"the hidden test {name}", f"{name}("
        for line in exercise.file.read_text("utf-8").splitlines():
            if _tells(line) and line.strip() not in public:
                yield f"a line of {exercise.name}'s reference", line.strip()
        for mistake in load_mistakes(exercise):
            yield f"the hint of {mistake.name}", mistake.hint


def _tells(line: str) -> bool:
    """Whether a line of a reference gives an answer away (and isn't just an import or prose)."""
    code = line.strip()
    return (
        len(code) >= 24
        and any(sign in code for sign in "=(")
        and not code.startswith(("import ", "from ", "#", '"', "def ", "class ", "@"))
        and line.startswith("    ")
        and code.endswith((")", "]"))
    )
