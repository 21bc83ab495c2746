"""JUnit XML, which every CI system shows. Holds no secret: tests go by their titles.

What rules and decisions have made of the points (lateness, weights) has no place of its own there:
each suite has the total as properties, and the reasons as its output.

What is written here is valid by both schemas in use: Jenkins' (junit-10.xsd), which allows few
attributes, and Ant's (windyroad's JUnit.xsd), which wants more of them and fixes the order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

from grader.report.files import save
from grader.report.seen import FAULT, Seen, SeenExercise, SeenTest, seen
from grader.report.text import score
from grader.result import Grades, Outcome

NAME = "junit"
HELP = "JUnit XML, for CI systems. Holds no secret."
OUT = "junit.xml"
OPTIONS: Mapping[str, str] = {}

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOT_GRADED = "Not graded"


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write a test suite for each exercise of each submission."""
    return [save(out, to_xml([seen(result) for result in grades.results], grades.graded_at))]


def write_failure(message: str, out: Path) -> list[Path]:
    """Write the file of a run that couldn't grade."""
    return [save(out, failure(message))]


def failure(message: str) -> bytes:
    """A file that says that nothing could be graded."""
    root = ET.Element("testsuites")
    suite = _suite(root, "grading")
    _error(_case(suite, "grading", NOT_GRADED), message or FAULT)
    return _finished(root, "")


def to_xml(results: list[Seen], graded_at: str = "") -> bytes:
    """A test suite for each exercise of each submission.

    `graded_at`: when that was, in ISO 8601; by default now.
    """
    root = ET.Element("testsuites")
    for result in results:
        for exercise in result.exercises:
            suite = _suite(root, f"{result.name}: {exercise.name}", _told(result))
            for test in exercise.tests:
                case = _case(suite, _class(exercise, test), test.title, test.seconds)
                _verdict(case, test, _free(result, exercise, test))
            ET.SubElement(suite, "system-out").text = _plain("\n".join(result.reasons))
        if result.fault and all(e.score is not None for e in result.exercises):
            # A fault that no test shows.
            _error(_case(_suite(root, result.name), result.name, NOT_GRADED), result.fault)
    return _finished(root, graded_at)


def _class(exercise: SeenExercise, test: SeenTest) -> str:
    return f"{exercise.name}.{test.target}" if test.target else exercise.name


def _told(result: Seen) -> dict[str, str]:
    """Properties of the whole submission: its total out of 100, and how late it was."""
    if not result.graded:
        return {}
    told = {"total": score(result.total)}
    if result.late:
        told["late"] = f"{result.late} day{'' if result.late == 1 else 's'}"
    return told


def _suite(root: ET.Element, name: str, told: Mapping[str, str] | None = None) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=_plain(name) or "(no name)")
    properties = ET.SubElement(suite, "properties")
    for key, value in (told or {}).items():
        ET.SubElement(properties, "property", name=key, value=value)
    return suite


def _case(suite: ET.Element, classname: str, name: str, seconds: float = 0.0) -> ET.Element:
    names = {"classname": _plain(classname), "name": _plain(name) or "(no name)"}
    return ET.SubElement(suite, "testcase", names, time=f"{seconds:.3f}")


def _free(result: Seen, exercise: SeenExercise, test: SeenTest) -> str:
    """Why a test that didn't pass costs nothing; '' if it does."""
    if test.bonus:
        return "bonus not earned"
    if exercise.excused:
        return "excused"
    return "full marks all the same, by the assignment's rules" if result.full_by_rules else ""


def _verdict(case: ET.Element, test: SeenTest, free: str) -> None:
    """The verdict on a test: our faults are errors, theirs failures, what costs nothing neither."""
    message = " ".join(test.why) or test.outcome.value
    if test.outcome is Outcome.PASSED:
        return
    if test.outcome is Outcome.NOT_GRADED:
        _error(case, message).text = _plain(test.feedback)
    elif free:
        ET.SubElement(case, "skipped", message=_plain(f"{free}: {message}"))
    else:
        kind = test.outcome.value
        failed = ET.SubElement(case, "failure", message=_plain(message), type=kind)
        failed.text = _plain(test.feedback)


def _error(case: ET.Element, message: str) -> ET.Element:
    return ET.SubElement(case, "error", message=_plain(message), type=Outcome.NOT_GRADED.value)


def _finished(root: ET.Element, graded_at: str) -> bytes:
    """The file: each suite with its counts and with what Ant's schema wants of it."""
    for number, suite in enumerate(root):
        cases = suite.findall("testcase")
        suite.set("tests", str(len(cases)))
        for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(name, str(sum(case.find(kind) is not None for case in cases)))
        suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
        suite.set("timestamp", _timestamp(graded_at))
        suite.set("hostname", "localhost")  # the grading machine's own name is nobody's business
        suite.set("id", str(number))
        suite.set("package", suite.get("name", ""))
        if suite.find("system-out") is None:
            ET.SubElement(suite, "system-out")
        ET.SubElement(suite, "system-err")
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _timestamp(graded_at: str) -> str:
    """The time in UTC, to the second, without the time zone that the schema forbids."""
    try:
        when = datetime.fromisoformat(graded_at.replace("Z", "+00:00"))
    except ValueError:
        when = datetime.now(timezone.utc)
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def _plain(text: str) -> str:
    """The text without characters that XML doesn't allow."""
    return NOT_XML.sub("\ufffd", text)
