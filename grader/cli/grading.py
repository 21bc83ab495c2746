"""What `grader grade` and `grader regrade` share: grade what needs it, settle, write reports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.markup import escape

from grader.assignment.exercises import AssignmentError, Exercise, find_exercises
from grader.assignment.rules import Rules, RulesError, beside, read_rules
from grader.cli.cluster import Crew
from grader.cli.interrupts import Stopped
from grader.cli.options import NOT_GRADED, Unusable, err
from grader.cli.progress import ClassProgress
from grader.grading.basis import Grounds
from grader.grading.damage import is_sound, set_aside
from grader.grading.decisions import FILE, DecisionError, news, read_overrides
from grader.grading.engine import SEEDS, Setup, grade_all
from grader.grading.gradebook import Gradebook, GradebookError
from grader.grading.plan import Plan, make_plans, summary
from grader.grading.reserve import Reserve
from grader.grading.running import Entrant, entrants, settle_all, tasks_of
from grader.grading.watched import Watched
from grader.report import ReportError, find_formats, try_options, write_report
from grader.report.formats import json, table
from grader.result import Grades, Result
from grader.submission import Submission

GRADEBOOK = "gradebook.sqlite"
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("grades"),
    show_default=True,
    help="The folder with the gradebook, results.json and the feedback.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, SEEDS - 1),
    help="Seed of the tests' random inputs. [default: random]",
)
reports_option = click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME[=PATH]",
    help="Write this report too (the list is below), to PATH or into the folder of --out.",
)
settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME.OPTION=VALUE",
    help="Set an option of a report.",
)


class WithReports(click.Command):
    """A command whose help ends with the reports and their options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Reports, and what --set may give them"):
            rows = []
            for name, form in find_formats().items():
                rows.append((name, form.help))
                rows += [(f"  {name}.{option}", text) for option, text in form.options.items()]
            formatter.write_dl(rows)


@dataclass
class ClassRun:
    """One run over a class. `arrived`: what there is now; None for all that the gradebook has."""

    setup: Setup
    crew: Crew
    out: Path
    grades: Grades
    arrived: list[Submission] | None = None
    anew: bool = False
    seed: int | None = None
    reports: tuple[str, ...] = ()
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    exercises: list[Exercise] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)
    everybody: list[Entrant] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grades.isolation = self.crew.isolation
        self.exercises = find_exercises(self.setup.suites)
        self.rules = read_assignment(self.setup, self.exercises)
        self.grades.title = self.grades.title or self.rules.title

    def plan(self, gradebook: Gradebook, number: int) -> None:
        """Write down what has arrived and what was decided; find out what there is to do."""
        if self.arrived is not None:
            gradebook.arrive(self.arrived, number)
        note_overrides(gradebook, self.setup, self.exercises)
        self.look(gradebook)

    def look(self, gradebook: Gradebook) -> None:
        """Find out what there is to do, and say it; write nothing."""
        self.everybody = entrants(gradebook, self.rules, self.arrived)
        limits = (repr(self.setup.patience), repr(self.setup.isolation), self.grades.isolation)
        self.plans = make_plans(
            [(one.key, attempt) for one in self.everybody for _, attempt in one.attempts],
            self.exercises,
            Grounds(self.exercises, *limits),
            gradebook,
            anew=self.anew,
            seed=self.seed,
        )
        option = "--all" if self.arrived is None else "--regrade"
        for line in summary(self.plans, option):
            err.print(line, highlight=False, markup=False)

    def grade(self, gradebook: Gradebook, number: int, reserve: Reserve) -> Cut | None:
        """Grade what needs it, and settle; what cut that short, if anything.

        Each result is written down at once. What was written down until then is kept.
        """
        by_name = {plan.submission.name: plan for plan in self.plans}
        ids = {a.name: handed.id for one in self.everybody for handed, a in one.attempts}
        results = {name: plan.result(None) for name, plan in by_name.items() if not plan.todo}
        tasks = tasks_of(self.plans, self.setup, self.grades.seed)
        cut = None

        def keep(fresh: Result) -> None:
            name = fresh.submission
            results[name] = by_name[name].result(fresh)
            plan = by_name[name]
            gradebook.add(fresh, plan.submission, ids[name], number, plan.bases)

        try:
            workers = min(self.crew.workers, len(tasks) or 1)
            with ClassProgress(len(tasks), workers) as progress:
                fresh_ones = grade_all(
                    tasks, workers, lambda n: Watched(self.crew.start(n), progress.at_work)
                )
                for fresh in fresh_ones:
                    try:
                        keep(fresh)
                    except GradebookError:  # a full disk
                        reserve.give_back()
                        keep(fresh)
                        raise
                    progress.done(fresh)
        except Stopped as stopped:
            cut = Cut("Interrupted", stopped.exit_code)
        except (GradebookError, OSError) as error:
            cut = Cut(f"Ended early ({error})", NOT_GRADED)
        self.grades.results, notes = settle_all(self.everybody, results, gradebook, self.rules)
        self.grades.notes += notes
        return cut

    def finish(self, cut: Cut | None, also: Callable[[Grades], None] | None = None) -> None:
        """Write the reports, and exit as the run went."""
        kept = cut is not None and _has_more(self.out / json.OUT, self.grades)
        show(self.grades, self.out, self.reports, self.options, files=not kept)
        if also is not None:
            also(self.grades)
        wanted, graded = len(self.everybody), self.grades.results
        if cut is not None:
            err.print(
                f"[yellow]{escape(cut.why)}:[/] {len(graded)} of {wanted} graded "
                "and kept; the same command grades the rest."
            )
            if kept:
                err.print(
                    f"The reports in {self.out} are still the previous run's: it had more results."
                )
            sys.exit(cut.exit_code)
        if len(graded) < wanted or not all(result.graded for result in graded):
            sys.exit(NOT_GRADED)


