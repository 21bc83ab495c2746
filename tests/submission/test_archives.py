"""Archives: honest ones, and those that were made to do harm."""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zipfile
import zlib

import pytest


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(members: list[tarfile.TarInfo], content: bytes = b"", mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(lay_out, find, answer, mode):
    archive = tarred([tarfile.TarInfo("hw/losses.py")], answer("losses"), mode)
    ending = mode.replace("w:", "tar.").replace("w", "tar")
    top = lay_out({f"kim.{ending}": archive})
    assert find(top)["kim"].files == {"losses.py": answer("losses")}
    assert find(top / f"kim.{ending}")["kim"].files == {"losses.py": answer("losses")}


def test_zip_anywhere(lay_out, find, answer):
    inside = zipped({"hw/losses.py": answer("losses"), "__MACOSX/hw/._losses.py": b"\0"})
    top = lay_out(
        {"ada.zip": inside, "ben/my work.zip": inside, "chidi.zip": zipped({"inner.zip": inside})}
    )
    found = find(top)
    assert sorted(found) == ["ada", "ben", "chidi"]
    assert all(list(s.files) == ["losses.py"] for s in found.values())
    assert not any(s.notes for s in found.values())


def test_a_whole_class_in_one_zip(lay_out, find, answer):
    names = {f"{n}_{i}_{i}0_losses.py": answer("losses") for i, n in enumerate(["kim", "lee"], 1)}
    top = lay_out({"submissions.zip": zipped(names)})
    assert list(find(top / "submissions.zip")) == ["kim", "lee"]
    folders = {f"class/{n}/losses.py": answer("losses") for n in ("ada", "ben")}
    top = lay_out({"class.zip": zipped(folders)})
    assert list(find(top / "class.zip")) == ["ada", "ben"]


def test_the_newer_archive_wins(lay_out, find, answer):
    old, new = (
        zipped({"losses.py": b"def nll(i, t): return 0\n"}),
        zipped({"losses.py": answer("losses")}),
    )
    kim = find(lay_out({"kim_1_2_hw.zip": old, "kim_1_2_hw-1.zip": new}))["kim"]
    assert kim.files == {"losses.py": answer("losses")}


def test_of_two_entries_of_one_name_the_later_counts(lay_out, find, answer):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("losses.py", b"def nll(i, t): return 0\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("losses.py", answer("losses"))
    kim = find(lay_out({"kim.zip": stream.getvalue()}))["kim"]
    assert kim.files == {"losses.py": answer("losses")}
    assert len(kim.notes) == 1


def test_korean_file_names(lay_out, find, answer):
    info = zipfile.ZipInfo("XXXX/losses.py")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, answer("losses"))
    korean = stream.getvalue().replace(b"XXXX", "과제".encode("cp949"))
    kim = find(lay_out({"kim.zip": korean}))["kim"]
    assert list(kim.files) == ["losses.py"]


@pytest.mark.parametrize(
    "name", ["../losses.py", "/losses.py", "a/../../losses.py", "C:\\losses.py", "..\\losses.py"]
)
def test_paths_that_lead_out(lay_out, find, answer, name):
    kim = find(lay_out({"kim.zip": zipped({name: answer("losses")})}))["kim"]
    assert not kim.files
    assert "its path leads out of the archive" in kim.notes[0]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_links_and_devices_in_a_tar(lay_out, find, kind):
    member = tarfile.TarInfo("losses.py")
    member.type, member.linkname = kind, "/etc/passwd"
    kim = find(lay_out({"kim.tar.gz": tarred([member])}))["kim"]
    assert not kim.files
    assert re.match(
        r"losses\.py: skipped, because it is(n't a regular file| a link)\.", kim.notes[0]
    )


def test_links_in_a_zip(lay_out, find):
    info = zipfile.ZipInfo("losses.py")
    info.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    kim = find(lay_out({"kim.zip": stream.getvalue()}))["kim"]
    assert not kim.files
    assert "losses.py: skipped, because it is a link." in kim.notes[0]


def test_bombs(lay_out, find, answer):
    bomb = zipped({"losses.ipynb": b"0" * (60 << 20), "fit.py": answer("fit")})
    kim = find(lay_out({"kim.zip": bomb}))["kim"]
    assert list(kim.files) == ["fit.py"]
    assert "unpacks to more than 200 times its size" in kim.notes[0]
    lee = find(
        lay_out({"lee/hw.tar.gz": tarred([tarfile.TarInfo("data.bin")], b"0" * (200 << 20))})
    )
    assert any("unpacks to too much" in note for note in lee["lee"].notes)


def test_a_size_that_lies(lay_out, find):
    """The archive declares 10 bytes, but unpacks to 50 MB."""
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = raw.compress(b"0" * (50 << 20)) + raw.flush()
    archive = bytearray(zipped({"losses.py": b"0" * 10}, zipfile.ZIP_STORED))
    name = b"losses.py"
    local = (
        struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), 10, len(name), 0) + name
    )
    central = (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            20,
            20,
            0,
            8,
            0,
            0,
            0,
            len(packed),
            10,
            len(name),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + name
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    archive[:] = local + packed + central + end
    kim = find(lay_out({"kim.zip": bytes(archive)}))["kim"]
    assert not kim.files
    assert kim.notes


def test_too_many_entries(lay_out, find):
    many = zipped({f"{n}.py": b"" for n in range(20_001)}, zipfile.ZIP_STORED)
    kim = find(lay_out({"kim/hw.zip": many}))["kim"]
    assert "it holds more than 20,000 files" in kim.notes[0]


def test_nesting_ends(lay_out, find, answer):
    archive = zipped({"losses.py": answer("losses")})
    for level in range(3):
        archive = zipped({f"{level}.zip": archive}, zipfile.ZIP_STORED)
    kim = find(lay_out({"kim.zip": archive}))["kim"]
    assert not kim.files
    assert "one in another" in kim.notes[0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("hw.rar", b"Rar!", "only .zip and .tar.gz archives can be read"),
        ("hw.zip", b"no zip at all", "damaged"),
        ("hw.zip", b"", "damaged"),
        ("hw.zip", b"PK\3\4" + b"\xff" * 100, "damaged"),
        ("hw.tar.gz", b"\x1f\x8b\x08\0", "damaged"),
        ("hw.tar", b"\0" * 5, "damaged"),
    ],
)
def test_damaged_archives(lay_out, find, name, content, reason):
    kim = find(lay_out({f"kim/{name}": content}))["kim"]
    assert not kim.files
    assert reason in kim.notes[0]


def test_a_locked_zip(lay_out, find, answer):
    locked = bytearray(zipped({"losses.py": answer("losses")}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(mark) + offset] |= 1
    kim = find(lay_out({"kim/hw.zip": bytes(locked)}))["kim"]
    assert "password" in kim.notes[0]
    assert not kim.files
