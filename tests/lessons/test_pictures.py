"""The lessons' pictures are those that `exercises/pictures.py` draws, and each is shown."""

from __future__ import annotations

import base64
import re
import runpy
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from lessons.lesson import ROOT

EXERCISES = ROOT / "exercises"
DRAWN = runpy.run_path(str(EXERCISES / "pictures.py"))["PICTURES"]
IMAGE = re.compile(r"data:image/png;base64,([\w+/=]+)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
each = pytest.mark.parametrize("name", DRAWN)


def pixels(code: str) -> np.ndarray:
    """What a PNG holds, without its headers: zlib's versions pack alike numbers differently."""
    content = base64.b64decode(code)
    start = content.index(b"IDAT")
    size = int.from_bytes(content[start - 4 : start], "big")
    rows = np.frombuffer(zlib.decompress(content[start + 4 : start + 4 + size]), np.uint8)
    return rows.reshape(28, -1)[:, 1:].reshape(28, 28, 4).astype(int)


def signed(rgba: np.ndarray) -> np.ndarray:
    return rgba[..., 3] * np.where(rgba[..., 2] > rgba[..., 0], 1, -1)


@each
def test_a_picture_is_the_one_that_is_drawn(name: str) -> None:
    """To within half a pixel: torch's versions round differently."""
    kept = (EXERCISES / name).read_text("utf-8")
    with torch.random.fork_rng(devices=[]):
        drawn = DRAWN[name]()
    for ours, theirs in zip(IMAGE.findall(kept), IMAGE.findall(drawn), strict=True):
        assert abs(signed(pixels(ours)) - signed(pixels(theirs))).max() <= 8
    kept, drawn = IMAGE.sub("", kept), IMAGE.sub("", drawn)
    assert NUMBER.sub("", kept) == NUMBER.sub("", drawn)
    ours, theirs = ([float(n) for n in NUMBER.findall(text)] for text in (kept, drawn))
    assert np.abs(np.subtract(ours, theirs)).max() <= 0.5


@each
def test_a_picture_is_small_and_fits_light_and_dark(name: str) -> None:
    text = (EXERCISES / name).read_text("utf-8")
    assert len(text) < 24_000
    top = ElementTree.fromstring(text)
    title = top.find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text
    assert "prefers-color-scheme: dark" in text
    assert "script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_each_picture_is_shown_with_words_for_those_who_dont_see_it() -> None:
    shown = {
        f"{lesson.parent.name}/{file}"
        for lesson in EXERCISES.glob("*/README.md")
        for said, file in re.findall(r"!\[([^\]]{30,})\]\((\w+\.svg)\)", lesson.read_text("utf-8"))
    }
    on_disk = {path.relative_to(EXERCISES).as_posix() for path in EXERCISES.glob("*/*.svg")}
    assert shown == on_disk == set(DRAWN)


def test_the_style_names_every_class_that_is_used() -> None:
    for name in DRAWN:
        text = (EXERCISES / name).read_text("utf-8")
        style = text.partition("</style>")[0]
        used = {c for classes in re.findall(r'class="([^"]*)"', text) for c in classes.split()}
        assert {c for c in used if f".{c} " not in style} == set(), name
