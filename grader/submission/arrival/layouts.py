"""The layouts in which submissions arrive: which file or folder belongs to whom."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from grader.result import Student
from grader.submission.arrival.archives import archive_stem
from grader.submission.arrival.gradescope import METADATA, handed_in_at, submitters
from grader.submission.arrival.names import file_name, folded, split_attempt
from grader.submission.arrival.text import NotTextError, decode
from grader.submission.arrival.times import moment
from grader.submission.arrival.tree import File, Folder, Odd, TreeNode, UnreadableError
from grader.submission.model import Assigned

METADATA_LIMIT = 512 << 20
TOOLS = {"__pycache__", "__MACOSX", "node_modules"}
_CANVAS = re.compile(r"(?P<who>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
_MOODLE = re.compile(
    r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL
)
_CLASS_NAME = re.compile("everyone|everybody|class|all|submissions|students|export|download", re.I)


@dataclass
class HandedIn:
    """One student's files and folders, not yet looked into.

    `earlier`: the files of the same student's attempts before that, the oldest first.
    """

    name: str
    nodes: list[TreeNode] = field(default_factory=list)
    student: Student | None = None
    late: bool = False
    notes: list[str] = field(default_factory=list)
    certain: bool = True  # False: it may be a script of the instructor's instead
    submitted: datetime | None = None
    time_source: str = ""
    earlier: list[list[TreeNode]] = field(default_factory=list)


ReadLayout = Callable[[Folder, list[TreeNode], Sequence[Assigned]], "list[HandedIn] | None"]


def handed_in(top: Folder, exercises: Sequence[Assigned]) -> list[HandedIn]:
    """The submissions in `top`: `top` itself, or one for each student."""
    nodes = [n for n in top.list() if not _is_left_behind(n)]
    folders = [n for n in nodes if isinstance(n, Folder)]
    for layout in LAYOUTS:
        found = layout(top, nodes, exercises)
        if found is not None:
            return found
    # Perhaps a download that was unpacked into a folder of its own.
    if len(folders) == len(nodes) == 1:
        inner = [n for n in folders[0].list() if not _is_left_behind(n)]
        for layout in DOWNLOADS:
            found = layout(folders[0], inner, exercises)
            if found is not None:
                return found
    return _one_a_student(nodes, exercises)


def unwrapped(archive: Folder) -> Folder:
    """The only folder of an archive: people pack a folder as often as they pack its contents."""
    nodes = [n for n in archive.list() if not (_is_left_behind(n) or isinstance(n, Odd))]
    only = nodes[0] if len(nodes) == 1 else None
    return Folder(archive.name, only.list) if isinstance(only, Folder) else archive


def _is_left_behind(node: TreeNode) -> bool:
    return node.name.startswith((".", "~$")) or node.name in TOOLS


def _gradescope(top: Folder, nodes: list[TreeNode], _: Sequence[Assigned]) -> list[HandedIn] | None:
    metadata = next((n for n in nodes if n.name == METADATA and isinstance(n, File)), None)
    if metadata is None:
        return None
    try:
        text = decode(metadata.read(METADATA_LIMIT))[0]
    except (UnreadableError, NotTextError):
        text = ""
    students, times = submitters(text), handed_in_at(text)
    found = []
    for node in nodes:
        if not isinstance(node, Folder):
            continue
        group = students.get(node.name, [])
        if not group:
            found.append(HandedIn(node.name, [node]))
        for student in group:
            together = [f"Handed in together by {len(group)} students."] if len(group) > 1 else []
            name = student.name or student.email or student.id or node.name
            found.append(HandedIn(name, [node], student, notes=together))
        for one in found[-(len(group) or 1) :]:
            one.submitted = times.get(node.name)
            one.time_source = "Gradescope" if one.submitted else ""
    return found


def _nbgrader(top: Folder, nodes: list[TreeNode], _: Sequence[Assigned]) -> list[HandedIn] | None:
    submitted = next((n for n in nodes if n.name == "submitted" and isinstance(n, Folder)), None)
    if submitted is None:
        return None
    students = [n for n in submitted.list() if not _is_left_behind(n) and not isinstance(n, File)]
    return [_stamped(HandedIn(node.name, [node])) for node in students]


def _stamped(one: HandedIn) -> HandedIn:
    """With the time in nbgrader's `timestamp.txt`, if there is one."""
    nodes = one.nodes
    for _ in range(3):  # in the student's folder, or in the assignment's below
        for node in nodes:
            if isinstance(node, File) and node.name == "timestamp.txt":
                with contextlib.suppress(UnreadableError, NotTextError):
                    one.submitted = moment(decode(node.read(1000))[0])
                one.time_source = "nbgrader" if one.submitted else ""
                return one
        inside: list[TreeNode] = []
        for node in nodes:
            if isinstance(node, Folder):
                with contextlib.suppress(UnreadableError):
                    inside += node.list()
        nodes = inside
    return one


def _moodle(top: Folder, nodes: list[TreeNode], _: Sequence[Assigned]) -> list[HandedIn] | None:
    found: dict[tuple[str, str], HandedIn] = {}
    for node in nodes:
        if told := _MOODLE.fullmatch(node.name):
            student = Student(told["who"], id=told["id"])
            one = found.setdefault(
                (told["who"], told["id"]), HandedIn(told["who"], student=student)
            )
            one.nodes.append(replace(node, name=told["file"] or node.name))
    return list(found.values()) or None


