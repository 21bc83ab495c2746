"""Whatever arrives (a folder, clone, file, archive, or an LMS's download) becomes submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.result import Student
from grader.submission.arrival.archives import CLASS, archive_stem, opened
from grader.submission.arrival.collect import Collector
from grader.submission.arrival.commits import last_commit
from grader.submission.arrival.layouts import HandedIn, class_in, handed_in, unwrapped
from grader.submission.arrival.names import distinct, file_name, shown
from grader.submission.arrival.roster import Roster, RosterError
from grader.submission.arrival.times import FILES, from_seconds
from grader.submission.arrival.tree import File, Folder, TreeNode, UnreadableError, on_disk
from grader.submission.model import Assigned, LineMap, NoSubmissions, Submission, Version

__all__ = [
    "Assigned", "LineMap", "NoSubmissions", "Roster", "RosterError", "Submission",
    "Version", "find_submissions",
]  # fmt: skip
MAX_NOTES = 1_000


def find_submissions(
    path: Path,
    exercises: Sequence[Assigned],
    roster: Roster | None = None,
    *,
    single: bool = False,
) -> list[Submission]:
    """The submissions at `path`: one, or many in a layout that schools and their systems use.

    Nothing is run and nothing is written. A submission's notes say what couldn't be read; one with
    nothing usable has no files. With `single`, `path` is one student's, whatever it looks like.
    Raises `NoSubmissions`, which says what to do, if there is none.
    """
    try:
        top = on_disk(path)
        found = [HandedIn(_own_name(top), [top])] if single else _split(top, exercises)
    except UnreadableError as error:
        raise NoSubmissions(f"{path}: {error}.") from None
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file or folder" if missing else error.strerror
        raise NoSubmissions(f"{path}: {reason}.") from None
    submissions: list[Submission] = []
    taken: set[str] = set()
    pool: dict[bytes, bytes] = {}
    for one in sorted(found, key=lambda one: (one.name, one.nodes[0].name if one.nodes else "")):
        submission = _submission(one, exercises, roster, taken, pool)
        if submission.files or one.certain:
            submissions.append(submission)
    if not submissions:
        names = ", ".join(f"{e.module}.py" for e in exercises)
        raise NoSubmissions(
            f"{path}: there is no submission in it. A submission is a folder or an archive with "
            f"some of {names} or their notebooks, or one such file."
        )
    return submissions


def _own_name(top: TreeNode) -> str:
    told = file_name(top.name) if isinstance(top, File) else None
    return archive_stem(top.name) or (told.stem if told else top.name)


def _split(top: TreeNode, exercises: Sequence[Assigned]) -> list[HandedIn]:
    if isinstance(top, Folder):
        return [each for one in handed_in(top, exercises) for each in _unpacked(one, exercises)]
    if not isinstance(top, File):
        raise UnreadableError(top.reason)
    if archive_stem(top.name):
        return _from_archive(top, exercises)
    told = file_name(top.name)
    if told is None:
        names = ", ".join(f"{e.module}.py" for e in exercises)
        raise UnreadableError(f"not a submission; expected {names}, a notebook or an archive")
    return [HandedIn(told.owner([e.module for e in exercises]) or told.stem, [top])]


def _from_archive(top: File, exercises: Sequence[Assigned]) -> list[HandedIn]:
    """What an archive holds: a whole class, or one student."""
    own = archive_stem(top.name)
    try:
        inside = unwrapped(opened(top, CLASS))
        found = handed_in(inside, exercises)
    except UnreadableError:
        found = []
    if len(found) > 1 or any(one.student for one in found):
        return found
    return [HandedIn(own, [top])]


def _unpacked(one: HandedIn, exercises: Sequence[Assigned]) -> list[HandedIn]:
    """One student; or the class in an archive that lies beside others' archives."""
    node = one.nodes[0] if len(one.nodes) == 1 else None
    if one.student or not isinstance(node, File) or not archive_stem(node.name):
        return [one]
    try:
        return class_in(unwrapped(opened(node, CLASS)), exercises) or [one]
    except UnreadableError:
        return [one]


def _submission(
    one: HandedIn,
    exercises: Sequence[Assigned],
    roster: Roster | None,
    taken: set[str],
    pool: dict[bytes, bytes],
) -> Submission:
    earlier = tuple(
        _submission(replace(one, nodes=nodes, earlier=[]), exercises, roster, set(), pool)
        for nodes in one.earlier
    )
    collected = Collector(one.nodes, exercises).collect()
    student = roster.match(one.student, one.name) if roster else None
    submitted, source = one.submitted, one.time_source
    if submitted is None and roster and (submitted := roster.when(one.student, one.name)):
        source = "Moodle's worksheet"
    if submitted is None and (submitted := last_commit(one.nodes)):
        source = "the last commit"
    if submitted is None and (submitted := from_seconds(collected.modified)):
        source = FILES
    name = distinct(shown(one.name) or "unnamed", taken)
    taken.add(name)
    notes = [*one.notes, *(["Handed in late."] if one.late else []), *collected.notes]
    del notes[MAX_NOTES:]  # nobody's but an attacker's
    return Submission(
        name,
        _pooled(collected.files, pool),
        notes,
        student or _shown(one.student),
        one.late,
        collected.cells,
        {module: _pooled(files, pool) for module, files in collected.own.items()},
        submitted,
        source,
        tuple(before for before in earlier if before.files),
        collected.versions,
    )


def _pooled(files: dict[str, bytes], pool: dict[bytes, bytes]) -> dict[str, bytes]:
    """Equal bytes are kept once: most helpers and stubs are the same for a whole class."""
    return {file: pool.setdefault(content, content) for file, content in files.items()}


def _shown(student: Student | None) -> Student | None:
    if student is None:
        return None
    fields = (student.name, student.id, student.login, student.email, student.section)
    return Student(*map(shown, fields))
