"""Source files in many encodings."""

from __future__ import annotations

import pytest

KOREAN = "# 로그 소프트맥스를 직접 구현\nNAME = '손실'\ndef nll(input, target):\n    return 0\n"
FRENCH = "# écart-type très élevé, Änderung\nNAME = 'é'\ndef nll(input, target):\n    return 0\n"


def graded(find, lay_out, content: bytes):
    return find(lay_out({"kim/losses.py": content}))["kim"]


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (KOREAN, "utf-8", ""),
        (KOREAN, "utf-8-sig", ""),
        (KOREAN, "utf-16", "UTF-16"),
        (KOREAN, "cp949", "CP949"),
        (KOREAN, "euc_kr", "CP949"),
        (FRENCH, "latin-1", "Latin-1"),
        (FRENCH, "utf-16-le", "UTF-16"),
        (FRENCH, "utf-16-be", "UTF-16"),
        ("# -*- coding: cp1252 -*-\n" + FRENCH, "cp1252", "CP1252"),
        ("#!/usr/bin/python\n# vim: set fileencoding=euc_kr :\n" + KOREAN, "euc_kr", "EUC_KR"),
        ("# coding: utf-8\n" + KOREAN, "cp949", "CP949"),
        ("# coding: cp949\n" + KOREAN, "utf-8", ""),
        ("# coding: nonsense\n" + KOREAN, "utf-8", ""),
        ("# coding: unicode_escape\n" + FRENCH, "latin-1", "Latin-1"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_it_becomes_utf_8(find, lay_out, text, encoding, said, newline):
    submission = graded(find, lay_out, text.replace("\n", newline).encode(encoding))
    content = submission.files["losses.py"]
    there: dict[str, object] = {}
    exec(compile(content, "losses.py", "exec"), there)  # as Python reads it, coding line and all
    assert there["NAME"] in ("손실", "é")
    assert b"\r" not in content
    assert content.decode().count("\n") == text.count("\n")
    assert [n.partition("read as ")[2].partition(",")[0] for n in submission.notes] == (
        [said] if said else []
    )


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\0\0" * 50, b"a = 1\0\nb = 2\n", b"\0", b"\xff\xfe\0\0\0"]
)
def test_no_text(find, lay_out, content):
    submission = graded(find, lay_out, content)
    assert not submission.files
    assert submission.notes[0] == "losses.py: skipped, because it isn't text."


def test_nuls_left_by_a_crash_at_the_end(find, lay_out):
    assert graded(find, lay_out, b"a = 1\n" * 9 + b"\0" * 9).files == {"losses.py": b"a = 1\n" * 9}


def test_too_large(find, lay_out):
    submission = graded(find, lay_out, b"#" * ((1 << 20) + 1))
    assert submission.notes[0] == "losses.py: skipped, because it is larger than 1 MiB."
