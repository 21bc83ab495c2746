"""The rules of both JUnit schemas that consumers validate with, as far as we use them.

Jenkins': junit-10.xsd of its xUnit plugin. Ant's: JUnit.xsd by windyroad. Every attribute that is
not listed is forbidden; those in `required` must be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET


def text(value: str) -> bool:
    return True


def filled(value: str) -> bool:
    return bool(value.strip())


def whole(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", value) is not None


def decimal(value: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", value) is not None


def surefire_time(value: str) -> bool:
    return re.fullmatch(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})(\.[0-9]*)?", value) is not None


def instant(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value) is not None


@dataclass(frozen=True)
class Rule:
    """What one element may have. `children`: a regular expression over the children's tags."""

    attributes: dict[str, Callable[[str], bool]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    children: str = ""


VERDICT = {"type": text, "message": text}
JENKINS = {
    "testsuites": Rule(
        {"name": text, "time": surefire_time, "tests": text, "failures": text, "errors": text},
        children="(testsuite )*",
    ),
    "testsuite": Rule(
        {
            **dict.fromkeys(
                ["name", "tests", "failures", "errors", "group", "skipped", "timestamp"], text
            ),
            **dict.fromkeys(["hostname", "id", "package", "file", "log", "url"], text),
            "time": surefire_time,
        },
        frozenset({"name", "tests", "failures", "errors"}),
        "((testsuite|properties|testcase|system-out|system-err) )*",
    ),
    "properties": Rule(children="(property )*"),
    "property": Rule({"name": text, "value": text}, frozenset({"name", "value"})),
    "testcase": Rule(
        dict.fromkeys(["name", "time", "classname", "group"], text),
        frozenset({"name"}),
        "((skipped|error|failure|rerunFailure|rerunError|flakyFailure|flakyError|system-out|"
        "system-err) )*",
    ),
    "failure": Rule(VERDICT),
    "error": Rule(VERDICT),
    "skipped": Rule(VERDICT),
    "system-out": Rule(),
    "system-err": Rule(),
}
ANT = {
    "testsuites": Rule(children="(testsuite )*"),
    "testsuite": Rule(
        {
            **dict.fromkeys(["name", "hostname"], filled),
            **dict.fromkeys(["tests", "failures", "errors", "skipped", "id"], whole),
            "package": text,
            "timestamp": instant,
            "time": decimal,
        },
        frozenset(
            {"name", "hostname", "tests", "failures", "errors", "id", "package", "timestamp"}
            | {"time"}
        ),
        "properties (testcase )*system-out system-err ",
    ),
    "properties": Rule(children="(property )*"),
    "property": Rule({"name": filled, "value": text}, frozenset({"name", "value"})),
    "testcase": Rule(
        {"name": text, "classname": text, "time": decimal},
        frozenset({"name", "classname", "time"}),
        "((skipped|error|failure) )?",
    ),
    "failure": Rule(VERDICT, frozenset({"type"})),
    "error": Rule(VERDICT, frozenset({"type"})),
    "skipped": Rule(VERDICT),
    "system-out": Rule(),
    "system-err": Rule(),
}


def faults(root: ET.Element, schema: dict[str, Rule]) -> list[str]:
    """What the schema doesn't allow in a document."""
    found = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        rule = schema.get(element.tag)
        if rule is None:
            found.append(f"no element {element.tag}")
            continue
        found += [f"{element.tag} lacks {name}" for name in rule.required - set(element.keys())]
        for name, value in element.items():
            if name not in rule.attributes:
                found.append(f"{element.tag} must not have {name}")
            elif not rule.attributes[name](value):
                found.append(f"{element.tag}: {name}={value!r}")
        children = "".join(f"{child.tag} " for child in element)
        if not re.fullmatch(rule.children, children):
            found.append(f"{element.tag} holds {children}")
        if len(element) and (element.text or "").strip():
            found.append(f"{element.tag} holds text")
    return found
