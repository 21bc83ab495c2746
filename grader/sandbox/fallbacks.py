"""Replacements for what a sandbox can't do; they give the same values.

A sandbox can't start processes, so a `DataLoader` loads its data in the same process. There is no
compiler, so `torch.compile` returns its argument. The judge is told about both.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader


def install(note: Callable[[str], None]) -> None:
    """Replace both in this process; `note` is called with a key of `structs.NOTES`."""
    _load_in_process(note)
    _run_eagerly(note)


def _load_in_process(note: Callable[[str], None]) -> None:
    original = DataLoader.__init__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        asked = bound.arguments.get("num_workers")
        if isinstance(asked, int) and asked > 0:
            note("num_workers")
            bound.arguments["num_workers"] = 0
            for name in ("prefetch_factor", "persistent_workers", "timeout", "worker_init_fn"):
                bound.arguments.pop(name, None)
            bound.arguments.pop("multiprocessing_context", None)
        original(*bound.args, **bound.kwargs)

    DataLoader.__init__ = init  # type: ignore[method-assign]


def _run_eagerly(note: Callable[[str], None]) -> None:
    @functools.wraps(torch.compile)
    def compile(model: Any = None, **options: Any) -> Any:
        note("compile")
        return (lambda decorated: decorated) if model is None else model

    def compile_module(self: torch.nn.Module, *args: Any, **options: Any) -> None:
        note("compile")

    torch.compile = compile
    torch.nn.Module.compile = compile_module  # type: ignore[method-assign]
