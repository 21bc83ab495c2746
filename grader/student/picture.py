"""The picture that an exercise makes: all its plots, drawn with the student's own code.

As a program, in a process of its own: `python -m grader.student.picture EXERCISE`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.assignment.exercises import Exercise
from grader.assignment.plots import plots_of
from grader.student.store import Store
from grader.suite.local import Local

NO_MATPLOTLIB = 3  # the program's exit code where that is missing
DOTS = 100  # an inch


def picture_of(exercise: Exercise) -> Path:
    """Where the picture lies, if it was drawn."""
    return Store(exercise.folder.parent).folder / "pictures" / f"{exercise.name}.png"


def can_draw(exercise: Exercise) -> bool:
    """Whether there is something to draw, and matplotlib to draw it with."""
    return bool(plots_of(exercise)) and importlib.util.find_spec("matplotlib") is not None


def draw(exercise: Exercise, names: Mapping[str, Any]) -> Path:
    """Run the plots with the names that a student's code defines; save the figures as one picture.

    Their output is dropped, torch's generator stays as it was, and their exceptions are passed on.
    """
    import torch
    from matplotlib import pyplot as plt

    strips: list[Any] = []

    def show(*_: Any, **__: Any) -> None:
        for number in plt.get_fignums():
            drawn = io.BytesIO()
            plt.figure(number).savefig(
                drawn, format="png", dpi=DOTS, bbox_inches="tight", facecolor="white"
            )
            strips.append(plt.imread(io.BytesIO(drawn.getvalue())))
        plt.close("all")

    own, known = plt.show, {"torch": torch, "nn": torch.nn, **names, "__name__": "plots"}
    try:
        plt.show = show
        with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng([]):
            torch.manual_seed(0)
            for plot in plots_of(exercise):
                plt.figure(figsize=(8, 0.3)).text(0, 0.3, plot.title, fontweight="bold")
                show()
                exec(compile(plot.code, "plots.py", "exec"), known)
    finally:
        plt.show = own
        plt.close("all")
    place = picture_of(exercise)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}.png")
    plt.imsave(draft, _stacked(strips))
    draft.replace(place)
    return place


def _stacked(strips: list[Any]) -> Any:
    """Pictures of (height, width, 4), one below the other, on white."""
    import numpy as np

    width = max(strip.shape[1] for strip in strips)
    filled = [
        np.pad(s, ((6, 6), (10, 10 + width - s.shape[1]), (0, 0)), constant_values=1)
        for s in strips
    ]
    return np.vstack(filled)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    given = Exercise(Path(sys.argv[1]))
    if not can_draw(given):
        sys.exit(NO_MATPLOTLIB)
    draw(given, vars(Local().module(given)))
