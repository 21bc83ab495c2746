"""A simulated accelerator: a torch device that keeps real values on every machine.

`simulated` registers it as torch's one out-of-tree backend, and from then on torch takes
``device="simulated"`` as it takes ``cuda``. A tensor there is a `SimulatedTensor`: to torch one of
another device, with a CPU tensor inside that each operation is carried out on. What fails on a GPU
fails here: a tensor left on the CPU raises "Expected all tensors to be on the same device",
`Tensor.numpy` raises `TypeError`. Values and random numbers are the CPU's, to the bit.

Unlike with ``cuda``, ``type(t)`` is `SimulatedTensor`; ``module.cpu()`` makes new parameters;
``p.data = t`` can't move a parameter; ``torch.load`` can't map to it; autocast, LSTM cells, packed
sequences, pinned memory, checkpointing of activations and storages aren't there.

``torch.accelerator.is_available()`` stays false: code that takes the best device there is does the
same whether or not a test used this one. ``torch.accelerator.current_accelerator()`` names it.

Where torch lacks the experimental API for this, `simulated` returns the ``meta`` device, which has
shapes but no values, and `fallback_reason` says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

from grader.torchside import private

NAME = "simulated"
_DEVICE = torch.device("privateuseone", 0)  # torch's name for it until it is registered
_data: Any = torch.Tensor.data


class SimulatedTensor(torch.Tensor):
    """A tensor on the simulated device; ``t.cpu()`` is its values as a plain tensor."""

    _host: torch.Tensor

    # Torch's Python functions stay as they are: all happens below autograd, operation by operation.
    __torch_function__ = private.disabled_torch_function

    @staticmethod
    def __new__(cls, host: torch.Tensor) -> SimulatedTensor:
        """Put a CPU tensor on the device without a copy."""
        # Backward then runs in the thread that calls it. Torch starts its threads for devices once
        # in a process, which may have been before it knew of this one.
        private.set_multithreaded_autograd(False)
        self: SimulatedTensor = private.wrapper_tensor(
            cls, host.size(), host.stride(), host.storage_offset(), dtype=host.dtype, device=_DEVICE
        )
        self._host = host
        return self

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        """Carry out one operation."""
        return _run(func, *args, **kwargs or {})

    # With these two, nn.Module.to exchanges what is in a parameter and keeps the parameter.
    def __tensor_flatten__(self) -> tuple[list[str], None]:
        """Name the tensors inside."""
        return ["_host"], None

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, torch.Tensor], *_: object) -> SimulatedTensor:
        """Make a tensor of those inside."""
        return SimulatedTensor(inner["_host"])

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        """Pickle as a CPU tensor and the device to put it on."""
        contents = (self.detach().cpu(), self.dtype, str(self.device), self.requires_grad)
        return private.tensor_from_its_copy_on_the_cpu, contents

    @property
    def data(self) -> Any:
        """As `torch.Tensor.data`."""
        return _data.__get__(self)

    @data.setter
    def data(self, new: torch.Tensor) -> None:
        _data.__set__(self, new)
        if isinstance(new, SimulatedTensor):
            self._host = new._host

    def numpy(self, *, force: bool = False) -> Any:
        """As `torch.Tensor.numpy` on any device but the CPU."""
        if force:
            return self.detach().cpu().numpy(force=True)
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )

    def tolist(self) -> Any:
        """As `torch.Tensor.tolist`."""
        return self._host.tolist()

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        """As any tensor's, with its device."""
        kind = "Parameter containing:\n" if isinstance(self, torch.nn.Parameter) else ""
        grad = f", grad_fn=<{self.grad_fn.name()}>" if self.grad_fn is not None else ""
        grad = grad or ", requires_grad=True" * self.requires_grad
        return f"{kind}{repr(self._host).removesuffix(')')}, device='{self.device}'{grad})"

    def __format__(self, spec: str) -> str:
        """As any tensor's: a number's if it is one."""
        return format(self.item() if self.dim() == 0 else repr(self), spec)


def _run(func: Any, *args: Any, **kwargs: Any) -> Any:
    """Carry out an operation on the CPU tensors inside, in place where it is one in place."""
    traits = _traits(func)
    written = [*_tensors(args[i] for i in traits.writes if i < len(args))]
    written += _tensors(kwargs[name] for name in traits.outputs if name in kwargs)
    if not traits.copies:
        checked = [*args, *kwargs.values()]
        if traits.indexes and isinstance(args[0], SimulatedTensor):
            del checked[1]
        _check_devices(checked, written if traits.takes_numbers else None)
    stays = (kwargs.get("device") or _DEVICE).type == NAME
    if stays and "device" in kwargs:
        kwargs["device"] = torch.device("cpu")
    result = func(*_unwrap(args), **{name: _unwrap(value) for name, value in kwargs.items()})
    for tensor in written:  # take over the shape where the operation changed it
        if isinstance(tensor, SimulatedTensor) and (
            tensor.shape != tensor._host.shape or tensor.stride() != tensor._host.stride()
        ):
            tensor.data = SimulatedTensor(tensor._host)
    return _wrap(result, {id(_unwrap(t)): t for t in written}) if stays else result


