"""The loader: the kit's own data, the full MNIST in every form it takes, and every damage."""

from __future__ import annotations

import ast
import gzip
import hashlib
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.assignment import data
from grader.assignment.data import (
    DataError,
    MissingDataError,
    load_line,
    load_mnist,
    load_thermometer,
    parse_idx,
)
from grader.assignment.exercises import DATA

ROOT = Path(data.__file__).parents[2]


# The kit's own files.


def test_the_subset_has_the_documented_shapes_types_and_range() -> None:
    mnist = load_mnist()
    assert mnist.x_train.shape == (6000, 784)
    assert mnist.y_train.shape == (6000,)
    assert mnist.x_valid.shape == (1000, 784)
    assert mnist.y_valid.shape == (1000,)
    for x in (mnist.x_train, mnist.x_valid):
        assert x.dtype == torch.float32
        assert x.min() == 0
        assert x.max() == 1
    for y, each in ((mnist.y_train, 600), (mnist.y_valid, 100)):
        assert y.dtype == torch.int64
        assert y.bincount().tolist() == [each] * 10


def test_the_subset_is_the_one_that_was_checked_image_by_image() -> None:
    parts = ((t * 255).round().byte() if t.is_floating_point() else t.byte() for t in load_mnist())
    content = b"".join(part.numpy().tobytes() for part in parts)
    expected = "609b6dabf809e99d0cb689bf7197713f3602ad87632cf6e9b663f3d9ed2fa0c2"
    assert hashlib.sha256(content).hexdigest() == expected


def test_each_load_gives_fresh_tensors() -> None:
    load_mnist().x_train.zero_()
    load_line()[0].zero_()
    assert load_mnist().x_train.any()
    assert load_line()[0].any()


def test_the_thermometer_gives_unscaled_readings_in_the_lesson_s_order() -> None:
    t_u, t_c = load_thermometer()
    assert t_u.dtype == t_c.dtype == torch.float32
    assert t_u.shape == t_c.shape == (11,)
    torch.testing.assert_close(t_u[:3], torch.tensor([35.7, 55.9, 58.2]))
    torch.testing.assert_close(t_c[:3], torch.tensor([0.5, 14.0, 15.0]))


def test_the_line_is_a_line() -> None:
    x, y = load_line()
    assert x.dtype == y.dtype == torch.float32
    assert x.tolist() == [[float(i)] for i in range(11)]
    assert torch.equal(y, 2 * x + 1)


def test_the_readme_states_every_checksum() -> None:
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme and sha in readme for name, sha in DATA.items())


def test_only_numpy_torch_and_the_standard_library_are_imported() -> None:
    tree = ast.parse(Path(data.__file__).read_text(encoding="utf-8"))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    own = {"numpy", "numpy.typing", "torch", "__future__", "collections.abc", "pathlib", "typing"}
    own |= {"grader.assignment.exercises"}  # it lists the files
    assert imported - own <= {"csv", "functools", "gzip", "hashlib", "io", "math", "os"}


# Where they are looked for, and what happens to damaged ones.


def test_the_named_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHGRADE_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match="TORCHGRADE_DATA"):
        load_line()
    shutil.copy(ROOT / "data" / "line.csv", tmp_path)
    assert load_line()[0].shape == (11, 1)


def test_an_installed_grader_finds_data_at_or_above_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORCHGRADE_DATA", raising=False)
    installed = tmp_path / "site-packages" / "grader" / "assignment" / "data.py"
    monkeypatch.setattr(data, "__file__", str(installed))
    shutil.copytree(ROOT / "data", tmp_path / "kit" / "data", ignore=lambda *_: ["mnist.npz"])
    deep = tmp_path / "kit" / "exercises" / "01_losses"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert load_line()[0].shape == (11, 1)
    with pytest.raises(MissingDataError, match=r"mnist\.npz is not in .*TORCHGRADE_DATA"):
        load_mnist()


