"""Converts tensors and arrays to bytes and back; every field is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from grader.wire.errors import ProtocolError, Unsupported
from grader.wire.structs import Array, Tensor

_NAMES = (
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 "
    "complex64 complex128 float8_e4m3fn float8_e5m2"
)
DTYPES: dict[str, torch.dtype] = {
    name: value
    for name in _NAMES.split()
    if isinstance(value := getattr(torch, name, None), torch.dtype)
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
# Dtypes that NumPy has too can be converted faster, and most tensors that cross have one of these.
NUMPY: dict[torch.dtype, type[np.generic]] = {
    torch.float32: np.float32,
    torch.float64: np.float64,
    torch.int64: np.int64,
    torch.int32: np.int32,
    torch.uint8: np.uint8,
}
ARRAY_KINDS = "?bhilqBHILQefdFD"
_PLAIN = (torch.Tensor, torch.nn.Parameter)
_PIECE = 64 << 10
MAX_DIMENSIONS = 32  # NumPy's own limit, in its older versions
WASTE = 16  # a layout may take up to this many times the memory of its elements


def tensor_bytes(tensor: torch.Tensor) -> memoryview:
    """The elements in C order: the tensor's own memory if that needs no copy.

    Raises `Unsupported` for sparse, quantized or meta tensors.
    """
    array = elements(tensor)
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).data if array.size else memoryview(b"")


def elements(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """The elements as an array (of bytes if NumPy lacks the dtype), without a copy if possible.

    Raises `Unsupported` for sparse, quantized or meta tensors.
    """
    if type(tensor) in _PLAIN and tensor.dtype in NUMPY and tensor.device.type == "cpu":
        try:
            return tensor.detach().numpy()
        except (RuntimeError, TypeError):  # not dense, or conjugated, or negated
            pass
    if reason := refused(tensor):
        raise Unsupported(reason)
    with torch.no_grad():
        plain = tensor.detach().as_subclass(torch.Tensor).cpu().resolve_conj().resolve_neg()
        # Not reshape: the gradient of a sum over one element has stride 0, and that would stay.
        flat = plain.contiguous().as_strided((plain.numel(),), (1,))
        return flat.view(torch.uint8).numpy()


def refused(tensor: torch.Tensor) -> str:
    """Why a tensor can't cross, or ''."""
    dense = tensor.layout is torch.strided and not tensor.is_nested
    if not dense or tensor.is_quantized or tensor.is_meta:
        return "only dense tensors with values can cross"
    return "" if tensor.dtype in NAMES else f"tensors of {tensor.dtype} can't cross"


def dtype_of(name: str) -> torch.dtype:
    """The dtype of that name. Raises `ProtocolError` for one that may not cross."""
    try:
        return DTYPES[name]
    except KeyError:
        raise ProtocolError("no such dtype") from None


def tensor_of(struct: Tensor, body: bytearray) -> torch.Tensor:
    """A contiguous CPU tensor with its own memory."""
    dtype = dtype_of(struct.dtype)
    count = _count(struct.shape)
    data = _slice(body, struct.offset, count * dtype.itemsize)
    if count and dtype in NUMPY:
        return torch.from_numpy(np.frombuffer(data, NUMPY[dtype]).reshape(struct.shape))
    if not count:
        return torch.empty(struct.shape, dtype=dtype)
    if dtype is torch.bool:  # any byte but 0 and 1 would be undefined behaviour
        flat = torch.frombuffer(data, dtype=torch.uint8).ne(0)
    else:
        flat = torch.frombuffer(data, dtype=dtype)
    # It must not be a view: views can't be detached in place, as old code does to clear gradients.
    tensor: torch.Tensor = torch.empty(0, dtype=dtype)
    return tensor.set_(flat.untyped_storage(), 0, struct.shape)  # type: ignore[call-overload, no-any-return]


def holds(tensor: torch.Tensor | None, struct: Tensor | None, body: bytearray) -> bool:
    """Whether a tensor still equals, bit for bit, what arrived as `struct` with `body`."""
    if tensor is None or struct is None:
        return tensor is None and struct is None
    try:
        if NAMES[tensor.dtype] != struct.dtype or list(tensor.shape) != struct.shape:
            return False
        data = tensor_bytes(tensor)
    except (KeyError, Unsupported):
        return False
    return all(  # in pieces: copying all of it would cost more than comparing it
        body[struct.offset + start : struct.offset + min(start + _PIECE, data.nbytes)]
        == data[start : start + _PIECE]
        for start in range(0, data.nbytes, _PIECE)
    )


def strided(tensor: torch.Tensor, stride: list[int]) -> torch.Tensor:
    """A copy of `tensor` laid out with `stride`, for which `extent_of` must be positive."""
    laid_out = torch.empty_strided(tensor.shape, stride, dtype=tensor.dtype)
    return laid_out.copy_(tensor)


def extent_of(shape: Sequence[int], stride: Sequence[int]) -> int:
    """The memory that a layout takes, in elements.

    0 if the layout is refused: two elements would share memory, or the gaps would be too large.
    """
    if len(shape) != len(stride) or 0 in shape or any(step >= 1 << 48 for step in stride):
        return 0
    extent = 1  # from the first to the last element, in the dimensions seen so far
    for step, size in sorted(zip(stride, shape, strict=True)):
        if size == 1:
            continue
        if step < extent:
            return 0
        extent += step * (size - 1)
    return extent if extent <= WASTE * math.prod(shape) + (1 << 16) else 0


def array_bytes(array: np.ndarray[Any, Any]) -> memoryview:
    """An array's elements in order and in this machine's byte order. Raises `Unsupported`."""
    if array.dtype.char not in ARRAY_KINDS:
        raise Unsupported(f"arrays of {array.dtype} can't cross")
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return memoryview(native.tobytes())


def array_of(struct: Array, body: bytearray) -> np.ndarray[Any, Any]:
    """A contiguous array with its own memory. Raises `ProtocolError` if the bytes don't fit."""
    if len(struct.dtype) != 1 or struct.dtype not in ARRAY_KINDS:
        raise ProtocolError("no such dtype")
    dtype = np.dtype(struct.dtype)
    data = _slice(body, struct.offset, _count(struct.shape) * dtype.itemsize)
    if dtype == np.bool_:
        return np.frombuffer(data, np.uint8).astype(bool).reshape(struct.shape)
    return np.frombuffer(data, dtype).reshape(struct.shape)


def _count(shape: list[int]) -> int:
    # Beside a size of zero the other sizes are bounded, too, because torch multiplies them anyway.
    if len(shape) > MAX_DIMENSIONS or not min(shape, default=0) >= 0:
        raise ProtocolError("no such shape")
    if math.prod(size or 1 for size in shape) >= 1 << 48:
        raise ProtocolError("no such shape")
    return math.prod(shape)


def _slice(body: bytearray, offset: int, size: int) -> bytearray:
    if not 0 <= offset <= len(body) - size:
        raise ProtocolError("a tensor's bytes are missing")
    return body[offset : offset + size]  # a copy: nothing else may share its memory
