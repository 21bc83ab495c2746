"""What all proxies are: a number of a sandbox, and the way there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch

from grader.wire.codec import Decoder, Proxy
from grader.wire.errors import Gone
from grader.wire.structs import Described


class Home(Protocol):
    """The sandbox that a proxy's object lives in, as far as a proxy needs it."""

    def call(
        self,
        number: int,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        name: str = "",
    ) -> Any:
        """Call attribute `path` of an object; `name` is what the student calls it."""

    def get(self, number: int, path: str) -> Any:
        """An object's attribute."""

    def assign(self, number: int, path: str, value: Any) -> None:
        """Set an object's attribute."""

    def describe(self, number: int) -> tuple[Described, Decoder]:
        """A module's parameters, buffers and children, as they are now."""

    def fetch(self, number: int) -> torch.Tensor:
        """A tensor as it is now, with its gradient."""

    def age(self, number: int) -> tuple[int, int]:
        """What changes whenever something was done to an object."""

    def forget(self, number: int) -> None:
        """A proxy of the object is gone."""


class Remote(Proxy):
    """Stands for object `_remote` of one sandbox."""

    _home: Home
    _remote: int


def gone() -> Gone:
    """The error for an object that went with its sandbox."""
    return Gone("an object that your code had made was lost when its process ended")


def number_of(home: Home, value: Any) -> int | None:
    """The number of what `value` stands for in this sandbox; None where it stands for nothing."""
    state = getattr(value, "__dict__", {})
    if not isinstance(value, (Remote, torch.Tensor)) or "_remote" not in state:
        return None
    if state["_home"] is not home:
        raise gone()
    number: int = state["_remote"]
    return number
