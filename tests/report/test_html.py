"""The pages as files: they need nothing else, escape everything, and are accessible."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_class import HOSTILE, one, sample

from grader.report import ReportError, write_report
from grader.report.formats import html, html_students
from grader.report.seen import seen
from grader.result import Grades, Outcome, Student

GRADES = sample()
VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """The parts of a page. Raises if its tags don't match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(source)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.raw[self._open[-1]] = data
        else:
            self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """The instructor's, that of an empty class, and a page for each student."""
    return [
        html.page(GRADES),
        html.page(Grades([])),
        *(html_students.page(seen(result)) for result in GRADES.results),
    ]


@pytest.fixture(params=range(2 + len(GRADES.results)))
def source(pages: list[str], request: pytest.FixtureRequest) -> str:
    return pages[request.param]


def test_a_page_needs_nothing_else(source: str) -> None:
    page = Page(source)
    assert page.tags["script"] == page.tags["style"] == 1
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    assert policy.startswith("default-src 'none';")
    for name in ("script", "style"):
        digest = hashlib.sha256(page.raw[name].encode("utf-8")).digest()
        assert f"{name}-src 'sha256-{base64.b64encode(digest).decode('ascii')}'" in policy
    assert not re.search(r"(?i)https?://|url\(|@import|//\w+\.\w+", page.raw["style"])
    for name in ("src", "srcset", "action", "style", "data", "poster"):
        assert not page.values(name)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    ids = Counter(page.values("id"))
    assert set(ids.values()) <= {1}
    for link in page.values("href"):
        assert link.startswith("#")
        assert link[1:] in ids


def test_headings_go_down_by_one(source: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", source)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_students_write_is_text(pages: list[str]) -> None:
    page = Page(pages[0])
    text = "".join(page.text)
    assert HOSTILE[0] in text
    assert "</textarea><script>alert('feedback')</script>" in text
    assert 'return <nothing> & "all"' in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", pages[0])


@settings(max_examples=25)  # each renders two pages
@given(st.text(st.characters(codec=None, categories=None)))
def test_no_text_of_theirs_makes_a_tag(text: str) -> None:
    plain, other = one(), one(Outcome.FAILED, feedback=f"<i>{text}", title=f"<i>`{text}")
    other.student = Student(f"<i>{text}", text, text, text, text)
    other.notes = [f"<i>{text}"]
    other.exercises[0].printed = f"<i>{text}"
    other.exercises[0].code = f"<i>{text}"
    for source in (html.page(Grades([plain, other])), html_students.page(seen(other))):
        source.encode("utf-8")
        assert not Page(source).tags["i"]


def test_not_graded_is_no_zero() -> None:
    zero, fault = sample().results[-2:]
    text = "".join(Page(html_students.page(seen(fault))).text)
    assert "Not graded" in text
    assert " of 100," not in text
    assert "<strong>0" not in html_students.page(seen(fault))
    assert "<strong>0</strong>" in html_students.page(seen(zero))


def test_what_to_look_at_next_is_what_was_missed_first() -> None:
    grades = sample()
    page = html_students.page(seen(grades.results[2]))
    assert page.index("What to look at next") < page.index("Progress")
    perfect = one(Outcome.PASSED)
    assert "Every test passed" in html_students.page(seen(perfect))


def test_one_page_a_student(tmp_path: Path) -> None:
    grades = sample()
    paths = write_report(grades, "html-students", folder=tmp_path)
    assert len({path.name.casefold() for path in paths}) == len(grades.results)


# --------------------------------------------------------------------------------- the colours


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_has_contrast(theme: int) -> None:
    style = (files("grader.report") / "templates" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[theme]))
    pairs = [(name, f"{name}-ink") for name in colours if f"{name}-ink" in colours]
    assert len(pairs) == len(Outcome) + 1  # and a bonus that wasn't earned
    pairs += [(ground, text) for ground in ("paper", "wash") for text in ("ink", "soft", "accent")]
    for ground, text in pairs:
        assert contrast(colours[ground], colours[text]) >= 4.5, (ground, text)
    assert contrast(colours["paper"], colours["fill"]) >= 2.5


# ------------------------------------------------------------------------------ a large class


def many(number: int) -> Grades:
    """The made-up class again and again, under other names."""
    base = sample(hostile=False).results
    results = [
        replace(base[n % len(base)], submission=f"s{n}", student=Student(f"Student {n}", f"{n}"))
        for n in range(number)
    ]
    return Grades(results, title="A large class")


def unpacked(source: str) -> str:
    """A page as the browser shows it once its script has run."""

    def plain(found: re.Match[str]) -> str:
        lines, order = json.loads(gzip.decompress(base64.b64decode(found[1])))
        return "\n".join(lines[number] for number in order)

    return re.sub(r'<div id="packed" hidden>(.*)</div>', plain, source)


def test_a_large_classes_students_are_in_pages_of_their_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(html, "LARGE", 12)
    monkeypatch.setattr(html, "CHUNK", 5)
    grades = many(13)
    paths = write_report(grades, "html", folder=tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in paths] == [
        "grades.html", *(f"grades-students/{n}.html" for n in (1, 2, 3))
    ]  # fmt: skip
    sources = {path.name: path.read_text("utf-8") for path in paths}
    pages = {name: Page(unpacked(source)) for name, source in sources.items()}
    assert "01_losses" not in sources["1.html"]  # it is compressed
    links = {link for link in pages["grades.html"].values("href") if ".html" in link}
    assert len(links) == 13
    for link in links:
        name, _, anchor = link.removeprefix("grades-students/").partition("#")
        assert anchor in pages[name].values("id"), link
    assert "../grades.html" in pages["1.html"].values("href")
    (tmp_path / "grades-students" / "mine.html").touch()
    monkeypatch.setattr(html, "LARGE", 3)
    write_report(many(4), "html", folder=tmp_path)  # no page is left that nothing leads to
    left = {path.name for path in (tmp_path / "grades-students").iterdir()}
    assert left == {"1.html", "mine.html"}
    whole = write_report(grades, "html", {"apart": "no"}, tmp_path / "whole")
    assert [path.name for path in whole] == ["grades.html"]
    with pytest.raises(ReportError, match="yes, no or auto"):
        write_report(grades, "html", {"apart": "perhaps"}, tmp_path)


def test_the_map_of_a_large_class_shows_the_worst_of_each_target() -> None:
    grades = Grades([one(Outcome.TIMED_OUT)])
    source = html.page(grades, ["1.html#s-0"])
    assert source.count('class="o o-timed-out first"') == 1  # one target: one cell
    assert "Students × targets" in source


@pytest.mark.parametrize("links", [None, ["1.html#s-0"]], ids=["tests", "targets"])
def test_an_exercise_that_only_adds_does_not_look_failed(links: list[str] | None) -> None:
    result = one(Outcome.FAILED)
    result.exercises[0].extra_credit = True
    source = html.page(Grades([result]), links)
    assert 'class="o o-failed' not in source and source.count('class="o o-bonus') == 1
    assert "Stuck" not in source


def test_the_page_of_three_hundred_is_small() -> None:
    links = [f"grades-students/{n // html.CHUNK + 1}.html#s-{n}" for n in range(300)]
    assert len(html.page(many(300), links).encode()) < 1_000_000
