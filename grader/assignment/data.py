"""The kit's data: handwritten digits (MNIST), thermometer readings, and the points of a line.

Everything is read from the folder `data/`, compared with its checksum, and returned as new tensors.
Nothing is downloaded, and nothing is written. `data/README.md` names the sources and the licences.
"""

from __future__ import annotations

import csv
import functools
import gzip
import hashlib
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from grader.assignment.exercises import DATA

__all__ = [
    "DataError",
    "MissingDataError",
    "Mnist",
    "load_line",
    "load_mnist",
    "load_thermometer",
    "parse_idx",
]

FULL, TRAIN = 60_000, 50_000  # MNIST's training set, and how much of it the lessons train on
SIDE = 28
PIXELS = SIDE * SIDE

AnyArray = npt.NDArray[Any]


class DataError(ValueError):
    """A data file is damaged, or it isn't what it should be."""


class MissingDataError(FileNotFoundError):
    """A data file is not where it should be."""


class Mnist(NamedTuple):
    """Handwritten digits: N to train on and M to validate on."""

    x_train: torch.Tensor
    """(N, 784) float32 in [0, 1]: 28 × 28 pixels, row by row; 0 is the background."""
    y_train: torch.Tensor
    """(N,) int64: the digits, 0 to 9."""
    x_valid: torch.Tensor
    """(M, 784) float32 in [0, 1]."""
    y_valid: torch.Tensor
    """(M,) int64."""


def load_mnist(path: str | os.PathLike[str] | None = None) -> Mnist:
    """Load handwritten digits.

    Without a path, this is the kit's own subset: 6,000 digits to train on and 1,000 to validate on,
    with as many of each digit. With a path, it is the full MNIST, split as in the lessons: the
    first 50,000 images of the training set to train on, and its last 10,000 to validate on. (The
    lessons' validation set isn't MNIST's test set, which stays unseen.) The path may be

    - a folder with MNIST's IDX files, plain or `.gz` (`train-images-idx3-ubyte`, ...), or
      torchvision's folder above them (`MNIST/raw`);
    - an `.npz` file with Keras' keys (x_train, y_train, x_test, y_test);
    - an `.npz` file with this kit's keys (x_train, y_train, x_valid, y_valid), already split.

    A pickle (`mnist.pkl.gz`) is refused, because reading one can run any code in it.

    Source: MNIST by Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0; see `data/README.md`.

    Returns:
        x_train (N, 784) and x_valid (M, 784), float32 in [0, 1];
        y_train (N,) and y_valid (M,), int64 in 0..9.

    Raises:
        MissingDataError: there is no such file (a FileNotFoundError).
        DataError: a file is damaged or isn't MNIST (a ValueError).
    """
    if path is None:
        # Unpacking takes a tenth of a second, too long for a judge to do it in every session.
        return Mnist(*(tensor.clone() for tensor in _digits_in(_shipped("mnist.npz"))))
    path = Path(path).expanduser()
    if {".pkl", ".pickle"} & {suffix.lower() for suffix in path.suffixes}:
        raise DataError(
            f"{path} is a pickle. Reading a pickle can run any code in it, so it isn't read here. "
            "Give a folder with MNIST's IDX files or an .npz file instead."
        )
    if path.is_dir():
        return _from_idx(path)
    if not path.exists():
        raise MissingDataError(f"{path}: no such file or folder.")
    return _from_npz(path, str(path))


@functools.lru_cache(maxsize=1)
def _digits_in(content: bytes) -> Mnist:
    return _from_npz(io.BytesIO(content), "mnist.npz")


def load_thermometer() -> tuple[torch.Tensor, torch.Tensor]:
    """Load eleven readings of an old thermometer in unknown units, and the true temperatures.

    Source: the lesson "PyTorch-2"; see `data/README.md`.

    Returns:
        t_u (11,) float32: the old thermometer's readings in its unknown units, not scaled;
        t_c (11,) float32: the temperatures at the same moments, in °C.
    """
    t_c, t_u = _columns("temperature.csv", ("t_c", "t_u"))
    return t_u, t_c


def load_line() -> tuple[torch.Tensor, torch.Tensor]:
    """Load the eleven points x = 0, 1, ..., 10 of the line y = 2x + 1.

    Source: the lesson "Layer, AutoGrad & Optimizer"; see `data/README.md`.

    Returns:
        x (11, 1) float32 and y (11, 1) float32.
    """
    x, y = _columns("line.csv", ("x", "y"))
    return x.unsqueeze(1), y.unsqueeze(1)


