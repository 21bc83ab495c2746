"""Bundles with the hidden suites, for platforms that grade: Gradescope, Classroom 50, any CI."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from grader.assignment.exercises import DATA
from grader.assignment.rules import FILE as RULES
from grader.assignment.rules import beside, without_students
from grader.release.student import FILES, JUNK, template

# With a fixed time, the same files always give the same archive.
TIME = (2026, 1, 1, 0, 0, 0)


def gradescope(root: Path, solutions: Path, out: Path) -> Path:
    """Write the autograder's archive for Gradescope to `out`."""
    files = _all(root, solutions)
    for name in ("setup.sh", "run_autograder"):
        files[name] = template(f"gradescope-{name}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if name in ("setup.sh", "run_autograder") else 0o644
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, content)
    return out


def classroom50(root: Path, solutions: Path, out: Path) -> Path:
    """Write `autograder.py` and what it needs to `out`, for `CLASSROOM/autograders/ASSIGNMENT/`.

    Anybody can read it: of `assignment.toml`, the students that it names are left out.
    """
    files = _all(root, solutions)
    if RULES in files:
        files[RULES] = without_students(files[RULES]).encode()
    files["autograder.py"] = template("classroom50-autograder.py")
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out


def suites(solutions: Path, out: Path) -> Path:
    """Pack the suites and `assignment.toml` into a .tar.xz for `grader ci --solutions -`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(out, "w:xz", preset=9) as archive:
        for name, content in sorted((_tree(solutions, "solutions") | _rules(solutions)).items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out


def unpack_suites(data: bytes, folder: Path) -> None:
    """Unpack into `folder` what `suites` has packed.

    Raises `tarfile.TarError`, before anything is written, if the archive holds a link, a device, or
    a path that leads out of the folder. It does without tarfile's filters, which only came with
    Python 3.10.12 and 3.11.4.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files = dict(_members(archive))
    except (EOFError, lzma.LZMAError, zlib.error) as error:
        raise tarfile.ReadError(str(error)) from None
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _members(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or set(member.name) & set("\\:"):
            raise tarfile.ReadError(f"{member.name} leads out of it")
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is not None:
            yield path, stream.read()
        elif not member.isdir():
            raise tarfile.ReadError(f"{member.name} is neither a file nor a folder")


def _all(root: Path, solutions: Path) -> dict[str, bytes]:
    files = {name: (root / name).read_bytes() for name in ("pyproject.toml", *FILES)}
    files["README.md"] = template("student-readme.md")
    files |= {f"data/{name}": (root / "data" / name).read_bytes() for name in ("README.md", *DATA)}
    files |= _tree(root / "grader", "grader")
    return files | _tree(solutions, "solutions") | _rules(solutions)


def _rules(solutions: Path) -> dict[str, bytes]:
    path = beside(solutions)
    return {RULES: path.read_bytes()} if path.is_file() else {}


def _tree(folder: Path, name: str) -> dict[str, bytes]:
    """The files below a folder, by their paths in the bundle, which begin with `name`."""
    found = {file.relative_to(folder): file for file in sorted(folder.rglob("*"))}
    return {
        f"{name}/{path.as_posix()}": file.read_bytes()
        for path, file in found.items()
        if file.is_file() and not any(fnmatch(part, junk) for part in path.parts for junk in JUNK)
    }
