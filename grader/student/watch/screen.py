"""The desk as text: plain lines that fit the width, without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from grader.assignment.guides import RUNGS
from grader.student.watch.desk import Asking, Desk, Phase, Spot

KEYS = ("h hint", "n next", "p previous", "l list", "a all", "o lesson", "r reset", "q quit")
CHOOSING = ("up/down", "Enter opens", "any other key goes back")
DONE, FAILING, HERE, OPEN = "#", "x", ">", "."
FINISHED = """That was the last one. You have written it all: from a logarithm to models that learn,
and you know what each line does. What could be next: a convolution, data of your own."""


def drawn(desk: Desk, width: int, height: int, file: str, seconds: int = 0) -> list[str]:
    """The whole screen. `file`: what the student calls theirs; `seconds`: that a run has taken."""
    head = [*bar(desk, width), "", *_title(desk, width), ""]
    foot = ["", *_in_rows(_keys(desk), width)]
    if desk.note:
        foot = ["", *_wrapped(desk.note, width), *foot]
    room = max(3, height - len(head) - len(foot) - 1)
    body, hints = [*_of_phase(desk, width, room, file, seconds)], _hints(desk, width)
    if len(body) + len(hints) > room:  # who asks for a hint sees it
        body = [*body[: max(1, room - 1 - len(hints))], "[… more: make the window higher]"]
    return [*head, *[*body, *hints][:room], *foot]


def _keys(desk: Desk) -> Sequence[str]:
    if desk.phase is Phase.LIST:
        return CHOOSING
    return () if desk.phase in (Phase.QUESTION, Phase.CONFIRM) else KEYS


def bar(desk: Desk, width: int) -> list[str]:
    """All exercises with a mark for each target, and how many are done."""
    parts = []
    for name in dict.fromkeys(spot.exercise.name for spot in desk.course.spots):
        marks = "".join(_mark(desk, spot) for spot in desk.course.of(name))
        parts.append(f"{name[:2]}[{marks}]")
    count = f"{len(desk.green)} of {len(desk.course.spots)}"
    return _in_rows([*parts, count], width, gap=" ")


def told(desk: Desk, width: int, height: int, file: str, seconds: int = 0) -> list[str]:
    """What the screen is about."""
    return [*_of_phase(desk, width, height, file, seconds), *_hints(desk, width)]


def _hints(desk: Desk, width: int) -> list[str]:
    """Those that were asked for, as long as they may help."""
    lines: list[str] = []
    if desk.phase in (Phase.LIST, Phase.CONFIRM, Phase.QUESTION, Phase.GREEN):
        return lines
    for number, hint in enumerate(desk.hints):
        head = f"Hint {number + 1} of {len(RUNGS)}, {RUNGS[number]}: "
        lines += ["", *_wrapped(head + hint, width)]
    return lines


def _of_phase(desk: Desk, width: int, height: int, file: str, seconds: int) -> Iterator[str]:
    count = len(desk.course.base(desk.spot))
    match desk.phase:
        case Phase.STUB:
            yield from _wrapped(f"The lesson explains it (o). Write it in {file}.", width)
            yield from _wrapped(f"When you save, its {count} checks run by themselves.", width)
        case Phase.BROKEN:
            broken = desk.answers[desk.spot.exercise.name].broken
            yield from _wrapped(f"Python can't read {file}, {broken}", width)
        case Phase.RUNNING:
            yield from _wrapped(_running(desk, seconds), width)
        case Phase.FAILED:
            yield from _failure(desk, width)
        case Phase.GREEN:
            yield from _green(desk, width, count)
        case Phase.ALL:
            yield from _all(desk, width, seconds)
        case Phase.LIST:
            yield from _list(desk, width, height)
        case Phase.CONFIRM:
            text = f"Put the stub of {desk.spot.target} back? A copy of your file is kept."
            yield from _wrapped(f"{text} y: yes. Any other key: no.", width)
        case Phase.QUESTION:
            assert desk.asking is not None
            yield from _question(desk.asking, width)


def _running(desk: Desk, seconds: int) -> str:
    says = {test.name: test.says for tests in desk.course.tests.values() for test in tests}
    what = says.get(desk.seen.running, "")
    since = f" ({seconds} seconds)" if seconds > 1 else ""
    return f"Running{since}: {what}" if what else f"Starting PyTorch{since} …"


def _failure(desk: Desk, width: int) -> Iterator[str]:
    seen = desk.seen
    first, *rest = seen.text.rstrip().splitlines() or [""]
    yield f"{FAILING} {first}"
    for line in rest:
        yield from _wrapped(line, width)
    if seen.why:
        yield from ["", *_wrapped(seen.why, width)]
    others, passed = len(seen.failed) - 1, len(seen.passed)
    counts = [_checks(others, "more ", "fail")] if others > 0 else []
    counts += [_checks(passed, "", "pass")] if passed else []
    if counts:
        yield ""
        yield f"{', '.join(counts)}."


def _checks(count: int, more: str, do: str) -> str:
    """One check fails, two checks pass."""
    if count != 1:
        return f"{count} {more}checks {do}"
    return f"1 {more}check {do}{'es' if do.endswith('s') else 's'}"


def _green(desk: Desk, width: int, count: int) -> Iterator[str]:
    yield from _wrapped(f"{DONE} {desk.spot.target} is done: it passes all {count} checks.", width)
    for says in desk.seen.bonus[:1]:
        yield from _wrapped(f"There is a bonus, not earned yet: {says}", width)
    if desk.exercise_done:
        yield ""
        yield f"The exercise {desk.spot.exercise.name} is done. You know now:"
        for line in desk.course.learned.get(desk.spot.exercise.name, ()):
            yield from textwrap.wrap(f"- {line}", width, subsequent_indent="  ")
        if picture := desk.pictures.get(desk.spot.exercise.name):
            yield from _wrapped(picture, width)
    yield ""
    if desk.all_done:
        yield from _wrapped(" ".join(FINISHED.split()), width)
        return
    left = [spot for spot in desk.course.spots if spot not in desk.green]
    later = [spot for spot in left if desk.course.spots.index(spot) > desk.at] or left
    what = desk.course.guides[later[0]].what
    yield from _wrapped(f"Next, with n: {later[0].name}, {what}", width)


def _all(desk: Desk, width: int, seconds: int) -> Iterator[str]:
    for spot in desk.mine:
        base = desk.course.base(spot)
        answers = desk.answers.get(spot.exercise.name)
        stub = answers is not None and spot.target in answers.stubs
        count = f"{len(base & desk.seen.passed)} of {len(base)} checks pass"
        yield from _wrapped(f"{spot.target}: {'still to be written' if stub else count}", width)
    if desk.seen.running:
        yield from ["", *_wrapped(_running(desk, seconds), width)]
    elif desk.seen.text:
        yield from ["", *_failure(desk, width)]


def _list(desk: Desk, width: int, height: int) -> Iterator[str]:
    rows = max(3, height)
    first = max(0, min(desk.pick - rows // 2, len(desk.course.spots) - rows))
    for at, spot in enumerate(desk.course.spots[first : first + rows], first):
        here = ">" if at == desk.pick else " "
        what = desk.course.guides[spot].what
        yield f"{here} [{_mark(desk, spot, OPEN)}] {spot.name}  {what}"[:width]


def _question(asking: Asking, width: int) -> Iterator[str]:
    question = asking.question
    yield from _wrapped("Before you write: what do you expect?", width)
    yield ""
    yield from _wrapped(question.ask, width)
    yield f"> {asking.typed}" + ("_" if asking.told is None else "")
    yield ""
    if asking.told is None:
        yield from _wrapped("Enter: see whether it is right. Esc: skip.", width)
        return
    right = asking.told.strip() and question.is_right(asking.told)
    verdict = "Right." if right else f"It is {question.answer}."
    yield from _wrapped(f"{verdict} {question.why}", width)
    yield ""
    yield "Any key goes on."


def _title(desk: Desk, width: int) -> list[str]:
    what = f": {desk.guide.what}" if desk.guide.what else ""
    return _wrapped(f"{desk.spot.exercise.name}, {desk.spot.target}{what}", width)


def _mark(desk: Desk, spot: Spot, here: str = HERE) -> str:
    if spot in desk.green:
        return DONE
    if spot in desk.red:
        return FAILING
    return here if spot == desk.spot else OPEN


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that fit, the indentation kept."""
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        inner = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(line, width, subsequent_indent=inner, drop_whitespace=True) or [""]
    return lines


def _in_rows(parts: Sequence[str], width: int, gap: str = "  ") -> list[str]:
    """As many parts in a row as fit."""
    rows = [""]
    for part in parts:
        longer = f"{rows[-1]}{gap}{part}" if rows[-1] else part
        if len(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(part)
    return rows