def parse_idx(content: bytes, dims: int, name: str = "the IDX file") -> npt.NDArray[np.uint8]:
    """Read the array in an IDX file of unsigned bytes.

    The format, from MNIST's own page: two zero bytes, the type (8 for unsigned bytes), the number
    of dimensions, the size of each as a big-endian 32-bit integer, and then the values.

    Args:
        content: the whole file, unpacked.
        dims: the number of dimensions that the array must have.
        name: what error messages call the file.

    Returns:
        A uint8 array of the shape that the file declares.

    Raises:
        DataError: the file is something else, or damaged.
    """
    magic = bytes((0, 0, 8, dims))
    if content[:4] != magic:
        raise DataError(
            f"{name} is not the IDX file it should be: it starts with {_hex(content[:4])}, "
            f"but unsigned bytes in {dims} dimension(s) start with {_hex(magic)}."
        )
    start = 4 + 4 * dims
    if len(content) < start:
        raise DataError(f"{name} is cut off within its first {start} bytes. Get it again.")
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    expected = math.prod(shape)
    if len(content) - start != expected:
        raise DataError(
            f"{name} is damaged: its shape {shape} takes {expected} bytes, "
            f"but {len(content) - start} follow. Get it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


# The files of the kit.


def _shipped(name: str) -> bytes:
    """The content of one of the kit's own files, checked against its checksum."""
    path = _find(name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}.") from error
    if path.suffix == ".csv":
        content = content.replace(b"\r\n", b"\n")  # git on Windows may have rewritten the lines
    if hashlib.sha256(content).hexdigest() != DATA[name]:
        raise DataError(
            f"{path} is damaged: its SHA-256 is not the one in data/README.md. "
            f"Restore it, for example with `git checkout -- data/{name}`, or copy it again."
        )
    return content


def _find(name: str) -> Path:
    folders = list(_folders())
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise MissingDataError(
        f"{name} is not in {folders[0]}"
        + (", nor in a folder data/ at or above the current directory" if folders[1:] else "")
        + ". Restore the kit's folder data/ there, or set the environment variable "
        "TORCHGRADE_DATA to the folder that holds it."
    )


def _folders() -> Iterator[Path]:
    """The folders in which the kit's data may be, the most likely one first."""
    named = os.environ.get("TORCHGRADE_DATA")
    if named:
        yield Path(named).expanduser()
        return
    yield Path(__file__).resolve().parents[2] / "data"
    here = Path.cwd()
    for folder in (here, *here.parents):
        yield folder / "data"


def _columns(name: str, header: tuple[str, ...]) -> list[torch.Tensor]:
    """The columns of one of the kit's tables, (rows,) float32 each."""
    first, *rows = csv.reader(io.StringIO(_shipped(name).decode()))
    assert tuple(first) == header  # the checksum vouches for the content
    return [torch.tensor([float(value) for value in column]) for column in zip(*rows, strict=True)]


# MNIST, in the forms in which it is found.


def _from_npz(file: Path | io.BytesIO, name: str) -> Mnist:
    """Digits from an `.npz` file with the keys of Keras or of this kit."""
    try:
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise DataError(f"{name} holds a single array. An .npz file of several is needed.")
        with loaded:
            keys = set(loaded.files)
            if {"x_train", "y_train", "x_valid", "y_valid"} <= keys:
                train = _digits(loaded["x_train"], loaded["y_train"], name)
                return Mnist(*train, *_digits(loaded["x_valid"], loaded["y_valid"], name))
            if {"x_train", "y_train", "x_test", "y_test"} <= keys:
                return _split(*_digits(loaded["x_train"], loaded["y_train"], name), name)
    except DataError:
        raise
    except Exception as error:  # a damaged zip or array may raise almost anything
        raise DataError(f"{name} can't be read as an .npz file: {error}.") from error
    raise DataError(
        f"{name} holds {', '.join(sorted(keys)) or 'nothing'}. Needed are x_train, y_train, and "
        "either x_test, y_test (as in Keras) or x_valid, y_valid (as in this kit)."
    )


def _from_idx(folder: Path) -> Mnist:
    """Digits from the IDX files of MNIST's training set."""
    images = parse_idx(*_idx_content(folder, "train-images", 3))
    labels = parse_idx(*_idx_content(folder, "train-labels", 1))
    return _split(*_digits(images, labels, str(folder)), str(folder))


def _idx_content(folder: Path, stem: str, dims: int) -> tuple[bytes, int, str]:
    """The arguments of `parse_idx` for one IDX file: content, dimensions and name."""
    for place in (folder, folder / "raw", folder / "MNIST" / "raw"):
        for name in (f"{stem}-idx{dims}-ubyte", f"{stem}.idx{dims}-ubyte"):
            for path in (place / name, place / f"{name}.gz"):
                if path.is_file():
                    return _unpacked(path), dims, str(path)
    raise MissingDataError(
        f"{folder} holds no {stem}-idx{dims}-ubyte, plain or .gz: it should hold MNIST's IDX files."
    )


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except Exception as error:  # OSError, EOFError or zlib.error
        raise DataError(f"{path} can't be read: {error}. Get it again.") from error


def _split(x: torch.Tensor, y: torch.Tensor, name: str) -> Mnist:
    """MNIST's training set, split as in the lessons."""
    if len(x) != FULL:
        raise DataError(f"{name} holds {len(x)} training images; the full MNIST has {FULL}.")
    return Mnist(x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:])


def _digits(images: AnyArray, labels: AnyArray, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Check images (N, 28, 28) or (N, 784) and labels (N,), and turn them into tensors.

    Integer pixels are from 0 to 255 and get scaled; floating ones must already be scaled.
    """
    if labels.ndim != 1 or images.shape not in ((len(labels), SIDE, SIDE), (len(labels), PIXELS)):
        raise DataError(
            f"{name} holds images of shape {images.shape} and labels of shape {labels.shape}; "
            "(N, 28, 28) or (N, 784), and (N,), are needed."
        )
    if not len(labels):
        raise DataError(f"{name} holds no images.")
    if images.dtype.kind not in "uif" or labels.dtype.kind not in "ui":
        raise DataError(
            f"{name} holds images of {images.dtype} and labels of {labels.dtype}; "
            "numbers and whole numbers are needed."
        )
    top = 1 if images.dtype.kind == "f" else 255
    if not (images.min() >= 0 and images.max() <= top):  # NaN fails this too
        raise DataError(f"{name} holds pixels outside 0 to {top} ({images.dtype}).")
    if not (labels.min() >= 0 and labels.max() <= 9):
        raise DataError(f"{name} holds labels outside 0 to 9.")
    x = torch.from_numpy(images.reshape(-1, PIXELS).astype(np.float32)).div_(top)
    return x, torch.from_numpy(labels.astype(np.int64))


def _hex(content: bytes) -> str:
    return content.hex(" ") or "nothing"