@pytest.mark.parametrize("load", [load_mnist, load_thermometer, load_line])
def test_a_damaged_file_is_named_with_what_to_do(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(load)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    for name in DATA:
        path = tmp_path / "data" / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    monkeypatch.setenv("TORCHGRADE_DATA", str(tmp_path / "data"))
    with pytest.raises(DataError, match=r"damaged.*SHA-256.*git checkout"):
        load()


def test_line_ends_that_git_rewrote_are_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (ROOT / "data" / "line.csv").read_bytes().replace(b"\r\n", b"\n")
    (tmp_path / "line.csv").write_bytes(content.replace(b"\n", b"\r\n"))
    monkeypatch.setenv("TORCHGRADE_DATA", str(tmp_path))
    assert load_line()[1].shape == (11, 1)


# IDX files.


def idx(array: np.ndarray) -> bytes:
    """The content of the IDX file that holds `array`."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes()


uint8 = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6))


@given(uint8)
def test_idx_files_are_read_as_they_were_written(array: np.ndarray) -> None:
    parsed = parse_idx(idx(array), array.ndim)
    assert parsed.dtype == np.uint8
    assert np.array_equal(parsed, array)


@given(uint8, st.data())
def test_idx_files_cut_off_or_too_long_are_refused(array: np.ndarray, draw: st.DataObject) -> None:
    content = idx(array)
    cut = draw.draw(st.integers(0, len(content) - 1))
    for damaged in (content[:cut], content + b"\0"):
        with pytest.raises(DataError):
            parse_idx(damaged, array.ndim)


@given(uint8, st.integers(0, 255))
def test_idx_files_of_another_rank_are_refused(array: np.ndarray, dims: int) -> None:
    if dims != array.ndim:
        with pytest.raises(DataError, match="starts with"):
            parse_idx(idx(array), dims)


@given(st.binary(max_size=64), st.integers(0, 4))
def test_arbitrary_bytes_are_an_array_or_a_data_error(content: bytes, dims: int) -> None:
    try:
        parsed = parse_idx(bytes((0, 0, 8, dims)) + content, dims)
    except DataError:
        return
    assert parsed.ndim == dims
    assert parsed.nbytes == len(content) - 4 * dims


def test_a_shape_of_astronomic_size_costs_nothing() -> None:
    with pytest.raises(DataError, match="damaged"):
        parse_idx(bytes((0, 0, 8, 3)) + b"\xff" * 12, 3)


# The full MNIST, made up: image i is all i % 256, its label i % 10.

N = 60_000
LABELS = (np.arange(N) % 10).astype(np.uint8)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.tile((np.arange(N) % 256).astype(np.uint8)[:, None, None], (1, 28, 28))


def expect_lessons_split(mnist: data.Mnist) -> None:
    assert mnist.x_train.shape == (50_000, 784)
    assert mnist.x_valid.shape == (10_000, 784)
    assert mnist.x_train.dtype == torch.float32
    assert mnist.y_train.dtype == torch.int64
    pixels = torch.cat((mnist.x_train[:, 5], mnist.x_valid[:, 5]))
    torch.testing.assert_close(pixels, (torch.arange(N) % 256) / 255)
    labels = torch.cat((mnist.y_train, mnist.y_valid))
    assert torch.equal(labels, torch.arange(N) % 10)


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("below", ["", "MNIST/raw"])
def test_the_full_set_is_read_from_idx_files(
    separator: str, packed: bool, below: str, images: np.ndarray, tmp_path: Path
) -> None:
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    for stem, array in (("train-images", images), ("train-labels", LABELS)):
        name, content = f"{stem}{separator}idx{array.ndim}-ubyte", idx(array)
        if packed:
            name, content = f"{name}.gz", gzip.compress(content, 1, mtime=0)
        (folder / name).write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    expect_lessons_split(load_mnist(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uint8", "flat", "scaled floats"])
def test_the_full_set_is_read_from_keras_npz(kind: str, images: np.ndarray, tmp_path: Path) -> None:
    if kind == "flat":
        images = images.reshape(N, 784).astype(np.int16)
    elif kind == "scaled floats":
        images = (images / np.float32(255)).astype(np.float32)
    file = tmp_path / "mnist.npz"
    np.savez(file, x_train=images, y_train=LABELS, x_test=images[:10], y_test=LABELS[:10])
    expect_lessons_split(load_mnist(str(file)))


def test_the_kit_s_own_form_is_taken_as_it_is_split() -> None:
    mine, same = load_mnist(), load_mnist(ROOT / "data" / "mnist.npz")
    assert all(torch.equal(a, b) for a, b in zip(mine, same, strict=True))


# What is not MNIST.


@pytest.mark.parametrize("name", ["mnist.pkl", "mnist.pkl.gz", "MNIST.PKL", "mnist.pickle"])
@pytest.mark.parametrize("exists", [False, True])
def test_a_pickle_is_refused_unread(name: str, exists: bool, tmp_path: Path) -> None:
    if exists:
        (tmp_path / name).write_bytes(b"not even opened")
    with pytest.raises(DataError, match=r"pickle.*can run any code.*IDX.*\.npz"):
        load_mnist(tmp_path / name)


class Bomb:
    """Fails the test where it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("the pickle was read",)


def test_a_pickle_in_disguise_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match="npz"):
        load_mnist(tmp_path / "mnist.npz")
    bombs = np.array([Bomb()], dtype=object)
    np.savez(tmp_path / "objects.npz", x_train=bombs, y_train=bombs, x_test=bombs, y_test=bombs)
    with pytest.raises(DataError, match="npz"):
        load_mnist(tmp_path / "objects.npz")


