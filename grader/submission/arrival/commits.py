"""The time of a clone's last commit, read from its `.git` without running git.

A repository that somebody else has made can have git run programs of theirs, so git is never run on
one. And it can hold objects that unpack to gigabytes, so no more is read than a commit needs.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from datetime import datetime

from grader.submission.arrival.times import from_seconds
from grader.submission.arrival.tree import File, Folder, TreeNode, UnreadableError

INDEX_LIMIT = 64 << 20
PACKED_LIMIT = COMMIT_LIMIT = 1 << 16
REFS_LIMIT = 4 << 20
_COMMIT = 1  # the type of an object in a pack
_NAME = re.compile(rb"[0-9a-f]{40}")
_WHEN = re.compile(rb"^committer [^\n]*> (\d{1,12}) [+-]\d{4}$", re.M)


def last_commit(nodes: Iterable[TreeNode]) -> datetime | None:
    """The time of the commit that is checked out; None if it isn't known, or this is no clone."""
    for node in nodes:
        if isinstance(node, Folder):
            try:
                git = _child(node, ".git")
                name = _head(git) if isinstance(git, Folder) else None
                if isinstance(git, Folder) and name:
                    told = _WHEN.search(_loose(git, name) or _packed(git, name))
                    return from_seconds(float(told[1])) if told else None
            except (UnreadableError, OSError, ValueError, struct.error, zlib.error):
                continue
    return None


def _child(folder: Folder, *path: str) -> TreeNode | None:
    """What lies below a folder; None if nothing does."""
    found: TreeNode | None = folder
    for part in path:
        inside = found.list() if isinstance(found, Folder) else []
        found = next((node for node in inside if node.name == part), None)
    return found


def _head(git: Folder) -> str | None:
    """The name of the commit that is checked out."""
    head = _text(_child(git, "HEAD"))
    if head.startswith(b"ref: "):
        ref = head[5:].decode("utf-8", "replace").strip()
        head = _text(_child(git, *ref.split("/")))
        if not head:
            rows = (row.split(b" ") for row in _text(_child(git, "packed-refs")).splitlines())
            names = {row[1].decode("utf-8", "replace"): row[0] for row in rows if len(row) == 2}
            head = names.get(ref, b"")
    name = head.strip()
    return name.decode() if _NAME.fullmatch(name) else None


def _text(node: TreeNode | None) -> bytes:
    return node.read(REFS_LIMIT) if isinstance(node, File) else b""


def _loose(git: Folder, name: str) -> bytes:
    """The commit as a file of its own; nothing if it isn't one."""
    node = _child(git, "objects", name[:2], name[2:])
    if not isinstance(node, File):
        return b""
    kind, _, body = _inflated(node.read(PACKED_LIMIT)).partition(b"\0")
    return body if kind.startswith(b"commit ") else b""


def _packed(git: Folder, name: str) -> bytes:
    """The commit in a pack; nothing if it isn't there, or is kept as a difference to another."""
    folder = _child(git, "objects", "pack")
    nodes = {n.name: n for n in (folder.list() if isinstance(folder, Folder) else [])}
    for index in nodes.values():
        pack = nodes.get(index.name.removesuffix(".idx") + ".pack")
        if index.name.endswith(".idx") and isinstance(index, File) and isinstance(pack, File):
            offset = _offset(index.read(INDEX_LIMIT), bytes.fromhex(name))
            if offset is not None:
                with pack.open() as stream:
                    stream.seek(offset)
                    return _object(stream.read(PACKED_LIMIT))
    return b""


def _offset(index: bytes, name: bytes) -> int | None:
    """Where an object begins in the pack that this index (of version 2) is of."""
    if index[:8] != b"\xfftOc\0\0\0\2":
        return None
    fan = struct.unpack_from(">256I", index, 8)
    count, first = fan[-1], fan[name[0] - 1] if name[0] else 0
    names = 8 + 1024
    if names + 24 * count > len(index):  # it lies
        return None
    for place in range(first, min(fan[name[0]], count)):
        if index[names + 20 * place : names + 20 * (place + 1)] == name:
            (offset,) = struct.unpack_from(">I", index, names + 24 * count + 4 * place)
            return None if offset >> 31 else int(offset)  # beyond 2 GiB: no student's work
    return None


def _object(data: bytes) -> bytes:
    """A commit that begins where `data` does."""
    if not data or data[0] >> 4 & 7 != _COMMIT:
        return b""
    start = next(place for place, byte in enumerate(data) if byte < 128) + 1
    return _inflated(data[start:])


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, COMMIT_LIMIT)
