"""HTML pages in one file each: they need no network, and their own policy allows none."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.report import text
from grader.report.curves import HEIGHT, WIDTH, picture
from grader.report.seen import bonus_score, by_cause
from grader.result import GRAVITY, Outcome


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=text.number,
        score=text.score,
        exercise_score=text.exercise_score,
        line=text.line,
        block=text.block,
        title=_title,
        mark=mark,
        css=css,
        bonus=bonus_score,
        by_cause=by_cause,
    )
    environment.globals.update(
        picture=picture,
        plot=(WIDTH, HEIGHT),
        outcomes=list(Outcome),
        gravity=GRAVITY,
        meanings=text.MEANINGS,
    )
    return environment


def render(name: str, *, scripts: Sequence[str] = (), **values: Any) -> str:
    """Render the template `name`.html, with `style.css` and scripts in the page.

    `scripts`: their names; by default the template's.
    """
    style = _source("style.css")
    script = "\n".join(_source(f"{one}.js") for one in scripts or [name])
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return part(name, policy=policy, style=Markup(style), script=Markup(script), **values)


def part(name: str, **values: Any) -> str:
    """Render the template `name`.html as it is: a part of a page."""
    return _environment().get_template(f"{name}.html").render(**values)


def packed(html: str) -> str:
    """A part of a page, compressed: `students.js` unpacks it where the page is opened.

    gzip sees only what is near, and students have most lines in common: each line is there once,
    and then their order.
    """
    lines = html.encode("utf-8", "replace").decode("utf-8").split("\n")
    numbers = {line: number for number, line in enumerate(dict.fromkeys(lines))}
    data = msgspec.json.encode([list(numbers), [numbers[line] for line in lines]])
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode("ascii")


def _source(file: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, file)[0]


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")


def mark(outcome: Outcome) -> str:
    """What a cell of the heat map shows of an outcome: a pass is quiet."""
    return "·" if outcome is Outcome.PASSED else text.MARKS[outcome]


def _title(title: str) -> Markup:
    """A test's title in HTML: what is between backticks becomes code."""
    parts = title.split("`")
    if len(parts) % 2 == 0:
        return Markup.escape(title)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if place % 2 else Markup.escape(part) for place, part in enumerate(parts)
    )


def css(outcome: Outcome) -> str:
    """The CSS class of an outcome."""
    return f"o-{outcome.value.replace(' ', '-')}"
