"""The date of a clone's last commit, as git writes it, and from repositories that lie."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from grader.submission.arrival.commits import last_commit
from grader.submission.arrival.tree import on_disk

AT = 1_795_000_000


def git(folder: Path, *arguments: str) -> None:
    home = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    who = {f"GIT_{role}_{part}": "x@y" for role in ("AUTHOR", "COMMITTER") for part in
           ("NAME", "EMAIL")}  # fmt: skip
    when = {"GIT_COMMITTER_DATE": f"{AT} +0900", "GIT_AUTHOR_DATE": "1600000000 +0000"}
    subprocess.run(["git", *arguments], cwd=folder, env=home | who | when, check=True,
                   capture_output=True)  # fmt: skip


def when(folder: Path) -> float | None:
    found = last_commit([on_disk(folder)])
    return found.timestamp() if found else None


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_loose_packed_and_detached(tmp_path):
    repository = tmp_path / "kim"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    assert when(repository) is None  # no commit yet
    for number in range(3):
        (repository / "losses.py").write_text(f"x = {number}\n")
        git(repository, "add", "losses.py")
        git(repository, "commit", "-q", "-m", f"{number}")
    assert when(repository) == AT
    git(repository, "gc", "-q")
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git/refs/heads/main").exists()
    assert when(repository) == AT
    git(repository, "checkout", "-q", "--detach")
    assert when(repository) == AT


NAME = "a" * 40


def fake(tmp_path: Path, **files: bytes) -> Path:
    for name, content in {"HEAD": NAME.encode(), **files}.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def loose(body: bytes) -> dict[str, bytes]:
    return {f"objects/aa/{NAME[2:]}": zlib.compress(b"commit 9\0" + body)}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"HEAD": b"ref: ../../../etc/passwd"},
        {"HEAD": b"ref: refs/heads/main\n"},
        loose(b"committer x <y> soon +0000"),
        {f"objects/aa/{NAME[2:]}": b"not compressed"},
        {f"objects/aa/{NAME[2:]}": zlib.compress(b"blob 9\0committer x <y> 1 +0000")},
        loose(bytes(64 << 20)),  # a bomb: only its beginning is unpacked
        {"objects/pack/p.idx": b"\xfftOc\0\0\0\2", "objects/pack/p.pack": b"PACK"},
        {
            "objects/pack/p.idx": b"\xfftOc\0\0\0\2"
            + struct.pack(">256I", *[0] * 170, *[2**32 - 1] * 86),
            "objects/pack/p.pack": b"PACK",
        },
    ],
    ids=range(9),
)
def test_what_makes_no_sense_says_nothing(tmp_path, files):
    assert when(fake(tmp_path, **files)) is None


def test_a_folder_without_a_repository_says_nothing(tmp_path):
    assert when(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    assert when(tmp_path) is None
