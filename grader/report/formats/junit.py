"""JUnit XML, which every CI system shows. Holds no secret: tests go by their titles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from grader.report.files import save
from grader.report.seen import Seen, SeenExercise, SeenTest, seen
from grader.result import Grades, Outcome

NAME = "junit"
HELP = "JUnit XML, for CI systems. Holds no secret."
OUT = "junit.xml"
OPTIONS: Mapping[str, str] = {}

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write a test suite for each exercise of each submission."""
    return [save(out, to_xml([seen(result) for result in grades.results]))]


def write_failure(message: str, out: Path) -> list[Path]:
    """Write the file of a run that couldn't grade."""
    return [save(out, failure(message))]


def failure(message: str) -> bytes:
    """A file that says that nothing could be graded."""
    root = ET.Element("testsuites", tests="1", failures="0", errors="1")
    suite = ET.SubElement(root, "testsuite", name="grading", tests="1", failures="0", errors="1")
    case = ET.SubElement(suite, "testcase", classname="grading", name="Not graded", time="0")
    ET.SubElement(case, "error", message=_plain(message), type="not graded")
    return _bytes(root)


def to_xml(results: list[Seen]) -> bytes:
    """A test suite for each exercise of each submission."""
    root = ET.Element("testsuites")
    for result in results:
        for exercise in result.exercises:
            _suite(root, result, exercise)
        if not result.graded and all(e.score is not None for e in result.exercises):
            # a fault that no test shows
            suite = ET.SubElement(root, "testsuite", name=_plain(result.name))
            case = ET.SubElement(
                suite, "testcase", classname=_plain(result.name), name="Not graded", time="0"
            )
            ET.SubElement(case, "error", message=result.fault, type="not graded")
    for element in (*root.iter("testsuite"), root):
        _count(element)
    return _bytes(root)


def _suite(root: ET.Element, result: Seen, exercise: SeenExercise) -> None:
    suite = ET.SubElement(root, "testsuite", name=_plain(f"{result.name}: {exercise.name}"))
    for test in exercise.tests:
        names = {"classname": f"{exercise.name}.{test.target}", "name": test.title}
        case = ET.SubElement(
            suite,
            "testcase",
            {key: _plain(v) for key, v in names.items()},
            time=f"{test.seconds:.3f}",
        )
        _verdict(case, test)


def _verdict(case: ET.Element, test: SeenTest) -> None:
    """An error is ours, a failure theirs; a bonus that wasn't earned is neither."""
    if test.outcome is Outcome.PASSED:
        return
    ours = test.outcome is Outcome.NOT_GRADED
    kind = "error" if ours else "skipped" if test.bonus else "failure"
    attributes = {"message": test.hint or test.outcome.value}
    if kind != "skipped":
        attributes["type"] = test.outcome.value
    verdict = ET.SubElement(case, kind, {key: _plain(v) for key, v in attributes.items()})
    verdict.text = _plain(test.feedback)


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(kind) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _plain(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"
