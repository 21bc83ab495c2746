"""Twins: a model on the student's side and one on ours with the same numbers, whatever the layout.

Parameters correspond by their names where one function builds both. Those of a student's own
linear layer have names and a layout of their own: then both models must be one linear map plus a
bias, and each number's place in that map says which of theirs is which of ours.
"""

from __future__ import annotations

import copy
import inspect
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from grader.suite import current
from grader.suite.checks.mismatch import Mismatch, Mismatched, Problem
from grader.suite.checks.readers import described
from grader.suite.checks.sides import DeviceLike, Either, define, name_of, undrawn

Optimizer = Callable[[Any, Any], Any]
MOST_EMPTY = 10


class Pairing(NamedTuple):
    """One parameter of ours, by name: theirs in our layout (None: missing), and ours."""

    name: str
    theirs: torch.Tensor | None
    ours: torch.Tensor | None


@dataclass(frozen=True)
class Layout:
    """For each number of ours in a row, the place of the same number among theirs in a row."""

    places: torch.Tensor

    def parameters(self, theirs: Sequence[torch.Tensor], ours: nn.Module) -> list[Pairing]:
        """Theirs in our layout beside ours. Raises `Mismatched` where their number has changed."""
        return self._paired([p.detach().cpu() for p in theirs], ours, gradients=False)

    def gradients(self, theirs: nn.Module, ours: nn.Module) -> list[Pairing]:
        """The gradients of theirs in our layout beside ours; None where there is none."""
        found = [
            torch.full(p.shape, torch.nan, dtype=p.dtype) if p.grad is None else p.grad
            for p in theirs.parameters()
        ]
        paired = self._paired([grad.detach().cpu() for grad in found], ours, gradients=True)
        return [
            Pairing(name, None if left is not None and left.isnan().all() else left, right)
            for name, left, right in paired
        ]

    def _paired(self, found: list[torch.Tensor], ours: nn.Module, gradients: bool) -> list[Pairing]:
        flat = torch.cat([tensor.flatten() for tensor in found]) if found else torch.empty(0)
        if len(flat) != len(self.places):
            raise _odd(f"{len(flat)} numbers in the parameters", f"{len(self.places)} numbers")
        flat, pairs, start = flat[self.places], [], 0
        for name, parameter in ours.named_parameters():
            end = start + parameter.numel()
            right = parameter.grad if gradients else parameter.detach()
            pairs.append(Pairing(name, flat[start:end].reshape(parameter.shape), right))
            start = end
        return pairs

    def fill(self, theirs: nn.Module, ours: nn.Module, *, of_suite: bool) -> None:
        """Give theirs the numbers of ours. A model of the suite refuses empty batches, too."""
        source = torch.cat([p.detach().flatten() for p in ours.parameters()])
        row = torch.empty_like(source)
        row[self.places] = source
        refusing = (define(_refuse_empty).theirs, MOST_EMPTY) if of_suite else ()
        define(_fill).theirs(theirs, row, *refusing)


_layouts: weakref.WeakKeyDictionary[Any, Layout] = weakref.WeakKeyDictionary()


def layout_of(theirs: nn.Module, ours: nn.Module) -> Layout:
    """How the parameters of twins correspond; those of other models by name and shape."""
    if theirs not in _layouts:
        _layouts[theirs] = _by_name(theirs, ours)
    return _layouts[theirs]


