"""Read archives in memory: nothing is written to a disk, and no more is read than allowed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from grader.submission.arrival.gradescope import METADATA
from grader.submission.arrival.names import file_name
from grader.submission.arrival.tree import (
    DEPTH,
    File,
    Folder,
    Odd,
    TreeNode,
    UnreadableError,
    in_memory,
)

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
FOREIGN = (".rar", ".7z")
FOREIGN_REASON = "only .zip and .tar.gz archives can be read"
RATIO = 200
RATIO_FROM = 1 << 20
LONGEST_NAME = 255


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold, in bytes.

    `packed` is for the archive itself, `directory` for a zip's table of contents, `total` for what
    a tar unpacks to and `single` for one file in it. `entries` is the number of files.
    """

    packed: int
    directory: int
    total: int
    single: int
    entries: int


STUDENT = ArchiveLimits(
    packed=128 << 20, directory=2 << 20, total=128 << 20, single=64 << 20, entries=20_000
)
CLASS = ArchiveLimits(
    packed=1 << 40, directory=64 << 20, total=2 << 30, single=256 << 20, entries=200_000
)


def archive_stem(name: str) -> str:
    """The name without its ending: `homework` for `homework.tar.gz`; '' if it isn't an archive."""
    fits = [e for e in (*ENDINGS, *FOREIGN) if name.casefold().endswith(e)]
    return name[: -len(max(fits, key=len))] if fits else ""


def opened(file: File, limits: ArchiveLimits) -> Folder:
    """An archive as a folder. Raises `UnreadableError`, with the reason for the student."""
    if file.name.casefold().endswith(FOREIGN):
        raise UnreadableError(FOREIGN_REASON)
    if file.size > limits.packed:
        raise UnreadableError(f"it is larger than {limits.packed >> 20} MiB")
    try:
        stream = file.open()
        start = stream.read(6)
        stream.seek(0)
        if start.startswith(b"PK"):
            found = list(_zip(_Cautious(stream, limits.directory), limits))
        else:
            with stream:
                found = list(_tar(_unpacked(stream, start, limits.total), limits))
    except UnreadableError:
        raise
    except Exception:  # a decoder may raise anything on bytes that were made to break it
        raise UnreadableError("it is damaged, or it isn't an archive") from None
    return _tree(file.name, found)


class _Cautious(io.BufferedIOBase):
    """A stream for `zipfile` that refuses to read more at once than an honest archive needs."""

    def __init__(self, stream: BinaryIO, largest: int) -> None:
        self._stream, self._largest = stream, largest

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._largest + 1 if size is None or size < 0 else size
        if size is not None and size > self._largest:
            raise UnreadableError("it holds too many files")
        return self._stream.read(wanted)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()


Unpacked = tuple[tuple[str, ...], TreeNode]


def _zip(stream: _Cautious, limits: ArchiveLimits) -> Iterator[Unpacked]:
    archive = zipfile.ZipFile(cast(BinaryIO, stream))
    members = archive.infolist()
    if len(members) > limits.entries:
        raise UnreadableError(f"it holds more than {limits.entries:,} files")
    for member in members:
        if not member.is_dir():
            name = _zip_name(member)
            path = _path(name)
            yield path, _refused(name) or _zip_node(archive, member, path[-1])


def _zip_node(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> TreeNode:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return Odd(name, "it is a link" if kind == stat.S_IFLNK else "it isn't a regular file")
    if member.flag_bits & 1:
        return Odd(name, "it is protected by a password")
    # Other methods can't be kept from unpacking too much.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Odd(name, "it is compressed in an unusual way")
    if member.file_size > max(RATIO_FROM, RATIO * member.compress_size):
        return Odd(name, f"it unpacks to more than {RATIO} times its size")

    def open_member() -> BinaryIO:
        return cast(BinaryIO, _Member(archive, member))

    return File(name, member.file_size, _zip_time(member), open_member)


class _Member(io.BytesIO):
    """One file of a zip, unpacked up to its declared size."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        try:
            with archive.open(member) as stream:
                super().__init__(stream.read(member.file_size))
        except Exception:  # a decoder may raise anything on bytes that were made to break it
            raise UnreadableError("it is damaged") from None


def _zip_name(member: zipfile.ZipInfo) -> str:
    """A member's name. Without the UTF-8 flag, zipfile reads CP437; Korean Windows writes CP949."""
    if member.flag_bits & 0x800:
        return member.filename
    for codec in ("utf-8", "cp949"):
        try:
            return member.orig_filename.encode("cp437").decode(codec)
        except UnicodeError:
            continue
    return member.filename


def _zip_time(member: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


class _Bounded(io.RawIOBase):
    """A decompressed stream that raises `UnreadableError` after too many bytes."""

    def __init__(self, stream: BinaryIO, total: int) -> None:
        self._stream, self._left = stream, total

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise UnreadableError("it unpacks to too much")
        return content


def _unpacked(stream: BinaryIO, start: bytes, total: int) -> _Bounded:
    if start.startswith(b"\x1f\x8b"):
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    elif start.startswith(b"BZh"):
        stream = cast(BinaryIO, bz2.BZ2File(stream))
    elif start.startswith(b"\xfd7zXZ\0"):
        stream = cast(BinaryIO, lzma.LZMAFile(stream))  # noqa: SIM115 - read from later on
    return _Bounded(stream, total)


def _tar(stream: _Bounded, limits: ArchiveLimits) -> Iterator[Unpacked]:
    with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as archive:
        for number, member in enumerate(archive):
            if number == limits.entries:
                raise UnreadableError(f"it holds more than {limits.entries:,} files")
            if not member.isdir():
                path = _path(member.name)
                yield path, _refused(member.name) or _tar_node(archive, member, path[-1], limits)


def _tar_node(
    archive: tarfile.TarFile, member: tarfile.TarInfo, name: str, limits: ArchiveLimits
) -> TreeNode:
    if member.issym() or member.islnk():
        return Odd(name, "it is a link")
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        return Odd(name, "it isn't a regular file")
    modified = float(member.mtime)
    if not (file_name(name) or archive_stem(name) or name == METADATA):
        return in_memory(name, b"", modified)  # never looked into
    if member.size > limits.single:
        return Odd(name, f"it is larger than {limits.single >> 20} MiB")
    content = archive.extractfile(member)
    assert content is not None
    return in_memory(name, content.read(), modified)


def _path(name: str) -> tuple[str, ...]:
    """The parts of a path, with slashes or backslashes."""
    parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".", "..")]
    return tuple(part[:LONGEST_NAME] for part in parts[-DEPTH:]) or ("?",)


def _refused(name: str) -> Odd | None:
    plain = name.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/"):
        return Odd(_path(name)[-1], "its path leads out of the archive")
    if any(len(part) > LONGEST_NAME for part in plain.split("/")):
        return Odd(_path(name)[-1], "its name is too long")
    return None


def _tree(name: str, found: list[Unpacked]) -> Folder:
    """Make folders of paths. If two files have one path, the later one counts as newer."""
    inside: dict[str, list[Unpacked]] = {}
    nodes: list[TreeNode] = []
    for path, node in found:
        if len(path) > 1:
            inside.setdefault(path[0], []).append((path[1:], node))
        else:
            nodes.append(node)
    nodes += [_tree(folder, below) for folder, below in inside.items()]
    nodes.sort(key=lambda node: node.name)
    return Folder(name, lambda: nodes)
