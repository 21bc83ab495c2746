"""A simulated accelerator: a torch device that keeps real values on every machine.

``simulated()`` registers it as torch's one out-of-tree backend, under the name ``simulated``,
and from then on ``torch.zeros(3, device="simulated")``, ``model.to("simulated")`` and the rest of
torch work as with ``cuda``, slowly. A tensor on it is a `SimulatedTensor`: to torch a tensor of
another device, inside a CPU tensor that every operation is carried out on. So what a student does
wrong with devices fails here as it fails on a GPU: a tensor left on the CPU raises torch's
"Expected all tensors to be on the same device", `Tensor.numpy` raises `TypeError`.

What is as on the CPU: the values, to the bit, random numbers (they follow `torch.manual_seed`),
and backward, which runs in the thread that calls it. What differs from ``cuda``: ``type(t)`` is
`SimulatedTensor`; moving a module keeps its parameters' identity, moving it back makes new
ones; ``p.data = t`` can't change a parameter's device; storages can't be looked into.

``torch.accelerator.is_available()`` stays false: a student's code that asks for the best device
there is gets the same answer whether or not a test has registered this one. Code that takes
``torch.accelerator.current_accelerator()`` unasked gets this device, and works on it.

The API behind it is experimental. Where it is missing, or doesn't work as here, `simulated`
returns the ``meta`` device, which has shapes but no values, and `fallback_reason` says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

NAME = "simulated"

_CPU = torch.device("cpu")
_data: Any = torch.Tensor.data


class SimulatedTensor(torch.Tensor):
    """A tensor on the simulated device; ``t.cpu()`` is its values as a plain tensor."""

    _host: torch.Tensor

    # Leave torch's functions alone: everything happens below autograd, in __torch_dispatch__.
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, values: torch.Tensor) -> SimulatedTensor:
        """Put a CPU tensor that nobody else holds on the device, without a copy."""
        # On this thread backward runs in this thread: torch starts the threads that serve
        # devices once in a process, often before this device is known.
        torch._C._set_multithreading_enabled(False)
        self: SimulatedTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            values.size(),
            strides=values.stride(),
            storage_offset=values.storage_offset(),
            dtype=values.dtype,
            layout=values.layout,
            device=_device(),
        )
        self._host = values
        return self

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Carry out one operation on the CPU."""
        return _run(func, *args, **kwargs or {})

    def _follow(self) -> None:
        """Take over shape and strides where the operation changed those of the values."""
        if self.shape != self._host.shape or self.stride() != self._host.stride():
            self.data = SimulatedTensor(self._host)

    @property
    def data(self) -> torch.Tensor:
        """As `torch.Tensor.data`."""
        return _data.__get__(self)

    @data.setter
    def data(self, new: torch.Tensor) -> None:
        _data.__set__(self, new)
        if isinstance(new, SimulatedTensor):
            self._host = new._host

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        """Pickle as a tensor of a device that has its own storage."""
        contents = (self.detach().cpu(), self.dtype, str(self.device), self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, contents

    def numpy(self, *, force: bool = False) -> Any:
        """As `torch.Tensor.numpy` of any device but the CPU."""
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
        text = repr(self._host).removesuffix(")") + f", device='{self.device}'"
        if self.grad_fn is not None:
            return f"{text}, grad_fn=<{self.grad_fn.name()}>)"
        text += ", requires_grad=True)" if self.requires_grad else ")"
        return f"Parameter containing:\n{text}" if isinstance(self, torch.nn.Parameter) else text

    def __format__(self, spec: str) -> str:
        """As any tensor's: a number's if it is one."""
        return format(self._host.item(), spec) if self.dim() == 0 else format(repr(self), spec)

    # With these two nn.Module.to exchanges what is in a parameter, not the parameter.
    def __tensor_flatten__(self) -> tuple[list[str], None]:
        """Name the tensors inside."""
        return ["_host"], None

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, torch.Tensor], *_: object) -> SimulatedTensor:
        """Make a tensor from those inside."""
        return SimulatedTensor(inner["_host"])