def test_missing_files_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no such file"):
        load_mnist(tmp_path / "nowhere")
    with pytest.raises(MissingDataError, match=r"train-images-idx3-ubyte.*IDX"):
        load_mnist(tmp_path)


IMAGES = np.zeros((20, 28, 28), np.uint8)
RIGHT = {"x_train": IMAGES, "y_train": LABELS[:20], "x_valid": IMAGES, "y_valid": LABELS[:20]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x_train": IMAGES[:, :27]}, "shape"),
        ({"x_train": IMAGES[:19]}, "shape"),
        ({"x_valid": IMAGES.reshape(20, 784)[:, 1:]}, "shape"),
        ({"y_train": LABELS[:20, None]}, "shape"),
        ({"y_train": np.uint8(3)}, "shape"),
        ({"x_train": IMAGES[:0], "y_train": LABELS[:0]}, "no images"),
        ({"x_train": IMAGES.astype(np.int64) - 1}, "outside 0 to 255"),
        ({"x_train": IMAGES.astype(np.int64) + 256}, "outside 0 to 255"),
        ({"x_train": IMAGES.astype(np.float32) + 255}, "outside 0 to 1"),
        ({"x_train": IMAGES * np.nan}, "outside 0 to 1"),
        ({"x_train": IMAGES.astype(str)}, "numbers"),
        ({"y_train": LABELS[:20] * 1.0}, "whole numbers"),
        ({"y_valid": LABELS[:20] + 1}, "labels outside 0 to 9"),
        ({"y_valid": LABELS[:20].astype(np.int8) - 1}, "labels outside 0 to 9"),
    ],
)
def test_wrong_shapes_types_and_values_are_refused(
    change: dict[str, np.ndarray], says: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "mnist.npz", **(RIGHT | change))
    with pytest.raises(DataError, match=says):
        load_mnist(tmp_path / "mnist.npz")


def test_a_full_set_that_is_not_full_is_refused(tmp_path: Path) -> None:
    few = {"x_train": IMAGES, "y_train": LABELS[:20]}
    np.savez(tmp_path / "mnist.npz", **few, x_test=IMAGES, y_test=LABELS[:20])
    with pytest.raises(DataError, match="20 training images; the full MNIST has 60000"):
        load_mnist(tmp_path / "mnist.npz")
    np.savez(tmp_path / "half.npz", **few)
    with pytest.raises(DataError, match="holds x_train, y_train"):
        load_mnist(tmp_path / "half.npz")


def test_what_is_no_npz_file_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", IMAGES)
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").touch()
    whole = (ROOT / "data" / "mnist.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "torn.npz").write_bytes(whole[:5000] + bytes(5000) + whole[10_000:])
    for file in sorted(tmp_path.iterdir()):
        with pytest.raises(DataError, match="npz"):
            load_mnist(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte", b""),
        ("train-images-idx3-ubyte", idx(LABELS[:20])),
        ("train-images-idx3-ubyte", idx(IMAGES)[:-1]),
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(IMAGES), mtime=0)[:-9]),
        ("train-images-idx3-ubyte.gz", b"not gzip at all"),
        ("train-images-idx3-ubyte", idx(IMAGES[:, 1:])),
        ("train-labels-idx1-ubyte", idx(LABELS[:19])),
        ("train-labels-idx1-ubyte", idx(LABELS[:20] + 1)),
        ("train-images-idx3-ubyte", idx(IMAGES)),  # right, but for there being 20
    ],
)
def test_damaged_idx_files_are_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    for other, array in (
        ("train-images-idx3-ubyte", IMAGES),
        ("train-labels-idx1-ubyte", LABELS[:20]),
    ):
        if not name.startswith(other):
            (tmp_path / other).write_bytes(idx(array))
    with pytest.raises(DataError):
        load_mnist(tmp_path)
