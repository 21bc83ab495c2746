"""What may help after an exception: names that were meant, and what an error means.

Everything said here must be true of every code that gets it: no advice is better than a false one.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from grader.suite.checks.mismatch import Mismatch

# The names by which files of this field import what they use.
USUAL = {
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
    "np": "import numpy as np",
    "optim": "from torch import optim",
    "torch": "import torch",
    "math": "import math",
    "Tensor": "from torch import Tensor",
    "OrderedDict": "from collections import OrderedDict",
}
NUMPY_NAMES = {"astype": "to", "copy": "clone"}  # a NumPy array's method: the tensor's
PLACES = ("torch", "torch.nn.functional", "torch.nn", "torch.optim", "torch.Tensor")
LOST_GRAPH = (
    "A Python float has lost its graph, so no gradient can flow back from it. `.item()` and "
    "`float()` turn a tensor into a Python number."
)
# Methods that change something and return None: where their result is.
RETURN_NONE = {
    "backward": "`backward()` returns None: it leaves the gradients in `.grad`.",
    "step": "An optimizer's `step()` returns None: it changes the parameters.",
    "zero_grad": "`zero_grad()` returns None.",
    "append": "`append()` returns None: it changes the list.",
}


def advice_on(error: BaseException, names: Mapping[str, Any], line: str) -> str:
    """What may help, or ''. `names`: what was defined where it was raised; `line`: the code."""
    if asks_for_input(error):
        return "Nobody types during a test: take what you need from the arguments."
    if isinstance(error.__cause__ or error, SystemExit):
        return "It asks Python to stop: take that call out."
    match error:
        case RecursionError():
            return "A function calls itself without end."
        case ImportError():
            return _on_import(error)
        case AttributeError() if error.name:
            return _on_attribute(error.obj, error.name, line)
        case UnboundLocalError():
            return ""
        case NameError() if error.name:
            return _on_name(error.name, names)
    return ""


def advice_on_mismatch(mismatch: Mismatch, student: Any, target: str) -> str:
    """What may help where a check got None or a Python float in place of a tensor."""
    first = mismatch.ranked[0]
    if first.kind != "type":
        return ""
    if first.theirs == "None":
        return returns_nothing(student, target)
    return LOST_GRAPH if first.theirs == "a float" and first.ours == "a tensor" else ""


def asks_for_input(error: BaseException) -> bool:
    return isinstance(error, OSError) and "reading from stdin" in str(error)


def missing_in(error: BaseException, student: Any) -> tuple[str, str] | None:
    """The name that the student's module lacks, and the one of its own that was meant, or ''."""
    if not isinstance(error, AttributeError) or not error.name or student is None:
        return None
    if error.obj is not student:
        return None
    module = getattr(student, "__name__", None)
    own = [
        name
        for name, value in vars(student).items()
        if callable(value) and getattr(value, "__module__", None) == module
    ]
    return error.name, _closest(error.name, own)


def returns_nothing(student: Any, target: str) -> str:
    """Why `target` may have given None, as far as its source says so for certain."""
    written: Any = getattr(student, target, None)
    written = inspect.unwrap(getattr(written, "forward", written))
    if getattr(written, "__module__", "") != getattr(student, "__name__", None):
        return ""
    try:
        function = ast.parse(textwrap.dedent(inspect.getsource(written))).body[0]
    except (OSError, TypeError, SyntaxError):
        return ""
    if not isinstance(function, ast.FunctionDef):
        return ""
    returned = [node.value for node in _returns(function)]
    if all(value is None for value in returned):
        return f"`{function.name}` has no `return` with a value, so calling it gives None."
    for value in returned:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            return RETURN_NONE.get(value.func.attr, "")
    return ""


def _returns(function: ast.AST) -> Iterator[ast.Return]:
    """The `return`s of a function, without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _returns(node)


def _on_import(error: ImportError) -> str:
    module = error.name or ""
    if isinstance(error, ModuleNotFoundError):
        if module == "pytorch":
            return "PyTorch is imported as `torch`."
        meant = _closest(module, {"torch", "numpy", *sys.stdlib_module_names})
        if meant:
            return f"Did you mean `{meant}`?"
        return "Is the name right? The exercises need only torch, NumPy and Python's own modules."
    asked = re.match(r"cannot import name '(\w+)'", str(error))
    if asked and module in sys.modules:
        return _meant(asked[1], sys.modules[module])
    return ""


def _on_name(name: str, names: Mapping[str, Any]) -> str:
    if name in USUAL:
        return f"`{name}` is not imported in this file: add `{USUAL[name]}` at its top."
    if meant := _closest(name, {*names, *dir(builtins)} - {name}):
        return f"Did you mean `{meant}`?"
    place = _place_of(name)
    return f"Did you mean `{place}.{name}`?" if place else ""


def _on_attribute(thing: Any, name: str, line: str) -> str:
    if thing is None:
        unreached = f".grad.{name}" in line
        return "`.grad` is None until `backward()` has brought a gradient." if unreached else ""
    if isinstance(thing, float):
        return LOST_GRAPH if hasattr(_imported("torch.Tensor"), name) else ""
    return _meant(name, thing)


def _meant(name: str, thing: Any) -> str:
    """The attribute of `thing`, or of torch at another place, that `name` was to be."""
    tensor, module = _imported("torch.Tensor"), _imported("torch.nn.Module")
    if isinstance(thing, tensor) and name in NUMPY_NAMES:
        return f"Did you mean `{NUMPY_NAMES[name]}`? (`{name}` is NumPy's name for it.)"
    known = isinstance(thing, (tensor, module))
    if not known and not (isinstance(thing, ModuleType) and thing.__name__ in sys.modules):
        return ""
    if meant := _closest(name, dir(thing)):
        return f"Did you mean `{meant}`?"
    place = _place_of(name) if known or thing.__name__.startswith("torch") else ""
    return f"Did you mean `{place}.{name}`?" if place else ""


def _place_of(name: str) -> str:
    """Where torch has exactly this name: "torch.nn.functional"; '' for nowhere."""
    return next((p for p in PLACES if not name.startswith("_") and hasattr(_imported(p), name)), "")


def _imported(path: str) -> Any:
    """A module, or a class in one, by its dotted name. torch is there: student code needed it."""
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def _closest(name: str, names: Iterable[str]) -> str:
    """The public name that is most like `name`: underscores and capitals count for nothing."""
    in_place = name.endswith("_")  # `add_` is another method than `add`
    plain: dict[str, str] = {}
    for other in sorted(names, key=lambda other: (other.endswith("_") != in_place, other)):
        if not other.startswith("_"):
            plain.setdefault(_plain(other), other)
    if _plain(name) in plain:
        return plain[_plain(name)]
    few = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.8)
    return plain[few[0]] if few else ""


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