def _run(func: Any, *args: Any, **kwargs: Any) -> Any:
    """Carry out an operation on the CPU, in place where it is one in place."""
    traits = _traits(func)
    written = [*_tensors([args[i] for i in traits.writes if i < len(args)])]
    written += _tensors([kwargs[name] for name in traits.outputs if name in kwargs])
    if not traits.copies:
        checked = [*args, *kwargs.values()]
        if traits.indexes and isinstance(args[0], SimulatedTensor):
            del checked[1]
        _check_devices(checked, written if traits.takes_numbers else None)
    stays = True
    if (device := kwargs.get("device")) is not None:
        stays = device.type == NAME
        kwargs["device"] = _CPU if stays else device
    result = func(*_unwrap(args), **_unwrap(kwargs))
    for tensor in written:
        if isinstance(tensor, SimulatedTensor):
            tensor._follow()
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
    written = [
        (position, argument)
        for position, argument in enumerate(func._schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    ]
    return _Traits(
        copies=name in {"copy_", "copy", "_copy_from"},
        indexes=indexes,
        takes_numbers=indexes or pointwise,
        writes=[position for position, argument in written if not argument.kwarg_only],
        outputs=[argument.name for _, argument in written if argument.kwarg_only],
    )


def _check_devices(values: Sequence[Any], written: list[torch.Tensor] | None) -> None:
    """Refuse a tensor of another device, but for a number that isn't `written` to."""
    for tensor in _tensors(values):
        if isinstance(tensor, SimulatedTensor):
            continue
        is_number = written is not None and tensor.dim() == 0 and tensor.device == _CPU
        if not is_number or any(tensor is t for t in written or []):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{_device()} and {tensor.device}!"
            )


def _tensors(values: Sequence[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _unwrap(value: Any) -> Any:
    if isinstance(value, SimulatedTensor):
        return value._host
    if isinstance(value, list | tuple):
        return type(value)(_unwrap(v) for v in value)
    if isinstance(value, dict):
        return {k: _unwrap(v) for k, v in value.items()}
    return value


def _wrap(value: Any, written: dict[int, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return written[id(value)] if id(value) in written else SimulatedTensor(value)
    if isinstance(value, list | tuple):
        return type(value)(_wrap(v, written) for v in value)
    return value


# What ``torch.simulated`` is: the functions torch calls on a device's own module.
_MODULE = SimpleNamespace(
    is_available=lambda: False,
    device_count=lambda: 1,
    current_device=lambda: 0,
    manual_seed_all=lambda seed: None,  # the CPU's generator is used, which torch seeds itself
    _is_in_bad_fork=lambda: False,
)


@cache
def _device() -> torch.device:
    return torch.device(NAME, 0)


@cache
def _library() -> Any:
    """Register what torch calls past `SimulatedTensor`; it lives as long as the process."""
    library: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    aten: Any = torch.ops.aten
    for operation in (
        aten.empty.memory_format,
        aten.empty_strided.default,
        aten._copy_from.default,
        aten.tril_indices.default,
        aten.triu_indices.default,
    ):
        library.impl(operation, partial(_run, operation), "PrivateUse1")
    return library


@cache
def _register() -> str:
    """Register the backend once; return why that can't be done, or an empty string."""
    setup: Any = getattr(
        torch.utils.backend_registration, "_setup_privateuseone_for_python_backend", None
    )
    if setup is None:
        return f"torch {torch.__version__} has no backends in Python"
    try:
        # Let torch start its threads for devices before it knows of this one: it then starts none
        # for it, and this process can still be forked.
        torch.autograd.backward(torch.ones((), requires_grad=True))
        setup(NAME, backend_module=_MODULE)
        _library()
        leaf = torch.ones(2, device=_device(), requires_grad=True)
        torch.autograd.backward((leaf * leaf).sum())
        works = leaf.grad is not None and leaf.grad.tolist() == [2.0, 2.0]
    except Exception as error:
        return f"torch {torch.__version__}: {type(error).__name__}: {error}"
    return "" if works else f"torch {torch.__version__} calculates wrongly on it"


def simulated() -> torch.device:
    """Return the simulated device, registering it the first time; ``meta`` if that fails."""
    return torch.device("meta") if _register() else _device()


def is_simulated() -> bool:
    """Say whether `simulated` gives a device with real values."""
    return not _register()


def fallback_reason() -> str:
    """Say why `simulated` gives ``meta``; an empty string if it doesn't."""
    return _register()


def accelerators() -> list[torch.device]:
    """Return every device to test on beside the CPU: the simulated one and the machine's own."""
    devices = [simulated()]
    if torch.cuda.device_count() > 0:  # asks the driver where it can, without a CUDA context
        devices.append(torch.device("cuda", 0))
    if torch.backends.mps.is_available():
        devices.append(torch.device("mps", 0))
    return devices
