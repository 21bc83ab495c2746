"""Files and folders as they arrive, on a disk or in an archive, read without trusting them."""

from __future__ import annotations

import io
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from grader.submission.arrival.names import shown

ENTRIES = 20_000
DEPTH = 20
CLASS_ENTRIES = 200_000
JUNK = {
    "__pycache__", "__MACOSX", "venv", "env", "node_modules", "site-packages", "data", "grader",
    "build", "dist", "tests",
}  # fmt: skip
JUNK_FILES = {"thumbs.db", "desktop.ini"}


class UnreadableError(Exception):
    """This file can't be used. The message tells the student why."""


@dataclass(frozen=True)
class File:
    """A regular file. `modified`: seconds since 1970, or 0 if unknown."""

    name: str
    size: int
    modified: float
    open: Callable[[], BinaryIO]

    def read(self, limit: int) -> bytes:
        """The content. Raises `UnreadableError` if it exceeds `limit` bytes or is changing."""
        if self.size > limit:
            raise UnreadableError(f"it is larger than {limit >> 20} MiB")
        content = self._read(limit)
        # It grew or shrank after it was listed: someone may be writing to it now.
        if len(content) != self.size and self._read(limit) != content:
            raise UnreadableError("it was changing while it was read")
        return content

    def _read(self, limit: int) -> bytes:
        try:
            with self.open() as stream:
                content = stream.read(limit + 1)
        except OSError as error:
            raise UnreadableError(f"it could not be read ({error.strerror})") from None
        if len(content) > limit:
            raise UnreadableError(f"it is larger than {limit >> 20} MiB")
        return content


@dataclass(frozen=True)
class Folder:
    """A folder. `list` returns what is in it, by name; it may raise `UnreadableError`."""

    name: str
    list: Callable[[], list[TreeNode]]


@dataclass(frozen=True)
class Odd:
    """Something that is never opened: a link, a device, a pipe, or an unreachable file."""

    name: str
    reason: str


TreeNode = File | Folder | Odd


def in_memory(name: str, content: bytes, modified: float) -> File:
    """A file with this content."""
    return File(name, len(content), modified, lambda: io.BytesIO(content))


def on_disk(path: Path) -> TreeNode:
    """What lies at `path`. A link is followed here, where the instructor named it, never below."""
    return _node(path.name or path.resolve().name, str(path), os.stat(path))  # noqa: PTH116 - as below


def _node(name: str, path: str, status: os.stat_result) -> TreeNode:
    if stat.S_ISDIR(status.st_mode):
        return Folder(name, lambda: _listing(path))
    if stat.S_ISREG(status.st_mode):
        return File(name, status.st_size, status.st_mtime, lambda: _open(path))
    return Odd(name, "it is a link" if stat.S_ISLNK(status.st_mode) else "it isn't a regular file")


def _listing(path: str) -> list[TreeNode]:
    nodes: list[TreeNode] = []
    try:
        with os.scandir(path) as entries:
            for entry in itertools.islice(entries, CLASS_ENTRIES):
                nodes.append(_entry(entry))
    except OSError as error:
        raise UnreadableError(f"it could not be read ({error.strerror})") from None
    return sorted(nodes, key=lambda node: node.name)


def _entry(entry: os.DirEntry[str]) -> TreeNode:
    if getattr(entry, "is_junction", bool)():  # a kind of link on Windows, known from Python 3.12
        return Odd(entry.name, "it is a link")
    try:
        return _node(entry.name, entry.path, entry.stat(follow_symlinks=False))
    except OSError as error:
        return Odd(entry.name, f"it could not be read ({error.strerror})")


def _open(path: str) -> BinaryIO:
    """Open a regular file. A link or pipe that has replaced it is refused, and doesn't block."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError("it isn't a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def is_junk(node: TreeNode, beside: set[str]) -> bool:
    """Whether it is something that systems and tools leave behind.

    `beside`: the names in the same folder.
    """
    if isinstance(node, Folder):
        # Beside `exercises`, this is the kit's folder. Otherwise it is the student's.
        kits = node.name == "solutions" and "exercises" in beside
        return node.name.startswith(".") or node.name in JUNK or kits
    return node.name.startswith((".", "~$")) or node.name.casefold() in JUNK_FILES


def walk(top: TreeNode, notes: list[str]) -> Iterator[tuple[tuple[str, ...], File]]:
    """The files at and below `top` with their paths, nearest first. What is skipped is noted."""
    if isinstance(top, File):
        yield (top.name,), top
        return
    todo: list[tuple[tuple[str, ...], TreeNode]] = [((), top)]
    seen = 0
    for path, node in todo:
        if isinstance(node, File):
            yield path, node
            continue
        where = shown("/".join(path) or node.name)
        if isinstance(node, Odd):
            notes.append(f"{where}: skipped, because {node.reason}.")
            continue
        try:
            inside = node.list()
        except UnreadableError as error:
            notes.append(f"{where}: skipped, because {error}.")
            continue
        names = {n.name for n in inside}
        if "pyvenv.cfg" in names and path:
            continue
        if len(path) == DEPTH:
            notes.append(f"{where}: skipped, because it is nested too deeply.")
            continue
        kept = [n for n in inside if not is_junk(n, names)]
        if seen + len(kept) > ENTRIES:
            kept = kept[: ENTRIES - seen]
            notes.append(f"Only the first {ENTRIES:,} files and folders were looked at.")
        seen += len(kept)
        todo += [((*path, n.name), n) for n in kept]
