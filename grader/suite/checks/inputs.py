"""Inputs that tell right from wrong, drawn from the test's own seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F

Maker = Callable[..., torch.Tensor]
_LABELS = re.compile(r"(?P<shape>[\w ]+)<\s*(?P<below>\w+)")


def sizes(letters: str) -> list[dict[str, int]]:
    """Sizes for dimensions named by letters: `sizes("n c")`.

    Odd and all different; the first larger and smaller than the second; the first 1; all alike;
    the first large.
    """
    names = letters.split()
    count = len(names)

    def odd(first: int) -> list[int]:
        rest = [size for size in (3, 5, 7, 9, 11, 13) if size != first]
        drawn = torch.randperm(len(rest))[: count - 1].tolist()
        return [first, *(rest[i] for i in drawn)]

    rows = [sorted(odd(7), reverse=True), sorted(odd(3)), odd(1), [4] * count, odd(64)]
    if count == 1:
        rows = [[7], [1], [2], [64]]
    return [dict(zip(names, row, strict=True)) for row in rows]


def shapes(*specs: str) -> list[tuple[tuple[int, ...], ...]]:
    """The shapes of several arguments, their sizes as `sizes` has them.

    `shapes("n c", "n")` → `[((7, 5), (7,)), ((3, 5), (3,)), ((1, 9), (1,)), …]`. A number in place
    of a letter is that size: `shapes("n 784")`.
    """
    letters = [word for spec in specs for word in spec.split() if not word.isdigit()]
    return [
        tuple(tuple(int(w) if w.isdigit() else size[w] for w in spec.split()) for spec in specs)
        for size in sizes(" ".join(dict.fromkeys(letters)))
    ]


def tensors(
    *specs: str, dtype: torch.dtype = torch.float32, of: Maker | None = None, strided: bool = True
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Random arguments for a check's `each`: `tensors("n c", "n < c")`.

    "n c" is a floating tensor of that shape; "n < c" are n labels from 0 to c - 1. `of(*shape,
    dtype=dtype)` makes the floating ones, `torch.randn` without it. The last two inputs lie
    otherwise in memory: by columns, and with gaps (not where `strided` is off).
    """
    make = of or torch.randn
    plain = [_LABELS.match(spec) for spec in specs]
    shaped = [m["shape"].strip() if m else spec for m, spec in zip(plain, specs, strict=True)]
    letters = {w for spec in specs for w in re.findall(r"[a-z]+", spec)}
    known = {w for spec in shaped for w in spec.split()}
    extra = sorted(letters - known)
    all_shapes = shapes(*shaped, *extra)
    if strided:
        all_shapes += [all_shapes[0]] * 2
    for number, found in enumerate(all_shapes):
        names = dict(zip((*shaped, *extra), found, strict=True))
        sized = {
            word: size
            for spec, shape in names.items()
            for word, size in zip(spec.split(), shape, strict=True)
        }
        made = []
        for match, shape in zip(plain, found, strict=False):
            if match:
                below = match["below"]
                limit = int(below) if below.isdigit() else sized[below]
                tensor = torch.randint(limit, shape)
            else:
                tensor = make(*shape, dtype=dtype)
            layout = number - (len(all_shapes) - 2) if strided else -1
            made.append(layouts(tensor)[layout + 1] if layout >= 0 else tensor)
        yield tuple(made)


def layouts(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The same tensor as it is, laid out by columns, and as a slice with gaps."""
    gaps = torch.stack([tensor, torch.zeros_like(tensor)], dim=-1)[..., 0]
    by_columns = tensor.mT.contiguous().mT if tensor.dim() > 1 else gaps
    return [tensor, by_columns, gaps]


def scores(n: int, c: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Scores (n, c), each row with a mean and a scale of its own, so mixing up rows shows."""
    rows = torch.randn(n, c, dtype=dtype)
    return rows * (1 + 2 * torch.rand(n, 1, dtype=dtype)) + torch.randn(n, 1, dtype=dtype)


def log_probabilities(n: int, c: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Log-probabilities (n, c)."""
    return F.log_softmax(scores(n, c, dtype), dim=-1)


def labels(n: int, c: int) -> torch.Tensor:
    """Classes (n,) from 0 to c - 1."""
    return torch.randint(c, (n,))


def classification(
    n: int, features: int = 20, classes: int = 5, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples (n, features), small enough for steps of usual size to be stable, and labels."""
    return torch.randn(n, features, dtype=dtype) / 2, labels(n, classes)


def regression(
    n: int, features: int = 3, outputs: int = 2, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples (n, features), and targets (n, outputs) so large that gradients are too."""
    x = torch.randn(n, features, dtype=dtype)
    noise = 10 * torch.randn(n, outputs, dtype=dtype)
    return x, 5 * x @ torch.randn(features, outputs, dtype=dtype) + noise


def all_alike(n: int, *samples: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """n copies of one sample, so that all batches drawn from them are equal."""
    return tuple(sample.unsqueeze(0).repeat(n, *[1] * sample.dim()) for sample in samples)


def pessimist(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """An asymmetric loss, too much is worse than too little: swapping its arguments shows."""
    error = prediction - target
    return torch.where(error > 0, 3 * error**2, 0.5 * error**2).mean()
