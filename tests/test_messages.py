"""The messages: what is sent arrives, and whatever else arrives breaks nothing."""

from __future__ import annotations

import contextlib
import copy
import math
import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.judge.endpoint import Endpoint
from grader.judge.errors import StudentError
from grader.suite.calls import Calls, call_text
from grader.wire.channel import BODY_LIMIT, HEAD_LIMIT, PREFIX, Channel, decode, encode
from grader.wire.codec import Decoder, Encoder, find
from grader.wire.errors import BoundaryError, ProtocolError, Unsupported
from grader.wire.structs import NOTES, Call, Message, Returned, Value
from grader.wire.tensors import DTYPES, extent_of

bounded = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# --- what is sent arrives -------------------------------------------------------------------------


def refuse(value: object) -> Any:
    raise ProtocolError("nothing is referred to here")


def crossed(value: Any) -> Any:
    """A value as the other side gets it, through the bytes of a frame."""
    encoder = Encoder(refuse)
    head = encode(Returned(encoder.encode(value)))
    message = decode(head)
    assert isinstance(message, Returned)
    decoder = Decoder(bytearray().join(encoder.blobs), torch.device, refuse)
    leaves = (decoder.leaf(struct, keep_stride=True) for struct in find(message.value))
    return decoder.value(message.value, leaves)


@st.composite
def a_tensor(draw: st.DrawFn) -> torch.Tensor:
    dtype = draw(st.sampled_from(sorted(DTYPES.values(), key=str)))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    count = math.prod(shape) * dtype.itemsize
    chance = random.Random(draw(st.integers(0, 1 << 16)))
    data = bytearray(chance.randbytes(count))
    if dtype is torch.bool:
        data = bytearray(byte & 1 for byte in data)
    tensor = torch.frombuffer(data, dtype=dtype).reshape(shape) if count else None
    tensor = torch.empty(shape, dtype=dtype) if tensor is None else tensor
    if draw(st.booleans()) and len(shape) > 1:
        tensor = tensor.transpose(0, -1)
    if draw(st.booleans()) and (dtype.is_floating_point or dtype.is_complex):
        tensor.requires_grad_()
    return tensor


def an_array() -> st.SearchStrategy[Any]:
    return st.tuples(
        st.sampled_from("?bhilqBHILQefdFD"), st.lists(st.integers(0, 3), max_size=3)
    ).map(lambda made: np.ones(made[1], dtype=made[0]))


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 4000), 1 << 4000)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=20)
    | a_tensor()
    | an_array()
    | st.sampled_from([torch.float32, torch.device("cpu"), torch.Size([2, 0]), np.float32(1.5)])
)
keys = st.text(max_size=5) | st.integers() | st.booleans() | st.none() | st.binary(max_size=3)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Whether two values are alike: exact types, bits, strides' order, containers."""
    if type(left) is not type(right):
        return False
    if isinstance(left, torch.Tensor):
        alike = (left.shape, left.dtype, left.requires_grad) == (
            right.shape, right.dtype, right.requires_grad,
        )  # fmt: skip
        bits = [t.detach().contiguous().reshape(-1).view(torch.uint8) for t in (left, right)]
        return alike and torch.equal(*bits)
    if isinstance(left, (np.ndarray, np.generic)):
        return (
            left.dtype == right.dtype and np.array_equal(left, right) and left.shape == right.shape
        )
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(map(same, left.values(), right.values()))
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or left == right
    return bool(left == right) or left != left


@bounded
@given(values)
def test_values_arrive_as_they_are(value: Any) -> None:
    assert same(value, crossed(value))


def test_lone_surrogates_arrive_spelt_out() -> None:
    assert crossed("a\ud800b") == "a\\ud800b"


def test_one_tensor_stays_one() -> None:
    x, y = torch.ones(2), torch.ones(2)
    a, b, (c, d) = crossed([x, x, (y, x)])
    assert a is b is d and a is not c
    a += 1
    assert c.tolist() == [1, 1]


def test_layout_arrives_where_it_costs_nothing() -> None:
    x = torch.arange(12.0).reshape(3, 4).t()
    assert crossed(x).stride() == x.stride()
    sparse = torch.zeros(1 << 20)[:: 1 << 18]
    assert crossed(sparse).tolist() == sparse.tolist()
    assert crossed(torch.arange(4).as_strided((3, 2), (1, 1))).tolist() == [[0, 1], [1, 2], [2, 3]]


@bounded
@given(st.lists(st.integers(0, 6), max_size=5), st.randoms(use_true_random=False))
def test_every_permutation_of_a_dense_tensor_is_roomy(shape: list[int], chance: Any) -> None:
    order = list(range(len(shape)))
    chance.shuffle(order)
    x = torch.empty([max(size, 1) for size in shape]).permute(order)
    assert extent_of(x.shape, x.stride()) == x.numel()


