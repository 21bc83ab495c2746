"""A loss curve, and the band where a right loss lies, as coordinates for an SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 200  # of the plot, without its axes
MOST = 400  # points of a curve
ABOVE = 2.5  # how far above the band the picture goes, in heights of the band


@dataclass(frozen=True)
class Picture:
    """What to draw: `band` is a polygon's points, and `lines` are the points of polylines.

    `across` and `up` are ticks, each with its position and its label.
    """

    band: str
    lines: list[str]
    dots: list[tuple[float, float]]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    summary: str


def picture(curve: Sequence[float], band: Sequence[tuple[float, float]]) -> Picture | None:
    """The picture of a curve of any numbers, or None if it is empty."""
    if not curve:
        return None
    epochs = max(len(curve), len(band))
    low, high = _limits(curve, band)
    stride = math.ceil(epochs / MOST)

    def point(epoch: int, loss: float) -> tuple[float, float]:
        x = WIDTH * (epoch / (epochs - 1) if epochs > 1 else 0.5)
        # What lies far outside the picture is drawn a little outside.
        y = HEIGHT * min(3.0, max(-2.0, (high - loss) / (high - low)))
        return round(x, 1), round(y, 1)

    lines: list[list[tuple[float, float]]] = [[]]
    for epoch in range(0, len(curve), stride):
        if math.isfinite(curve[epoch]):
            lines[-1].append(point(epoch, curve[epoch]))
        elif lines[-1]:
            lines.append([])
    edges = [*range(0, len(band), stride)]
    upper = [point(epoch, band[epoch][1]) for epoch in edges]
    lower = [point(epoch, band[epoch][0]) for epoch in reversed(edges)]
    return Picture(
        band=_points([*upper, *lower]) if len(band) > 1 else "",
        lines=[_points(line) for line in lines if len(line) > 1],
        dots=[p for line in lines for p in line] if len(curve) <= 60 else [],
        across=[(point(e, low)[0], str(e + 1)) for e in _epochs(epochs)],
        up=[(point(0, loss)[1], f"{loss:.3g}") for loss in _ticks(low, high)],
        summary=_summary(curve, band),
    )


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _limits(curve: Sequence[float], band: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The range that the picture shows: the band, and the curve as far as it is near."""
    losses = [loss for loss in curve if math.isfinite(loss)]
    edges = [edge for pair in band for edge in pair if math.isfinite(edge)]
    if edges:
        room = ABOVE * (max(edges) - min(edges) or 1.0)
        losses = [min(max(edges) + room, max(min(edges) - room, loss)) for loss in losses]
    shown = [*losses, *edges] or [0.0, 1.0]
    low, high = min(0.0, min(shown)), max(shown)
    # The range is never so small that it is lost to rounding.
    room = max(0.05 * (high - low), 1e-6 * max(-low, abs(high))) or 1.0
    return (low, high + room) if math.isfinite(high + room - low) else (-1e6, 1e6)


def _epochs(count: int) -> list[int]:
    """At most six epochs to label, including the first and the last."""
    step = max(1, math.ceil((count - 1) / 5))
    named = list(range(0, count, step))
    return named if named[-1] == count - 1 else [*named[: (count - 2) // step + 1], count - 1]


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers in the range."""
    raw = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _summary(curve: Sequence[float], band: Sequence[tuple[float, float]]) -> str:
    """The picture in words, for those who can't see it."""
    epochs = f"{len(curve)} epoch{'' if len(curve) == 1 else 's'}"
    odd = next((e for e, loss in enumerate(curve, 1) if not math.isfinite(loss)), None)
    if odd is not None:
        text = f"Your loss stopped being a finite number at epoch {odd} of {len(curve)}."
    else:
        text = f"Your loss went from {curve[0]:.3g} to {curve[-1]:.3g} in {epochs}."
    if band:
        last = band[-1]
        text += f" A right loss ends between {last[0]:.3g} and {last[1]:.3g}."
    return text
