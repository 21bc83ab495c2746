"""The messages and the values inside them, as msgspec structs.

A value is None, a bool, an int, a float, a str, or one of the structs below. The bytes of tensors
and arrays travel beside the structs, in the body of the frame, at `offset`.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

# The structs are quoted because they are defined below: msgspec finds them by name.
Value = Union[
    None, bool, int, float, str,
    "Bytes", "List", "Tuple", "Generator", "Dict", "BigInt", "Tensor", "Again", "Array", "DType",
    "Device", "Shape", "Handle", "TorchName",
]  # fmt: skip


class Node(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Base of all structs."""


class Bytes(Node, tag="b"):
    data: bytes


class List(Node, tag="l"):
    items: list[Value]


class Tuple(Node, tag="u"):
    items: list[Value]


class Generator(Node, tag="it"):
    """All items of a generator, which runs to its end before it crosses."""

    items: list[Value]


class Dict(Node, tag="d"):
    items: list[tuple[Value, Value]]


class BigInt(Node, tag="i"):
    """An int of more than 64 bits, in hexadecimal."""

    digits: str


class Tensor(Node, tag="t"):
    """A tensor by value: its elements in C order at `offset` of the body.

    `stride`, `leaf` and `grad` are included so that an input of a test arrives exactly as it was.
    `handle` is the number of a tensor that stays on the sender's side.
    """

    dtype: str
    shape: list[int]
    offset: int
    device: str = "cpu"
    requires_grad: bool = False
    leaf: bool = True
    parameter: bool = False
    stride: list[int] | None = None
    grad: Union[Tensor, None] = None  # noqa: UP007
    handle: int | None = None


class Again(Node, tag="g"):
    """A tensor that is in this message already: its tensor number `index`."""

    index: int


class Array(Node, tag="a"):
    """A NumPy array; `scalar` for a NumPy scalar."""

    dtype: str
    shape: list[int]
    offset: int
    scalar: bool = False


class DType(Node, tag="y"):
    name: str


class Device(Node, tag="v"):
    name: str


class Shape(Node, tag="s"):
    sizes: list[int]


class Handle(Node, tag="h"):
    """An object that doesn't cross. `owned`: it lives on the sender's side.

    `bases`: the names of the torch classes that it is an instance of, the most derived first.
    `lists`: it is a module whose own code says which parameters it has.
    """

    number: int
    owned: bool = True
    kind: str = "object"  # or "module", "callable"
    name: str = ""
    bases: list[str] = []
    lists: bool = False


class TorchName(Node, tag="n"):
    """A function or class of torch, by its dotted name."""

    name: str


class Request(Node):
    """Base of messages that are answered by one reply."""


class Reply(Node):
    """Base of messages that answer a request."""


class Notice(Node):
    """Base of messages without an answer, sent before the next request or reply."""


# -- requests of the judge -------------------------------------------------------------------------


class Write(Request, tag="write"):
    """Write the submission's files into the work folder, before any of them runs.

    `files`: names and sizes; the body holds the contents, one after another.
    """

    files: dict[str, int]


class Load(Request, tag="load"):
    """Import `module` from the work folder; if `pretend` is given, import it anew.

    `pretend`: the kind of device that the code shall find (see `grader.torchside.pretend`), or ''.
    """

    module: str
    pretend: str = ""


class Define(Request, tag="define"):
    """Run the source of a function or class, which may use torch, and return its `name`."""

    name: str
    source: str


class Devices(Request, tag="devices"):
    """Ask for the names of the devices, besides the CPU, that the sandbox can use."""


class Get(Request, tag="get"):
    target: int
    path: str


class Set(Request, tag="set"):
    """Set attribute `path` of an object; '' writes values into a tensor's own memory."""

    target: int
    path: str
    value: Value


class Describe(Request, tag="describe"):
    """Ask for a module's parameters, buffers and children as they are now."""

    target: int


# -- requests of both sides ------------------------------------------------------------------------


class Call(Request, tag="call"):
    """Call attribute `path` ('' for the object itself) of object `target`.

    `watch`: report what ran (`Returned.ran`). `pretend`: as in `Load`.
    """

    serial: int
    target: int
    path: str
    args: list[Value]
    kwargs: dict[str, Value]
    grad: bool = True
    watch: bool = False
    pretend: str = ""


class Backward(Request, tag="backward"):
    """Send gradients of a call's outputs back through its graph; asks for those of its inputs."""

    serial: int
    grads: list[tuple[int, Value]]


# -- notices --------------------------------------------------------------------------------------


class Release(Notice, tag="release"):
    """Forget objects and graphs."""

    objects: list[int]
    calls: list[int]


class Seed(Notice, tag="seed"):
    """A test begins: seed the random numbers of the student's code."""

    seed: int


class Touched(Notice, tag="touched"):
    """The numbers of tensors and modules that have changed since the judge was told of them."""

    objects: list[int]


class Noted(Notice, tag="noted"):
    """Something was done in another way than the student wrote; `note` is a key of `NOTES`."""

    note: str


class Absent(Notice, tag="absent"):
    """The code imports a module that isn't there, or can't be loaded; a stand-in took its place."""

    module: str


class Skipped(Notice, tag="skipped"):
    """A statement of a file raised while the file was loaded; the statements after it ran.

    `names`: some of the names that it would have defined.
    """

    file: str
    line: int
    names: list[str]
    raised: Raised


NOTES = {
    "num_workers": "A DataLoader was asked for worker processes: in grading it loads in the same "
    "process, as with num_workers=0. The batches are the same.",
    "compile": "torch.compile was asked for: in grading the code runs eagerly. "
    "The values are the same.",
}


# -- replies --------------------------------------------------------------------------------------


class Returned(Reply, tag="returned"):
    """The result of a request.

    `brought_back`: the changed leaves that require grad among the arguments, by index of the
    tensor; `changed`: the names of other arguments that the call changed; `ran`: how often each
    thing ran, if the request asks; `described`: modules, by number, that the receiver doesn't know
    yet, or that have changed.
    """

    value: Value
    brought_back: list[tuple[int, Tensor]] = []
    changed: list[str] = []
    ran: dict[str, int] = {}
    described: dict[int, Described] = {}


class Described(Reply, tag="described"):
    """A module; `inside` describes those of its children that the judge doesn't know yet."""

    parameters: list[tuple[str, Tensor]]
    buffers: list[tuple[str, Tensor]]
    children: list[tuple[str, Handle]]
    training: bool
    inside: dict[str, Described] = {}


class Frame(Node):
    """One line of a traceback, in a file of the submission."""

    file: str
    line: int
    function: str
    text: str


class Raised(Reply, tag="raised"):
    """An exception: its name, the builtin it derives from, and the frames of the student's code."""

    name: str
    builtin: str
    message: str
    frames: list[Frame]


Message = Union[Request, Reply, Notice]  # noqa: UP007
MESSAGES: Any = Union[  # noqa: UP007
    tuple(kind for base in (Request, Reply, Notice) for kind in base.__subclasses__())
]