def test_what_is_nested_endlessly_is_refused_by_the_sender() -> None:
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    for value in (cyclic, [0] * 300_000, (0 for _ in iter(int, 1))):
        with pytest.raises(Unsupported):
            Encoder(refuse).encode(value)


# --- whatever else arrives breaks nothing ---------------------------------------------------------


class Held:
    """What an endpoint asks of its session."""

    def __init__(self) -> None:
        self.calls = Calls(watching=True)

    def limit(self) -> float:
        return time.monotonic() + 30

    def breach(self, raised: object) -> str:
        return ""

    def note(self, text: str) -> None:
        assert text in NOTES.values()

    def logged(self, name: str, make: Callable[[], Any], args: Any, kwargs: Any) -> Any:
        call_text(name, args, kwargs)
        return make()

    def broken(self, error: BoundaryError) -> BoundaryError:
        return error


@contextlib.contextmanager
def answering(data: bytes) -> Iterator[Endpoint]:
    """A judge's endpoint whose other side sends these bytes when it is asked, and hangs up."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with contextlib.suppress(OSError), theirs:
            theirs.recv(1)
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            while theirs.recv(1 << 16):
                pass

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield Endpoint(Channel(ours), Held())  # type: ignore[arg-type]
    finally:
        ours.close()
        thread.join(5)


def frame(message: Any, body: bytes = b"") -> bytes:
    head = message if isinstance(message, bytes) else msgspec.msgpack.encode(message)
    return PREFIX.pack(len(head), len(body)) + head + body


# Raised by torch or Python where hostile values meet: the test that asked fails, nothing else does.
KNOWN = (
    BoundaryError,
    StudentError,
    Unsupported,
    RuntimeError,
    TypeError,
    ValueError,
    OverflowError,
)


def ask(data: bytes, request: Callable[[Endpoint], Any] | None = None) -> None:
    """Call over there, with a callback at hand, and look at what comes: only known errors."""
    x = torch.ones(3, requires_grad=True)

    def called_back(y: torch.Tensor) -> torch.Tensor:
        return y * 2

    with answering(data) as endpoint:
        try:
            if request is None:
                value = endpoint.call(1, "f", [x, called_back], {}, name="f")
                if isinstance(value, torch.Tensor) and value.requires_grad:
                    value.sum().backward()
            else:
                request(endpoint)
        except KNOWN:
            pass


REQUESTS: list[Callable[[Endpoint], Any]] = [
    lambda endpoint: endpoint.get(1, "x"),
    lambda endpoint: endpoint.fetch(1),
    lambda endpoint: endpoint.load("m"),
    lambda endpoint: endpoint.seed(1),
    lambda endpoint: list(_module(endpoint).named_parameters()),
    lambda endpoint: len(endpoint.get(1, "x")),
]


def _module(endpoint: Endpoint) -> Any:
    from grader.judge.proxies import proxy_of
    from grader.wire.structs import Handle

    return proxy_of(endpoint, Handle(1, kind="module", name="M"))


@bounded
@given(st.binary(max_size=200))
def test_any_bytes_as_an_answer(data: bytes) -> None:
    ask(data)


@bounded
@given(st.binary(max_size=200))
def test_any_bytes_as_a_head(head: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(head)
    ask(frame(head))


NONE: list[Any] = [[], [], {}]
TENSOR = ["t", "float32", [3], 0, "cpu", True, False, False, None, None, None]
VALID: list[Any] = [
    ["returned", TENSOR, [[0, TENSOR]], ["x"], {"aten::mm": 2}],
    [
        "returned",
        ["l", [TENSOR, ["g", 0], ["d", [["a", 1], [2, None]]], ["i", "0xff"]]],
        [],
        [],
        {},
    ],
    [
        "returned",
        ["h", 5, True, "module", "Linear", ["torch.nn.modules.linear.Linear"]],
        [],
        [],
        {},
    ],
    ["returned", ["a", "d", [3], 0, False], *NONE],
    ["described", [["w", [*TENSOR[:10], 4]]], [], [["c", ["h", 6, True, "module", "C", []]]], True],
    ["raised", "E", "ValueError", "text", [["m.py", 3, "f", "x = 1"]]],
    ["call", 1, 1, "", [TENSOR], {}, True, False],
    ["backward", 1, [[0, TENSOR]]],
    ["release", [1], [1]],
    ["touched", [1, 4]],
    ["noted", "compile"],
]
ODD = st.sampled_from(
    [None, True, -1, 0, 1, 2**31, 2**63, 2**64 - 1, -(2**63), 1e308, "", "x" * 999, "cuda:0", [],
     [[]], {}, b"\xff", [0, 2**40], [2**62] * 9, ["g", 0], ["h", 1, False, "", "", []],
     ["n", "os.system"], ["y", "float99"], ["v", "cuda:99"], ["s", [-1]], ["i", "z"], ["b", b""],
     TENSOR]
)  # fmt: skip


@st.composite
def a_mutation(draw: st.DrawFn) -> bytes:
    """A valid frame, with some of its parts replaced, taken out or doubled, perhaps cut."""
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(draw(st.sampled_from(VALID))))
    for _ in range(draw(st.integers(1, 3))):
        place = message
        while True:
            inner = [i for i, part in enumerate(place) if isinstance(part, list) and part]
            if not inner or draw(st.booleans()):
                break
            place = place[draw(st.sampled_from(inner))]
        index = draw(st.integers(0, len(place) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del place[index]
            case 1:
                place.insert(index, place[index])
            case _:
                place[index] = copy.deepcopy(draw(ODD))
        if not message:
            break
    data = frame(message, bytes(draw(st.sampled_from([0, 11, 12, 24, 4096]))))
    return data[: len(data) - draw(st.sampled_from([0, 0, 0, 1, 9]))]


@settings(bounded, max_examples=400)
@given(st.lists(a_mutation(), min_size=1, max_size=3), st.sampled_from([None, *REQUESTS]))
def test_nearly_valid_answers(frames: list[bytes], request: Any) -> None:
    ask(b"".join(frames), request)


def test_sizes_are_refused_before_anything_is_read() -> None:
    for sizes in ((HEAD_LIMIT + 1, 0), (10, BODY_LIMIT + 1), (2**32 - 1, 2**64 - 1)):
        with answering(PREFIX.pack(*sizes)) as endpoint, pytest.raises(ProtocolError):
            endpoint.get(1, "x")


def test_small_messages_dont_become_large_values() -> None:
    megabyte = ["t", "uint8", [1 << 20], 0, "cpu", False, True, False, None, None, None]
    floods: list[Value | Any] = [
        ["l", [megabyte] * 1000],
        ["l", [["a", "B", [1 << 20], 0, False]] * 1000],
        ["l", [["l", []]] * 250_000],
        ["d", [[["i", hex(n * (2**61 - 1))], None] for n in range(1, 30_000)]],
    ]
    for flood in floods:
        started = time.process_time()
        tracemalloc.start()
        answer = frame(["returned", flood, [], [], {}], bytes(1 << 20))
        with answering(answer) as endpoint, pytest.raises(ProtocolError):
            endpoint.get(1, "x")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 300 << 20
        assert time.process_time() - started < 20


def test_all_answers_of_a_test_together_are_bounded() -> None:
    answer = frame(["returned", None, [], [], {}], bytes(32 << 20))
    with answering(answer) as endpoint:
        endpoint.channel.allowance = 40 << 20
        endpoint.get(1, "x")
        assert endpoint.channel.allowance < 10 << 20


def test_a_surplus_answer_ends_the_trust() -> None:
    answer = frame(["returned", None, [], [], {}])
    with answering(answer + answer) as endpoint:
        endpoint.get(1, "x")
        with pytest.raises(ProtocolError):
            endpoint.get(1, "x")


def test_no_object_claims_to_be_a_tensor() -> None:
    names = ["torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter"]
    for claims in (names, ["torch.nn.Module.__init__", *names], ["builtins.float"]):
        answer = frame(["returned", ["h", 5, True, "object", "x", claims], *NONE])
        with answering(answer) as endpoint:
            value = endpoint.get(1, "x")
            assert not isinstance(value, (torch.Tensor, float))


def test_what_is_said_of_a_call_is_bounded() -> None:
    for noted, ran in (
        ([], {"x" * 1000: 1}),
        ([], {"aten::mm": -1}),
        ([], {str(n): 1 for n in range(30_000)}),
        (["x"] * 1000, {}),
    ):
        answer = frame(["returned", None, [], noted, ran])
        with answering(answer) as endpoint, pytest.raises(ProtocolError):
            endpoint.call(1, "f", [], {})
    with answering(frame(["returned", None, [], ["<b>", "argument 2", "x" * 200], {}])) as endpoint:
        endpoint.call(1, "f", [], {})


def test_only_what_is_there_to_be_changed_can_be_changed() -> None:
    zeros = [*TENSOR[:5], True, *TENSOR[6:]]
    x, weights = torch.ones(3), torch.ones(3, requires_grad=True)
    for index, fits in ((0, False), (1, True), (2, False), (-1, False)):
        answer = frame(["returned", None, [[index, zeros]], [], {}], bytes(12))
        outcome = contextlib.nullcontext() if fits else pytest.raises(ProtocolError)
        with answering(answer) as endpoint, outcome:
            endpoint.call(1, "f", [x, weights], {})
    assert x.tolist() == [1, 1, 1]
    assert weights.tolist() == [0, 0, 0]


def test_messages_keep_their_size() -> None:
    """A head's size bounds what it becomes: the factor that the allowance counts with."""
    message: Message = Call(1, 1, "f", [], {})
    assert len(encode(message)) < 64
