"""Advice after an exception: names that were probably meant, and what an error means.

Advice must be true for every piece of code that gets it: none is better than a false one.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from grader.student.names import closest, imported, meant_on, on_name
from grader.suite.checks.mismatch import Mismatch

LOST_GRAPH = (
    "A Python float has lost its graph, so no gradient can flow back from it. `.item()` and "
    "`float()` turn a tensor into a Python number."
)
# Parts of torch's messages, and advice that is true wherever they appear.
TORCH_SAYS = {
    "a leaf Variable that requires grad is being used in an in-place operation": (
        "Such a tensor may be changed in place only inside `with torch.no_grad():`."
    ),
    "does not require grad and does not have a grad_fn": (
        "A graph ends at `.item()`, `.detach()`, `.data` and `torch.tensor(...)`, and there is "
        "none inside `torch.no_grad()`."
    ),
    "mean(): could not infer output dtype": (
        "`mean()` needs floating-point numbers: `.float()` converts True and False, and whole "
        "numbers."
    ),
}
# Methods that change something and return None: where their result is.
RETURN_NONE = {
    "backward": "`backward()` returns None: it leaves the gradients in `.grad`.",
    "step": "An optimizer's `step()` returns None: it changes the parameters.",
    "zero_grad": "`zero_grad()` returns None.",
    "append": "`append()` returns None: it changes the list.",
}


def advice_on(error: BaseException, names: Mapping[str, Any], line: str) -> str:
    """Advice on an exception, or ''. `names`: those known where it was raised; `line`: the code."""
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
            return on_name(error.name, names)
        case RuntimeError():
            return next((text for part, text in TORCH_SAYS.items() if part in str(error)), "")
    return ""


def advice_on_mismatch(mismatch: Mismatch, student: Any, target: str) -> str:
    """Advice if a check got None or a Python float instead of a tensor; else ''."""
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
    return error.name, closest(error.name, own)


def returns_nothing(student: Any, target: str) -> str:
    """Why `target` gave None, if its source leaves no doubt; else ''."""
    written = _written(student, target)
    function = _source_of(written)
    if function is None:
        return ""
    returned = [node.value for node in _returns(function)]
    if all(value is None for value in returned):
        return f"`{written.__qualname__}` has no `return` with a value, so calling it gives None."
    for value in returned:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            return RETURN_NONE.get(value.func.attr, "")
    return ""


def returning_line(student: Any, target: str) -> tuple[str, int, str] | None:
    """File, number and text of the only line in which `target` returns something; else None."""
    written = _written(student, target)
    function = _source_of(written)
    returns = [] if function is None else list(_returns(function))
    if len(returns) != 1:
        return None
    lines, first = inspect.getsourcelines(written)
    at = returns[0].lineno - 1
    return written.__code__.co_filename, first + at, lines[at].strip()


def _written(student: Any, target: str) -> Any:
    """The student's own function, or the `forward` of their class; None for anything else."""
    written: Any = getattr(student, target, None)
    written = inspect.unwrap(getattr(written, "forward", written))
    own = getattr(written, "__module__", "") == getattr(student, "__name__", None)
    return written if own and inspect.isfunction(written) else None


def _source_of(written: Any) -> ast.FunctionDef | None:
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(written))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    return node if isinstance(node, ast.FunctionDef) else None


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
        meant = closest(module, {"torch", "numpy", *sys.stdlib_module_names})
        if meant:
            return f"Did you mean `{meant}`?"
        return "Is the name right? The exercises need only torch, NumPy and Python's own modules."
    asked = re.match(r"cannot import name '(\w+)'", str(error))
    if asked and module in sys.modules:
        return meant_on(asked[1], sys.modules[module])
    return ""


def _on_attribute(thing: Any, name: str, line: str) -> str:
    if thing is None:
        unreached = f".grad.{name}" in line
        return "`.grad` is None until `backward()` has computed a gradient." if unreached else ""
    if isinstance(thing, float):
        return LOST_GRAPH if hasattr(imported("torch.Tensor"), name) else ""
    return meant_on(name, thing)
