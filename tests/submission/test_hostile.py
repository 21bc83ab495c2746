"""Names, links, pipes and sizes that are meant to do harm: they are noted and skipped."""

from __future__ import annotations

import os
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest

from grader.submission import find_submissions

posix = pytest.mark.skipif(sys.platform == "win32", reason="such files can't be made there")


def harmless(text: str) -> bool:
    return not any(unicodedata.category(c)[0] == "C" for c in text)


@posix
@pytest.mark.parametrize(
    "name",
    [
        "\x1b[31mred", "\u202egpj.seiku", "line\nbreak", "tab\there", "a" * 250, "con", "-rf",
        "$(id)", "<script>", "=1+1", "\ufb01ne", "e\u0301cole", b"\xff\xfe\xe9", "'; drop",
        "%s%n", "losses.py",
    ],
)  # fmt: skip
def test_names_of_folders(tmp_path: Path, find, answer, name) -> None:
    folder = tmp_path / os.fsdecode(os.fsencode(name))
    folder.mkdir()
    (folder / "losses.py").write_bytes(answer("losses"))
    ((shown, submission),) = find(tmp_path).items()
    assert harmless(shown)
    assert 0 < len(shown) <= 100
    assert list(submission.files) == ["losses.py"]
    shown.encode()


@posix
def test_names_of_files(lay_out, find, answer):
    odd = [
        "con.py", "aux.py", "class.py", "a b.py", "x\x1b[0m.py", "\u202eyp.py", "new\nline.py",
        "1st.py", "good.py", "Good.py", "a" * 200 + ".py", "__init__.py", "ünï.py",
    ]  # fmt: skip
    kim = find(lay_out({f"kim/{n}": f"{n!a}" for n in odd} | {"kim/losses.py": answer("losses")}))[
        "kim"
    ]
    assert set(kim.files) == {"losses.py", "Good.py", "ünï.py"}
    assert len(kim.notes) == 10
    assert all(map(harmless, kim.notes))


@posix
def test_nothing_but_regular_files_is_opened(lay_out, find, answer, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_bytes(answer("losses"))
    top = lay_out({"kim/fit.py": answer("fit"), "lee/losses.py/losses.txt": "", "lee/fit.py": ""})
    (top / "kim" / "losses.py").symlink_to(secret)
    os.mkfifo(top / "kim" / "scratch.py")  # to open it would block for ever
    (top / "kim" / "more").symlink_to(tmp_path)
    (top / "kim" / "round").symlink_to(top)
    (top / "park").symlink_to(top / "kim")
    found = find(top)
    assert list(found["kim"].files) == ["fit.py"]
    assert found["kim"].notes == [
        "losses.py: skipped, because it is a link.",
        "more: skipped, because it is a link.",
        "round: skipped, because it is a link.",
        "scratch.py: skipped, because it isn't a regular file.",
    ]
    assert not found["park"].files
    assert "it is a link" in found["park"].notes[0]


@posix
def test_what_may_not_be_read(find, answer):
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "class")
        for name in ("kim/losses.py", "kim/fit.py", "lee/losses.py"):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(answer("losses"))
        find(top)
        Path(folder).chmod(0o755)
        (top / "kim" / "fit.py").chmod(0)
        (top / "lee").chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may read anything
        try:
            found = find(top)
        finally:
            os.seteuid(user)
            (top / "lee").chmod(0o700)
    assert list(found["kim"].files) == ["losses.py"]
    assert not found["lee"].files
    assert all("Permission denied" in s.notes[0] for s in found.values())


@posix
def test_deep_nests_end(tmp_path, find, answer):
    folder = tmp_path / "class" / "kim"
    folder.mkdir(parents=True)
    (folder / "losses.py").write_bytes(answer("losses"))
    for _ in range(60):
        folder /= "d"
        folder.mkdir()
    (folder / "fit.py").write_bytes(answer("fit"))
    kim = find(tmp_path / "class")["kim"]
    assert list(kim.files) == ["losses.py"]
    assert "nested too deeply" in kim.notes[0]


@pytest.mark.slow
def test_a_huge_folder(tmp_path, find, answer):
    folder = tmp_path / "class" / "kim"
    folder.mkdir(parents=True)
    (folder / "losses.py").write_bytes(answer("losses"))
    for number in range(20_100):
        (folder / f"m{number}.py").touch()
    kim = find(tmp_path / "class")["kim"]
    assert kim.files["losses.py"] == answer("losses")
    assert len(kim.files) <= 200
    assert len(kim.notes) < 110


@posix
def test_a_sparse_giant(lay_out, find):
    top = lay_out({"kim/losses.py": ""})
    os.truncate(top / "kim" / "losses.py", 1 << 40)
    assert find(top)["kim"].notes[0] == "losses.py: skipped, because it is larger than 1 MiB."


def test_the_same_input_gives_the_same(lay_out, exercises, answer):
    names = [f"{n}/{p}losses.py" for n in ("b", "a", "C", "ä") for p in ("", "x/", "y/")]
    top = lay_out({name: answer("losses") for name in names})
    first = find_submissions(top, exercises)
    assert first == find_submissions(top, exercises)
    assert [s.name for s in first] == sorted(s.name for s in first)


def test_bad_students_cost_others_nothing(lay_out, find, answer):
    alone = find(lay_out({"kim/losses.py": answer("losses")}))["kim"]
    among = find(lay_out({"lee/losses.py": b"\0", "lee/losses.ipynb": "{", "lee/a.zip": "PK"}))
    assert among["kim"] == alone
