"""The output of `grader show`: one student's attempts, gradings, changes and decisions."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from grader.grading.running import History
from grader.report.text import line, number, score
from grader.result import Attempt

MOST = 12  # tests that changed between two attempts


def show(history: History, console: Console) -> None:
    """Print it, the oldest first."""
    for text, style in _lines(history):
        console.print(Text(text, style=style))


def _lines(history: History) -> list[tuple[str, str]]:
    who, result = history.submission.student, history.result
    name = line(who.name) if who and who.name else line(history.submission.name)
    facts = [line(f) for f in (who.id, who.login, who.email, who.section) if f] if who else []
    told = f" ({', '.join(facts)})" if facts else ""
    rows = [(f"{name}{told}", "bold")]
    if result is None:
        rows.append(("Nothing is graded yet.", ""))
    else:
        bonus = f", and {number(result.bonus)} bonus" if result.bonus else ""
        total = "excused" if result.excused else f"{score(result.total)} of 100{bonus}"
        rows.append((f"Total: {total}.", ""))
        rows += [
            (f"  {line(reason)}", "") for reason in (result.mark.reasons if result.mark else [])
        ]
    # With one attempt, the total says it all.
    worth = result.attempts if result and len(history.attempts) > 1 else []
    for place, (handed, gradings) in enumerate(
        zip(history.attempts, history.gradings, strict=True)
    ):
        when = f", handed in {handed.when.isoformat()}" if handed.when else ""
        source = f" (by {handed.source})" if handed.source else ""
        late = ", late according to the platform" if handed.late else ""
        rows += [("", ""), (f"Attempt {handed.number}{when}{source}{late}", "bold")]
        rows += [(f"  {_worth(one)}", "") for one in worth if one.number == handed.number]
        for one in gradings:
            scores = ", ".join(f"{line(e)} {score(s)}" for e, s in one.scores.items())
            fault = f"; not graded: {line(one.fault)}" if one.fault else ""
            rows.append((f"  {one.at} {one.command}: {scores or 'nothing'}{fault}", ""))
        changes = history.changes[place - 1] if place else []
        if changes:
            rows.append(("  Changed since the attempt before:", ""))
        for test in changes[:MOST]:
            said = f"{test.before or 'not there'} → {test.after or 'gone'}"
            rows.append((f"    {line(test.exercise)} {line(test.test)}: {said}", ""))
        if len(changes) > MOST:
            rows.append((f"    … and {len(changes) - MOST} more", ""))
    if history.decisions:
        rows += [("", ""), ("Decisions", "bold")]
    for decision in history.decisions:
        about = f" of {decision.exercise}" if decision.exercise else ""
        value = line(decision.value) or "withdrawn"
        rows.append(
            (f"  {decision.made_at} {decision.kind}{about}: {value}, by {line(decision.by)} "
             f"({decision.source})", "")
        )  # fmt: skip
    return rows


def _worth(attempt: Attempt) -> str:
    """The score of an attempt after lateness, and whether it counts."""
    bonus = f", and {number(attempt.bonus)} bonus" if attempt.bonus else ""
    late = f"; {attempt.late} day{'' if attempt.late == 1 else 's'} late" if attempt.late else ""
    counts = "; counts" if attempt.counts else ""
    return f"Worth {score(attempt.total)}{bonus}{late}{counts}"