@dataclass(frozen=True)
class Cut:
    """Why grading ended before everything was graded."""

    why: str
    exit_code: int


def room(out: Path, submissions: int) -> Reserve:
    """Room on the disk for what a run writes; `submissions`: how many it may be about."""
    try:
        return Reserve(out, submissions)
    except OSError as error:
        raise Unusable(
            f"There is no room for results in {out}: the disk is full, or can't be written to "
            f"({error.strerror or error})."
        ) from None


@contextmanager
def any_gradebook(out: Path) -> Iterator[Gradebook]:
    """The gradebook of a folder, or a new one; a damaged one is kept under another name."""
    path = out / GRADEBOOK
    try:
        kept = set_aside(path)
    except OSError as error:
        raise Unusable(
            f"{path} is damaged, and can't be moved away: {error.strerror or error}."
        ) from None
    if kept is not None:
        err.print(
            f"[yellow]The gradebook was damaged.[/] It is kept as {kept.name}; what was graded "
            "before is graded anew, into a new one. Decisions made by `grader note` are in the "
            "damaged one only.",
            highlight=False,
        )
    with _opened(path) as gradebook:
        yield gradebook


def _has_more(results: Path, grades: Grades) -> bool:
    """Whether these results are of submissions that aren't among `grades`."""
    try:
        before = json.read(results).results
    except ReportError:  # none, or not ours
        return False
    return not {r.submission for r in before} <= {r.submission for r in grades.results}


@contextmanager
def open_gradebook(out: Path) -> Iterator[Gradebook]:
    """The gradebook of a folder, which has to be there and whole."""
    path = out / GRADEBOOK
    if not path.is_file():
        raise Unusable(f"{path}: there is no gradebook. Grade first, or give --out.")
    if not is_sound(path):
        raise Unusable(
            f"{path} is damaged. Put a copy of it back, or grade the submissions again with "
            "`grader grade`, which keeps the damaged file under another name."
        )
    with _opened(path) as gradebook:
        yield gradebook


@contextmanager
def _opened(path: Path) -> Iterator[Gradebook]:
    try:
        with Gradebook(path) as gradebook:
            yield gradebook
    except GradebookError as error:
        raise Unusable(str(error)) from None


def read_assignment(setup: Setup, exercises: Sequence[Exercise]) -> Rules:
    """The rules of `assignment.toml`, beside `solutions/`."""
    try:
        return read_rules(beside(setup.suites), [e.name for e in exercises])
    except RulesError as error:
        raise Unusable(str(error)) from None


def note_overrides(gradebook: Gradebook, setup: Setup, exercises: Sequence[Exercise]) -> None:
    """Take over what `overrides.csv`, beside `solutions/`, says now."""
    names = [e.name for e in exercises]
    try:
        given = read_overrides(setup.suites.parent / FILE, names)
    except DecisionError as error:
        raise Unusable(str(error)) from None
    if new := news(gradebook.decisions(), given, FILE):
        gradebook.decide(new)


def run(job: ClassRun, command: str, gradebook: Gradebook, reserve: Reserve) -> Cut | None:
    """Plan, grade and settle; what cut that short, if anything. `job.finish` reports it."""
    try:
        number = gradebook.begin(command, job.grades)
        job.plan(gradebook, number)
        return job.grade(gradebook, number, reserve)
    except AssignmentError as error:
        raise Unusable(str(error)) from None


def report_options(settings: Iterable[str], reports: Iterable[str]) -> dict[str, dict[str, str]]:
    """What `--set` says, by report; asked about before hours of grading, not after."""
    formats = find_formats()
    for order in reports:
        name = order.partition("=")[0]
        if name not in formats:
            raise Unusable(f"There is no report {name!r}. There are: {', '.join(formats)}.")
    options: dict[str, dict[str, str]] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        name, dot, option = key.partition(".")
        if not equals or not dot or name not in formats or option not in formats[name].options:
            raise Unusable(
                f"--set {setting}: no report has this option. `grader grade --help` lists them, as "
                "NAME.OPTION=VALUE."
            )
        options.setdefault(name, {})[option] = value
    try:
        for name, given in options.items():
            try_options(name, given)
    except ReportError as error:
        raise Unusable(str(error)) from None
    return options


def show(
    grades: Grades,
    out: Path,
    reports: tuple[str, ...],
    options: dict[str, dict[str, str]],
    *,
    files: bool,
) -> None:
    """Write the reports, where there are to be `files`, and print the table."""
    # Files first: a reader who closes the pipe early must not cost them.
    lines: list[str] = []
    try:
        for order in dict.fromkeys(("json", "feedback", *reports)) if files else ():
            name = order.partition("=")[0]
            written = write_report(grades, order, options.get(name), out)
            one_file = len(written) == 1 or Path(find_formats()[name].out).suffix
            where = out if not written else written[0] if one_file else written[0].parent
            lines.append(f"{name:>13}: {where}")
    except ReportError as error:
        raise Unusable(str(error)) from None
    finally:
        table.show(grades)
        print("", *lines, sep="\n")
