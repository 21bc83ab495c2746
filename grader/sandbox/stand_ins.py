"""Stand-ins for missing modules, so that code which isn't graded can go on.

Nearly every use of a stand-in works and gives another stand-in: attributes, calls, decorators,
``with``. If a real value is needed (a number, a tensor, the result of a graded function), an error
is raised that names the module.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any, NoReturn

import torch
from torch import nn

# These only show or record something. A loop over one of their results is empty.
_ONLY_SHOW = {
    "IPython", "altair", "bokeh", "comet_ml", "graphviz", "ipywidgets", "matplotlib", "mlflow",
    "neptune", "plotly", "pylab", "seaborn", "tensorboard", "tensorboardX", "torchsummary",
    "torchinfo", "torchview", "torchviz", "visdom", "wandb",
}  # fmt: skip
# These show the progress of a loop. A loop over their result runs over their argument.
_PROGRESS = {"alive_progress", "fastprogress", "progress", "progressbar", "rich", "tqdm"}
_LOOPS = {"trange": range, "tenumerate": enumerate, "tzip": zip}
# Methods that give a value, or change something that is graded.
_WORKING = {"backward", "item", "numpy", "step", "tolist", "zero_grad"}
_TOLD = {"__version__", "__file__"}
# The special methods by which Python and NumPy ask an object for a value.
_ASKS = """
    abs add and array complex contains divmod float floordiv fspath ge gt index int invert le lshift
    lt matmul mod mul neg next pos pow radd rand rdivmod reversed rfloordiv rlshift rmatmul rmod
    rmul round rpow rrshift rshift rsub rtruediv rxor sub truediv trunc xor
"""
_LIGHTNING = {"lightning", "pytorch_lightning"}
_UNPACKS = {dis.opmap["UNPACK_SEQUENCE"], dis.opmap["UNPACK_EX"]}


class LightningModule(nn.Module):
    """Stands for Lightning's class: an `nn.Module`, too. What it logs is dropped."""

    @property
    def device(self) -> torch.device:
        return next((p.device for p in self.parameters()), torch.device("cpu"))

    def log(self, *_: object, **__: object) -> None:
        """Do nothing: nobody reads the log."""

    log_dict = save_hyperparameters = log


class StandIn:
    """Stands for `path` of a missing module, such as ``matplotlib.pyplot.plot()``."""

    __slots__ = ("_called", "_loop", "_module", "_path")
    _path: str
    _module: str
    _called: bool
    _loop: Any

    def __init__(self, path: str, module: str, *, called: bool = False, loop: Any = None) -> None:
        """`module`: the missing one; `called`: a call gave this; `loop`: what it iterates over."""
        put = object.__setattr__
        put(self, "_path", path)
        put(self, "_module", module)
        put(self, "_called", called)
        put(self, "_loop", loop)

    def needed(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `ModuleNotFoundError`, because the code needs a value here."""
        raise ModuleNotFoundError(
            f"there is no module `{self._module}` where your code is graded, so `{self._path}` has "
            "no value",
            name=self._module,
        )

    # -- uses that work ---------------------------------------------------------------------------

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__") and name not in _TOLD:
            raise AttributeError(name)
        return StandIn(f"{self._path}.{name}", self._module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        method = self._path.rpartition(".")[2]
        if len(args) == 1 and not kwargs and isinstance(args[0], (FunctionType, type)):
            return args[0]  # as a decorator, it returns its argument unchanged
        loop = None
        if self._module in _PROGRESS:
            given = args[0] if args else kwargs.get("iterable", kwargs.get("sequence"))
            loop = _LOOPS[method](*args) if method in _LOOPS else given
        elif method in _WORKING and self._module not in _ONLY_SHOW:
            self.needed()
        return StandIn(f"{self._path}()", self._module, called=True, loop=loop)

    def __getitem__(self, key: Any) -> StandIn:
        return StandIn(f"{self._path}[…]", self._module, called=self._called)

    def __setattr__(self, name: str, value: Any) -> None:
        """Do nothing: the value isn't kept."""

    __delattr__ = __setitem__ = __delitem__ = __setattr__  # type: ignore[assignment]

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        """Don't stop exceptions."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        def new(cls: type, *_: Any, **__: Any) -> NoReturn:
            self.needed()

        name = self._path.rpartition(".")[2]
        if self._module in _LIGHTNING and name == LightningModule.__name__:
            return (LightningModule,)
        return (type(name, (), {"__new__": new}),)

    def __instancecheck__(self, value: Any) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    def __or__(self, other: Any) -> StandIn:  # an annotation: `pd.DataFrame | None`
        return self

    __ror__ = __or__

    def __copy__(self) -> StandIn:
        return self

    def __deepcopy__(self, memo: Any) -> StandIn:
        return self

    def __repr__(self) -> str:
        return f"<{self._path}: no module {self._module}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    # -- uses that need a value -------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        if self._loop is not None:
            return iter(self._loop)
        if count := _unpacked(sys._getframe(1)):  # fig, axes = plt.subplots()
            return iter([self[n] for n in range(count)])
        return iter(()) if self._module in _ONLY_SHOW else self.needed()

    def __len__(self) -> int:
        if self._loop is not None:
            return len(self._loop)
        return 0 if self._module in _ONLY_SHOW else self.needed()

    def __bool__(self) -> bool:
        return True if self._loop is not None or not self._called else self.needed()

    def __eq__(self, other: object) -> bool:
        return self is other if not self._called else self.needed()

    __hash__ = object.__hash__

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in [*args, *(kwargs or {}).values()]:
            for part in value if isinstance(value, (list, tuple)) else [value]:
                if type(part) is StandIn:
                    part.needed()
        return NotImplemented


for _name in _ASKS.split():
    setattr(StandIn, f"__{_name}__", StandIn.needed)


def _unpacked(frame: Any) -> int:
    """The number of values that a frame is unpacking: 2 for ``a, b = x``, or 0 if it isn't."""
    code, place = frame.f_code.co_code, frame.f_lasti
    return code[place + 1] if code[place] in _UNPACKS else 0