class Twins:
    """Two models with the same numbers, and their optimizers if there are any.

    `model` and `opt` stand for both sides' at once: checks pass on to each side its own.
    """

    def __init__(
        self, theirs: nn.Module, ours: nn.Module, their_opt: Any = None, our_opt: Any = None
    ) -> None:
        self.theirs, self.ours = theirs, ours
        self.their_opt, self.our_opt = their_opt, our_opt
        self.model = Either(theirs, ours)
        self.opt = Either(their_opt, our_opt)
        self.device: DeviceLike | None = None

    @property
    def first(self) -> tuple[Either, ...]:
        """What a training function takes first: the model, and the optimizer if there is one."""
        return (self.model,) if self.our_opt is None else (self.model, self.opt)

    @property
    def theirs_first(self) -> tuple[Any, ...]:
        """The same, theirs alone: for a call outside of a check."""
        return (self.theirs,) if self.their_opt is None else (self.theirs, self.their_opt)

    def parameters(self, theirs: Sequence[torch.Tensor] | None = None) -> list[Pairing]:
        """The parameters of both, by our names, theirs in our layout.

        theirs: tensors that were theirs before; without them those that the model has now.
        """
        found = [*self.theirs.parameters()] if theirs is None else [*theirs]
        return layout_of(self.theirs, self.ours).parameters(found, self.ours)

    def learned(self) -> nn.Module:
        """A model of the judge's own with the numbers that theirs has now."""
        model = copy.deepcopy(self.ours)
        with torch.no_grad():
            values = self.parameters()
            for parameter, pairing in zip(model.parameters(), values, strict=True):
                assert pairing.theirs is not None
                parameter.copy_(pairing.theirs)
        return model

    def loss(self, loss: Callable[..., torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> float:
        """The loss of theirs on data, computed by the judge."""
        with torch.no_grad():
            return float(loss(self.learned()(x), y))

    def accuracy(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """The share of samples that theirs classifies right, computed by the judge."""
        with torch.no_grad():
            return float((self.learned()(x).argmax(-1) == y).double().mean())


def twins(
    build: Any,
    optimizer: Optimizer | None = None,
    *,
    ours: Any = None,
    inputs: int | None = None,
    dtype: torch.dtype | None = None,
    device: DeviceLike | None = None,
) -> Twins:
    """A model on the student's side and one on ours, with the same random numbers.

    build: what makes both, from `torch.nn`: `lambda nn: nn.Linear(20, 5)`; or a class of the suite
        that holds no secret. With `ours`: what makes theirs (a student's class or function, a
        ready model), which may give a pair of a model and its optimizer.
    optimizer: what makes the optimizers: `lambda optim, model: optim.SGD(model.parameters(), 0.1)`.
    ours: what makes ours, where theirs is a student's.
    inputs: how many inputs the models have, where they are one linear map plus a bias; told by ours
        if it is an `nn.Linear`. Other models must have the same names as ours.
    dtype: of both. device: of theirs; the checks then move data there.

    Raises `Mismatched` where a student's model isn't such a map, or has other parameters.
    """
    lab = current.provider().lab
    with undrawn():
        if ours is not None:
            theirs, their_opt = _made(build)
        else:
            theirs = define(build).theirs() if inspect.isclass(build) else build(lab.nn)
            their_opt = None
    if ours is not None:
        mine, our_opt = _made(ours)
    else:
        mine, our_opt = build() if inspect.isclass(build) else build(nn), None
    if not isinstance(theirs, nn.Module):
        raise _odd(described(theirs), "a model (nn.Module)", "type", "what is made")
    if dtype is not None:
        theirs, mine = theirs.to(dtype), mine.to(dtype)
    width = None if ours is None else inputs or getattr(mine, "in_features", None)
    layout = _by_name(theirs, mine) if width is None else _by_place(theirs, mine, width)
    layout.fill(theirs, mine, of_suite=ours is None)
    if device is not None:
        theirs = theirs.to(device)
    _layouts[theirs] = layout
    if optimizer is not None:
        their_opt, our_opt = optimizer(lab.optim, theirs), optimizer(torch.optim, mine)
    pair = Twins(theirs, mine, their_opt, our_opt)
    pair.device = device
    return pair


def _fill(model, row, refuse=None, most=0):  # type: ignore[no-untyped-def]  # sent over there
    """Give a model's parameters the numbers in a row, in one call."""
    start = 0
    with torch.no_grad():
        for parameter in model.parameters():
            end = start + parameter.numel()
            parameter.copy_(row[start:end].reshape(parameter.shape))
            start = end
    if refuse is not None:
        refuse(model, most)


def refusing_empty(model: Any) -> Any:
    """A model of the student's side, which from now on refuses more than ten empty batches.

    A loop that walks past the end of the data, and may make 50,000 steps there, is soon over.
    """
    define(_refuse_empty).theirs(model, MOST_EMPTY)
    return model


def _refuse_empty(model, most):  # type: ignore[no-untyped-def]  # its source goes over there
    met = []

    def count(module, inputs):  # type: ignore[no-untyped-def]
        if inputs and isinstance(inputs[0], torch.Tensor) and not inputs[0].numel():
            met.append(1)
            if len(met) > most:
                raise RuntimeError(f"the model got more than {most} empty batches")

    model.register_forward_pre_hook(count)


def _made(build: Any) -> tuple[Any, Any]:
    """A model and its optimizer (None where there is none), from what makes them."""
    made = build if isinstance(build, nn.Module) or not callable(build) else build()
    if isinstance(made, (tuple, list)) and len(made) == 2:
        return made[0], made[1]
    return made, None


def _names(model: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(p.shape)) for name, p in model.named_parameters()]


def _by_name(theirs: nn.Module, ours: nn.Module) -> Layout:
    if _names(theirs) != _names(ours):
        raise _odd(f"parameters {_names(theirs)}", f"{_names(ours)}")
    return Layout(torch.arange(sum(p.numel() for p in ours.parameters())))


def _by_place(theirs: nn.Module, ours: nn.Module, width: int) -> Layout:
    """Match numbers by where they stand in the map from `width` inputs to the outputs."""
    sizes = [sorted(p.numel() for p in model.parameters()) for model in (theirs, ours)]
    if sum(sizes[0]) != sum(sizes[1]):
        raise _odd(f"parameters of {sizes[0]} numbers", f"{sizes[1]} numbers")
    kept = torch.cat([p.detach().flatten() for p in ours.parameters()])
    fill = define(_fill)
    places = [_places(theirs, fill.theirs, width), _places(ours, fill.ours, width)]
    fill.ours(ours, kept)
    assert places[1] is not None, "ours isn't one linear map plus a bias"
    if (
        places[0] is None
    ):  # then what is wrong shows in what it gives, if shapes tell which is which
        by_shape = _by_shape(theirs, ours)
        if by_shape is not None:
            return by_shape
        text = f"{name_of(theirs)}: the result isn't the input times the weights plus the bias"
        raise Mismatched(
            Mismatch("twins", (Problem("claim", text, "", ""),), current.place(), sight=["no map"])
        )
    theirs_at, ours_at = places[0].argsort(), places[1]
    return Layout(theirs_at[ours_at])


def _by_shape(theirs: nn.Module, ours: nn.Module) -> Layout | None:
    """Match parameters by their shapes, or transposed ones; None where that leaves it open."""
    numbered, start = [], 0
    for parameter in theirs.parameters():
        end = start + parameter.numel()
        numbered.append(torch.arange(start, end).reshape(parameter.shape))
        start = end
    places = []
    for shape in (parameter.shape for parameter in ours.parameters()):
        alike = [t for t in numbered if sorted(t.shape) == sorted(shape)]
        if len(alike) != 1 or len(set(shape)) < len(shape) or len(shape) > 2:
            return None
        places.append((alike[0] if alike[0].shape == shape else alike[0].T).flatten())
    return Layout(torch.cat(places))


def _places(model: nn.Module, fill: Callable[..., None], width: int) -> torch.Tensor | None:
    """For each number of the parameters in a row, its place in the map's matrix and bias.

    The parameters are filled with numbers far enough apart to be told from each other in the map.
    """
    parameters = list(model.parameters())
    count = sum(p.numel() for p in parameters)
    numbers = (torch.randperm(count).double() * 2 + 1) / (2 * count) - 0.5
    dtype = parameters[0].dtype
    fill(model, numbers.to(dtype))
    with torch.no_grad():
        given = torch.cat([torch.zeros(1, width), torch.eye(width)]).to(dtype)
        result = model(given)
    if not isinstance(result, torch.Tensor) or result.dim() == 0:
        return None
    bias, matrix = result[:1], result[1:] - result[:1]
    found = torch.cat([matrix.flatten(), bias.flatten()]).detach().cpu().double()
    order = numbers.argsort()
    if len(found) > count and not bias.any():  # a model without a bias
        found = found[: matrix.numel()]
    if len(found) != count:
        return None
    by_value = found.argsort()
    if not torch.allclose(found[by_value], numbers[order], atol=0.2 / count):
        return None
    places = torch.empty(count, dtype=torch.int64)
    places[order] = by_value
    return places


def _odd(theirs: str, ours: str, kind: str = "shape", where: str = "the model") -> Mismatched:
    problem = Problem(kind, where, theirs, ours)
    return Mismatched(Mismatch("twins", (problem,), current.place(), gave=theirs, sight=[theirs]))
