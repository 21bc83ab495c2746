"""Suggest the name that was probably meant by a misspelt or wrong one.

A suggestion exists, and differs by little more than a letter.
"""

from __future__ import annotations

import builtins
import difflib
import importlib
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

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


def on_name(name: str, names: Mapping[str, Any]) -> str:
    """A suggestion for an undefined name; `names` are those that are defined. '' for none."""
    if name in USUAL:
        return f"`{name}` is not imported in this file: add `{USUAL[name]}` at its top."
    if meant := closest(name, {*names, *dir(builtins)} - {name}):
        return f"Did you mean `{meant}`?"
    place = _place_of(name)
    return f"Did you mean `{place}.{name}`?" if place else ""


def meant_on(name: str, thing: Any) -> str:
    """A suggestion for a missing attribute of `thing`: another, or a name elsewhere in torch."""
    tensor, module = imported("torch.Tensor"), imported("torch.nn.Module")
    if isinstance(thing, tensor) and name in NUMPY_NAMES:
        return f"Did you mean `{NUMPY_NAMES[name]}`? (`{name}` is NumPy's name for it.)"
    known = isinstance(thing, (tensor, module))
    if not known and not (isinstance(thing, ModuleType) and thing.__name__ in sys.modules):
        return ""
    if other := closest(name, dir(thing)):
        return f"Did you mean `{other}`?"
    place = _place_of(name) if known or thing.__name__.startswith("torch") else ""
    return f"Did you mean `{place}.{name}`?" if place else ""


def _place_of(name: str) -> str:
    """Where torch has exactly this name: "torch.nn.functional"; '' for nowhere."""
    return next((p for p in PLACES if not name.startswith("_") and hasattr(imported(p), name)), "")


def imported(path: str) -> Any:
    """A module, or a class in one, by its dotted name. torch is there: student code needed it."""
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def closest(name: str, names: Iterable[str]) -> str:
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