class _Traits(NamedTuple):
    """What an operation's name and schema say of devices, and of what it writes to."""

    copies: bool  # between devices
    indexes: bool  # by tensors that may be on the CPU
    takes_numbers: bool  # as 0-d tensors on the CPU
    writes: list[int]  # to these positional arguments
    outputs: list[str]  # to these named arguments


@cache
def _traits(func: Any) -> _Traits:
    name = func._schema.name.removeprefix("aten::")
    indexes = name in {"index", "index_put", "index_put_", "_index_put_impl_"}
    pointwise = torch.Tag.pointwise in func.tags or name.startswith(("fill", "_foreach"))
    arguments = list(enumerate(func._schema.arguments))
    written = [(i, a) for i, a in arguments if a.alias_info is not None and a.alias_info.is_write]
    writes = [i for i, argument in written if not argument.kwarg_only]
    outputs = [argument.name for _, argument in written if argument.kwarg_only]
    return _Traits(name in {"copy_", "copy"}, indexes, indexes or pointwise, writes, outputs)


def _check_devices(values: Iterable[Any], written: list[torch.Tensor] | None) -> None:
    """Refuse a tensor of another device, but for a number that isn't `written` to."""
    for tensor in _tensors(values):
        if isinstance(tensor, SimulatedTensor):
            continue
        is_number = written is not None and tensor.dim() == 0 and tensor.is_cpu
        if not is_number or any(tensor is t for t in written or []):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{_DEVICE} and {tensor.device}!"
            )


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _unwrap(value: Any) -> Any:
    if isinstance(value, SimulatedTensor):
        return value._host
    return type(value)(_unwrap(v) for v in value) if isinstance(value, list | tuple) else value


def _wrap(value: Any, written: dict[int, torch.Tensor]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_wrap(v, written) for v in value)
    if not isinstance(value, torch.Tensor):
        return value
    return written[id(value)] if id(value) in written else SimulatedTensor(value)


# What ``torch.simulated`` is: the functions torch calls on a device's own module.
_MODULE = SimpleNamespace(
    is_available=lambda: False,
    device_count=lambda: 1,
    current_device=lambda: 0,
    # Random numbers come from the CPU's generator.
    manual_seed_all=lambda seed: None,
    get_rng_state=lambda device=0: torch.get_rng_state(),
    set_rng_state=lambda state, device=0: torch.set_rng_state(state),
    _is_in_bad_fork=lambda: False,
)


@cache
def _library() -> Any:
    """Register what torch calls past `SimulatedTensor`; it lives as long as the process."""
    library: Any = torch.library.Library("aten", "IMPL")
    aten: Any = torch.ops.aten
    indices = aten.tril_indices.default, aten.triu_indices.default
    for operation in (aten.empty.memory_format, aten.empty_strided.default, *indices):
        library.impl(operation, partial(_run, operation), "PrivateUse1")
    copy = aten.copy_.default
    library.impl("_copy_from", lambda source, to, _=False: _run(copy, to, source), "PrivateUse1")
    return library


def _batch(samples: list[torch.Tensor], *, collate_fn_map: object = None) -> torch.Tensor:
    """Make a batch for a `DataLoader`, whose own way in a worker process asks for a storage."""
    return torch.stack(samples)


@cache
def fallback_reason() -> str:
    """Say why `simulated` is ``meta``; an empty string where it isn't."""
    try:
        # Torch starts its threads for devices in the first backward. Before it knows of this
        # device it starts none for it, and a process without them can still be forked.
        torch.autograd.backward(torch.ones((), requires_grad=True))
        private.register_backend(NAME, _MODULE)
        _library()
        private.collate[SimulatedTensor] = _batch
        with private.without_distributed():
            leaf = torch.ones(2, device=_DEVICE, requires_grad=True)
        torch.autograd.backward((leaf * leaf).sum())
        if leaf.grad is None or leaf.grad.tolist() != [2.0, 2.0]:
            raise ArithmeticError("gradients are wrong on it")
    except Exception as error:
        return f"torch {torch.__version__}: {type(error).__name__}: {error}"
    return ""


def is_simulated() -> bool:
    """Say whether `simulated` is a device with real values."""
    return not fallback_reason()


def simulated() -> torch.device:
    """Return the simulated device, registering it the first time; ``meta`` if that fails."""
    return _DEVICE if is_simulated() else torch.device("meta")


def accelerators() -> list[torch.device]:
    """Return each device to test on beside the CPU: the simulated one and the machine's own."""
    devices = [simulated()]
    if torch.cuda.device_count():  # asks the driver's library, where it can, not CUDA
        devices.append(torch.device("cuda", 0))
    if torch.backends.mps.is_available():
        devices.append(torch.device("mps", 0))
    return devices