def _canvas(top: Folder, nodes: list[TreeNode], _: Sequence[Assigned]) -> list[HandedIn] | None:
    found: dict[tuple[str, str], HandedIn] = {}
    files = [n for n in nodes if not isinstance(n, Folder)]
    for node in files:
        if told := _CANVAS.fullmatch(node.name):
            student = Student(told["who"], id=told["id"])
            one = found.setdefault(
                (told["who"], told["id"]), HandedIn(told["who"], student=student)
            )
            one.nodes.append(replace(node, name=told["file"]))
            one.late = one.late or bool(told["late"])
    taken = sum(len(one.nodes) for one in found.values())
    for one in found.values():
        one.earlier = _attempts(one.nodes)
    return list(found.values()) if taken * 2 > len(files) else None


def _attempts(nodes: list[TreeNode]) -> list[list[TreeNode]]:
    """The files of all attempts but the latest: Canvas numbers a file that is handed in again."""
    number = {node.name: _attempt(node.name) for node in nodes}
    before = sorted(set(number.values()))[:-1]
    return [[node for node in nodes if number[node.name] <= last] for last in before]


def _attempt(name: str) -> int:
    told = file_name(name)
    return told.attempt if told else split_attempt(archive_stem(name))[1]


def _itself(
    top: Folder, nodes: list[TreeNode], exercises: Sequence[Assigned]
) -> list[HandedIn] | None:
    """If `top` is one submission: it holds exercise files, at the top or in the kit's layout."""
    inside = {n.name: n for n in nodes if isinstance(n, Folder)}
    for place in (top, inside.get("exercises")):
        if place is not None and _holds(place, exercises):
            return [HandedIn(top.name, [top])]
    return None


def _holds(place: Folder, exercises: Sequence[Assigned]) -> bool:
    names = {e.name for e in exercises}
    try:
        nodes = place.list()
        within = [k for n in nodes if isinstance(n, Folder) and n.name in names for k in n.list()]
    except UnreadableError:
        return False
    told = [file_name(n.name) for n in (*nodes, *within) if not isinstance(n, Folder)]
    modules = [e.module for e in exercises]
    return any(f.module(modules) for f in told if f)


def _clones(
    top: Folder, nodes: list[TreeNode], exercises: Sequence[Assigned]
) -> list[HandedIn] | None:
    """Repositories side by side, `<classroom>-<assignment>-<username>`."""
    folders = [n for n in nodes if isinstance(n, Folder)]
    prefix = _shared(top.name, [n.name for n in folders])
    if not prefix:
        return None
    found = _one_a_student([n for n in nodes if n not in folders], exercises)
    for node in folders:
        login = node.name.removeprefix(prefix)
        student = Student(login, login=login) if login != node.name else None
        found.append(HandedIn(login, [node], student))
    return sorted(found, key=lambda one: one.name)


def _shared(folder: str, names: list[str]) -> str:
    """What all names begin with, up to a hyphen: the rest of each is a username."""
    by_tool = re.sub(r"-?submissions$", "-", folder)
    if by_tool != folder and any(n.startswith(by_tool) for n in names):
        return by_tool
    common = os.path.commonprefix([min(names), max(names)]) if len(names) > 1 else ""  # noqa: RUF071
    # One hyphen is not enough: `student-1` and `student-2` are names.
    return common[: common.rfind("-") + 1] if common.count("-") > 1 else ""


def _one_a_student(nodes: Iterable[TreeNode], exercises: Sequence[Assigned]) -> list[HandedIn]:
    """A folder, an archive or some files for each student.

    Names are one student's in any case of letters, but where folders differ in that.
    """
    nodes = list(nodes)
    folders = Counter(folded(node.name) for node in nodes if isinstance(node, Folder))
    found: dict[str, HandedIn] = {}
    for node in nodes:
        owner = _owner(node, exercises) if isinstance(node, File) else node.name
        if isinstance(node, Odd) and "." in node.name:
            continue  # it stands for a file; without an ending it may be a student's folder
        if owner:
            key = folded(owner) if folders[folded(owner)] < 2 else owner
            one = found.setdefault(key, HandedIn(owner, certain=False))
            one.nodes.append(node)
            told = file_name(node.name) if isinstance(node, File) else None
            scrap = told is not None and not told.is_notebook and told.stem == owner
            one.certain = one.certain or not scrap
    return [_stamped(one) for one in found.values()]


def _owner(node: File, exercises: Sequence[Assigned]) -> str:
    if stem := archive_stem(node.name):
        return split_attempt(stem)[0]
    told = file_name(node.name)
    if told is None or told.is_test:
        return ""
    owner = told.owner([e.module for e in exercises])
    return owner or told.stem


LAYOUTS: tuple[ReadLayout, ...] = (_gradescope, _nbgrader, _moodle, _itself, _canvas, _clones)
DOWNLOADS: tuple[ReadLayout, ...] = (_gradescope, _nbgrader, _moodle, _canvas, _clones)


def class_in(archive: Folder, exercises: Sequence[Assigned]) -> list[HandedIn]:
    """What an archive beside others holds if that is a whole class, and nothing if it is one's.

    A student may pack two versions of an answer: from three on, or if the archive's name says so,
    folders and archives in it are a student's each.
    """
    nodes = [n for n in archive.list() if not _is_left_behind(n)]
    if _itself(archive, nodes, exercises):
        return []
    for layout in (_gradescope, _nbgrader, _moodle, _canvas):
        found = layout(archive, nodes, exercises)
        if found is not None and len(found) > 1:
            return found
    found = _one_a_student(nodes, exercises)
    whole = [one for one in found if any(_is_whole(node, exercises) for node in one.nodes)]
    enough = 2 if _CLASS_NAME.search(archive.name) else 3
    return found if len(whole) >= enough else []


def _is_whole(node: TreeNode, exercises: Sequence[Assigned]) -> bool:
    """Whether it is all that one student hands in."""
    if isinstance(node, File):
        return bool(archive_stem(node.name))
    return isinstance(node, Folder) and bool(_itself(node, node.list(), exercises))
