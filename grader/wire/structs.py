"""The messages and the values inside them, as msgspec structs.

A value is None, a bool, an int, a float, a str, or one of the structs below. Tensors' and
arrays' bytes travel beside the structs, in the frame's body; `offset` says where.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

# Quoted in the recursive structs below: msgspec resolves it by name.
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
    """All that a generator yields: it is run to its end before it crosses."""

    items: list[Value]


class Dict(Node, tag="d"):
    items: list[tuple[Value, Value]]


class BigInt(Node, tag="i"):
    """An int of more than 64 bits, in hexadecimal."""

    digits: str


class Tensor(Node, tag="t"):
    """A tensor by value: its elements in C order at `offset` of the body.

    `stride`, `leaf` and `grad` are kept so that a test's own input arrives as it was;
    `handle` is the number of a tensor that lives on the sender's side.
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
    """The tensor that this message has named already, as its `index`-th."""

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
    """Something that stays where it is. `owned`: it lives on the sender's side.

    `bases` names the torch classes that it is an instance of, most derived first.
    """

    number: int
    owned: bool = True
    kind: str = "object"  # or "module", "callable"
    name: str = ""
    bases: list[str] = []


class TorchName(Node, tag="n"):
    """A function or class of torch, by its dotted name."""

    name: str


class Request(Node):
    """Base of what is answered by one reply."""


class Reply(Node):
    """Base of what answers a request."""


class Notice(Node):
    """Base of what is not answered: it travels in front of the next request or reply."""


# -- requests of the judge's ----------------------------------------------------------------------


class Write(Request, tag="write"):
    """Write the submission's files into the work folder, before anything of it runs.

    `files`: names and sizes; the contents follow one another in the body.
    """

    files: dict[str, int]


class Load(Request, tag="load"):
    """Import `module` from the work folder; anew where something is pretended.

    `pretend`: what the code is told is so: a kind of `grader.torchside.pretend`, '' for none.
    """

    module: str
    pretend: str = ""


class Define(Request, tag="define"):
    """Run the source of a function or class, with torch at hand, and keep what it calls `name`."""

    name: str
    source: str


class Devices(Request, tag="devices"):
    """Ask for the names of the devices, besides the CPU, that can be used over there."""


class Get(Request, tag="get"):
    target: int
    path: str


class Set(Request, tag="set"):
    target: int
    path: str
    value: Value


class Describe(Request, tag="describe"):
    """Ask for a module's parameters, buffers and children as they are now."""

    target: int


# -- requests of either side's --------------------------------------------------------------------


class Call(Request, tag="call"):
    """Call attribute `path` of object `target` ('' for the object itself).

    `watch`: say what ran (`Returned.ran`). `pretend`: as in `Load`.
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
    """Send gradients of a call's outputs back through its graph; asks for its inputs' gradients."""

    serial: int
    grads: list[tuple[int, Value]]


# -- notices --------------------------------------------------------------------------------------


class Release(Notice, tag="release"):
    """Forget objects and graphs."""

    objects: list[int]
    calls: list[int]


class Seed(Notice, tag="seed"):
    """A test begins: seed what student code draws from."""

    seed: int


class Touched(Notice, tag="touched"):
    """Tensors and modules, by number, that are no longer what the judge was last told."""

    objects: list[int]


class Noted(Notice, tag="noted"):
    """Something was done otherwise than the student asked for; `note` is a key of `NOTES`."""

    note: str


class Absent(Notice, tag="absent"):
    """The code imports a module that isn't there, or can't be loaded; a stand-in took its place."""

    module: str


class Skipped(Notice, tag="skipped"):
    """A statement of a file raised while that was loaded; what follows it was run all the same.

    `names`: some of those that it would have defined.
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
    """What a request gave.

    `brought_back`: the arguments that are there to be changed (leaves that require grad) and were,
    by the index of the tensor; `changed`: the names of other arguments that the call changed;
    `ran`: how often each thing ran, where that was asked for; `described`: modules, by number,
    that the receiver doesn't know, or no longer knows as they are.
    """

    value: Value
    brought_back: list[tuple[int, Tensor]] = []
    changed: list[str] = []
    ran: dict[str, int] = {}
    described: dict[int, Described] = {}


class Described(Reply, tag="described"):
    """A module; `inside` describes those of its children that the judge hasn't been told of."""

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
    """An exception: its own name, the builtin it derives from, and the student's own frames."""

    name: str
    builtin: str
    message: str
    frames: list[Frame]


Message = Union[Request, Reply, Notice]  # noqa: UP007
MESSAGES: Any = Union[  # noqa: UP007
    tuple(kind for base in (Request, Reply, Notice) for kind in base.__subclasses__())
]
