"""Draw the lessons' pictures: `python exercises/pictures.py` writes them beside the lessons.

Each is an SVG of a few kilobytes, computed from the kit's own answers and data. It follows the
reader's light or dark mode. It is for instructors: students get the pictures, not this file.
"""

from __future__ import annotations

import base64
import math
import runpy
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.assignment.data import load_mnist, load_thermometer

HERE = Path(__file__).parent
STYLE = """
svg { --ink: #1f2328; --soft: #656d76; --line: #d1d9e0; --paper: #ffffff;
  --blue: #0969da; --red: #cf222e; --green: #1a7f37; font: 13px system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #151b23;
    --blue: #4493f8; --red: #ff7b72; --green: #3fb950 } }
text { fill: var(--ink) } .soft { fill: var(--soft) } .m { text-anchor: middle }
.e { text-anchor: end } .big { font-size: 15px; font-weight: 600 }
.axis { stroke: var(--soft) } .grid { stroke: var(--line) } path, line { fill: none }
.blue { stroke: var(--blue) } .red { stroke: var(--red) } .green { stroke: var(--green) }
.curve { stroke-width: 2.2 } .dash { stroke-dasharray: 5 4 }
.in-blue { fill: var(--blue) } .in-red { fill: var(--red) } .in-green { fill: var(--green) }
.box { fill: none; stroke: var(--ink) } img, image { image-rendering: pixelated }
"""


def answers(exercise: str) -> dict[str, Any]:
    [file] = (HERE.parent / "solutions" / exercise).glob(f"{exercise.partition('_')[2]}.py")
    return runpy.run_path(str(file))


# --- drawing --------------------------------------------------------------------------------------


def svg(width: int, height: int, title: str, *parts: str | Iterable[str]) -> str:
    drawn = "\n".join(p if isinstance(p, str) else "\n".join(p) for p in parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" style="fill: var(--paper)"/>\n'
        f"{drawn}\n</svg>\n"
    )


def text(x: float, y: float, words: str, style: str = "m") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{words}</text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str = "axis") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def dot(x: float, y: float, style: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="{style}"/>'


def rect(x: float, y: float, w: float, h: float, style: str, opacity: float = 1) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" class="{style}" '
        f'fill-opacity="{opacity:.2f}"/>'
    )


def arrow(x1: float, x2: float, y: float) -> str:
    return line(x1, y, x2, y) + f'<path d="M{x2 - 6:.1f} {y - 4:.1f} l6 4 l-6 4" class="axis"/>'


def number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


class Plot:
    """A plot at (left, top): data in (x, y), drawn with axes, ticks and their names."""

    def __init__(
        self,
        place: tuple[float, float, float, float],
        x: tuple[float, float],
        y: tuple[float, float],
        log: bool = False,
    ) -> None:
        self.left, self.top, self.width, self.height = place
        self.x_range, self.log = x, log
        self.y_range = (math.log10(y[0]), math.log10(y[1])) if log else y

    def at(self, x: float, y: float) -> tuple[float, float]:
        y = math.log10(y) if self.log else y
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        right = self.left + self.width * (x - x0) / (x1 - x0)
        return right, self.top + self.height * (1 - (y - y0) / (y1 - y0))

    def axes(self, xs: dict[float, str], ys: dict[float, str], x: str, y: str) -> Iterable[str]:
        bottom, right = self.top + self.height, self.left + self.width
        for value, said in ys.items():
            _, height = self.at(self.x_range[0], value)
            yield line(self.left, height, right, height, "grid")
            yield text(self.left - 7, height + 4, said, "e soft")
        base = 10 ** self.y_range[0] if self.log else self.y_range[0]
        for value, said in xs.items():
            place, _ = self.at(value, base)
            yield line(place, bottom, place, bottom + 4)
            yield text(place, bottom + 18, said, "m soft")
        yield line(self.left, bottom, right, bottom)
        yield text((self.left + right) / 2, bottom + 37, x, "m soft")
        yield text(self.left, self.top - 10, y, "soft")

    def curve(self, points: Iterable[tuple[float, float]], style: str) -> str:
        places = (self.at(x, y) for x, y in points)
        return f'<path d="M{" ".join(f"{x:.1f} {y:.1f}" for x, y in places)}" class="{style}"/>'

    def dots(self, xs: Tensor, ys: Tensor, style: str) -> list[str]:
        return [dot(*self.at(x, y), style) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def picture(values: Tensor) -> str:
    """A PNG of (H, W) values from -1 (red) to 1 (blue), as a data URL; 0 is transparent."""
    blue, red = (47, 129, 247), (229, 72, 77)  # seen on white and on black
    rows = b""
    for row in values.clamp(-1, 1).tolist():
        rows += b"\0"
        for value in row:
            rows += bytes((*(blue if value > 0 else red), round(abs(value) * 255)))
    height, width = values.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        png += struct.pack(">I", len(data)) + kind + data
        png += struct.pack(">I", zlib.crc32(kind + data))
    return "data:image/png;base64," + base64.b64encode(png).decode()


# --- the pictures ---------------------------------------------------------------------------------


def softmax() -> str:
    scores = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    probabilities = answers("01_losses")["log_softmax"](scores).exp()
    steps = [
        ("scores", scores, 0, ("exp", "exp")),
        ("positive", scores.exp(), 2, [f"÷ {v:.2f}" for v in scores.exp().sum(1).tolist()]),
        ("probabilities", probabilities, 3, ()),
    ]
    parts = []
    for place, (name, values, digits, leads) in enumerate(steps):
        left = 24 + 245 * place
        parts.append(text(left + 87, 28, name, "m big"))
        for row in range(2):
            top = 46 + 54 * row
            for c, value in enumerate(values[row].tolist()):
                share = probabilities[row, c].item() if place == 2 else 0
                parts += [
                    rect(left + 58 * c, top, 58, 38, "in-blue", 0.5 * share),
                    rect(left + 58 * c, top, 58, 38, "box", 0),
                    text(left + 58 * c + 29, top + 24, number(value, digits)),
                ]
        for row, said in enumerate(leads):
            parts.append(text(left + 209, 60 + 54 * row, said, "m soft"))
            parts.append(arrow(left + 182, left + 237, 66 + 54 * row))
    sums = "+".join(f" {v:.2f} " for v in scores[0].exp().tolist())
    said = f"the sum of the first row: {sums} = {scores[0].exp().sum():.2f}"
    parts.append(text(24 + 245 + 87, 168, said, "m soft"))
    parts.append(text(24 + 490 + 174, 168, "each row sums to 1", "e soft"))
    return svg(712, 186, "Two rows of scores become two rows of probabilities", parts)


def loss() -> str:
    log_softmax, nll = (answers("01_losses")[name] for name in ("log_softmax", "nll"))
    plot = Plot((56, 42, 470, 220), (0, 1), (0, 5))

    def cost(p: float) -> float:
        row = torch.tensor([[p, 1 - p]], dtype=torch.float64).log()
        return float(nll(row, torch.tensor([0])))

    rows = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]], dtype=torch.float64)
    first, second = log_softmax(rows).exp()[[0, 1], [0, 1]].tolist()
    marked = [
        (second, "the second row: nearly sure, and wrong", "in-red"),
        (0.1, "ten digits, and no idea: log 10", "in-green"),
        (first, "the first row: right", "in-blue"),
    ]
    parts: list[str] = []
    for p, said, style in marked:
        x, y = plot.at(p, cost(p))
        parts += [dot(x, y, style), text(x + 12, y - 6, f"{said}, {cost(p):.4f}", "")]
    ticks = {value / 4: f"{value / 4:g}" for value in range(5)}
    return svg(
        580,
        312,
        "What a sample costs, by the probability that its right class was given",
        plot.axes(ticks, {n: str(n) for n in range(6)}, "probability of the right class", "loss"),
        plot.curve(((p, cost(p)) for p in (0.0068 * 1.04**n for n in range(128))), "blue curve"),
        parts,
    )


def batch() -> str:
    digits = load_mnist()
    boxes = [
        ("xb", "(N, 784)", 30, 190, 110),
        ("weights", "(784, 10)", 270, 60, 190),
        ("bias", "(10,)", 400, 60, 18),
        ("scores", "(N, 10)", 540, 60, 110),
    ]
    top = 62
    parts = []
    for name, shape, left, width, height in boxes:
        parts += [
            rect(left, top, width, height, "box", 0),
            text(left + width / 2, 28, name, "m big"),
            text(left + width / 2, 48, shape, "m soft"),
        ]
    parts += [
        text(245, 122, "@", "m big"),
        text(365, 76, "+", "m big"),
        text(500, 122, "=", "m big"),
    ]
    row, column = top + 36, 24  # which sample, and which class
    parts += [
        rect(30, row, 190, 14, "in-blue", 0.35),
        rect(270 + column, top, 8, 190, "in-red", 0.35),
        rect(400 + column, top, 8, 18, "in-red", 0.35),
        rect(540, row, 60, 14, "in-blue", 0.2),
        rect(540 + column, row, 8, 14, "in-red", 0.8),
    ]
    image = digits.x_train[0].reshape(28, 28)
    parts += [
        f'<image x="30" y="196" width="56" height="56" href="{picture(image)}"/>',
        rect(30, 196, 56, 56, "box", 0),
        text(98, 218, "a row is a picture:", "soft"),
        text(98, 235, "28 × 28 = 784 pixels", "soft"),
        text(345, 150, "a column is a class:", "soft"),
        text(345, 167, "a weight for each pixel", "soft"),
        text(626, 208, "one score:", "e soft"),
        text(626, 225, "this picture, this class", "e soft"),
        line(568, 194, 568, row + 18, "axis"),
    ]
    return svg(640, 272, "A batch of N pictures times the weights gives N rows of scores", parts)


def weights() -> str:
    scratch = answers("02_scratch")
    digits = load_mnist()
    torch.manual_seed(0)
    learned, bias = scratch["init_params"]()
    scratch["train"](digits.x_train, digits.y_train, learned, bias, 1000, 64, 0.2)
    parts = []
    for digit in range(10):
        left, top = 16 + 118 * (digit % 5), 34 + 138 * (digit // 5)
        image = 2 * learned[:, digit].detach().reshape(28, 28)
        parts += [
            text(left + 52, top - 8, str(digit), "m big"),
            f'<image x="{left}" y="{top}" width="104" height="104" href="{picture(image)}"/>',
            f'<rect x="{left}" y="{top}" width="104" height="104" class="grid" fill="none"/>',
        ]
    parts.append(text(304, 300, "blue speaks for the digit, red against it", "m soft"))
    return svg(608, 316, "The learned weights of each digit, as a picture", parts)


def zero_grad() -> str:
    digits = load_mnist()

    def costs(clear: bool) -> list[tuple[float, float]]:
        torch.manual_seed(0)
        model, seen = nn.Linear(784, 10), []
        for step in range(1, 95):
            part = slice(64 * (step - 1), 64 * step)
            cost = F.cross_entropy(model(digits.x_train[part]), digits.y_train[part])
            cost.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 0.5 * p.grad
            if clear:
                model.zero_grad()
            seen.append((step, cost.item()))
        return seen

    plot = Plot((62, 42, 440, 220), (0, 95), (0.2, 20), log=True)
    kept, cleared = costs(False), costs(True)
    return svg(
        640,
        312,
        "The loss of each batch, with and without clearing the gradients",
        plot.axes(
            {n: str(n) for n in range(0, 81, 20)},
            {v: f"{v:g}" for v in (0.2, 0.5, 1, 2, 5, 10, 20)},
            "batch of the first epoch",
            "loss",
        ),
        plot.curve(kept, "red curve"),
        plot.curve(cleared, "blue curve"),
        text(510, plot.at(0, kept[-1][1])[1] + 4, "never cleared", ""),
        text(510, plot.at(0, cleared[-1][1])[1] + 4, "cleared each time", ""),
    )


def residuals() -> str:
    x, y = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 3.0, 5.0])
    parts: list[str] = []
    w, b = 0.0, 0.0
    for step in range(3):
        plot = Plot((46 + 226 * step, 66, 165, 186), (-0.3, 2.4), (0, 6))
        error = w * x + b - y
        cost = error.square().mean().item()
        ticks = {n: str(n) for n in range(3)}
        name = ("at the start", "after one step", "after two steps")[step]
        parts += plot.axes(ticks, {n: str(n) for n in (0, 2, 4, 6)}, "x", "")
        parts.append(text(plot.left + 82, 26, name, "m big"))
        parts.append(text(plot.left + 82, 46, f"loss {cost:.3f}", "m soft"))
        parts.append(plot.curve([(-0.3, b - 0.3 * w), (2.4, b + 2.4 * w)], "blue curve"))
        for xi, yi, e in zip(x.tolist(), y.tolist(), error.tolist(), strict=True):
            place, top = plot.at(xi, yi)
            parts.append(line(place, top, place, plot.at(xi, yi + e)[1], "red curve dash"))
            parts.append(text(place - 4, top - 10, number(e, 2), "m soft"))
        parts += plot.dots(x, y, "in-green")
        w, b = w - 0.2 * (error * x).mean().item(), b - 0.2 * error.mean().item()
    return svg(710, 302, "A line, and how far it is from three points, for two steps", parts)


def fits() -> str:
    t_u, t_c = (t.double() for t in load_thermometer())
    held = torch.tensor([round(v, 1) in (56.3, 68.4) for v in t_u.tolist()])
    u = (t_u - 52) / 30  # about -1 to 1, for the powers
    parts: list[str] = []
    names = ("too simple: one number", "a line: two numbers", "too free: six numbers")
    for place, (degree, name) in enumerate(zip((0, 1, 5), names, strict=True)):
        plot = Plot((46 + 226 * place, 62, 170, 190), (15, 88), (-20, 33))
        powers = torch.arange(degree + 1)
        basis = u[:, None] ** powers
        found = torch.linalg.lstsq(basis[~held], t_c[~held, None]).solution
        at = torch.linspace(21.8, 81.9, 240, dtype=torch.float64)
        shown = ((((at - 52) / 30)[:, None] ** powers) @ found).flatten().clamp(-20, 35)
        error = (basis @ found).flatten() - t_c
        train, val = (error[keep].square().mean().item() for keep in (~held, held))
        ticks = {n: str(n) for n in (20, 40, 60, 80)}
        parts += plot.axes(ticks, {n: number(n, 0) for n in (-20, -10, 0, 10, 20, 30)}, "", "")
        parts.append(text(plot.left + 85, 26, name, "m big"))
        said = f"training {train:.1f}, validation {val:.1f}"
        parts.append(text(plot.left + 85, 46, said, "m soft"))
        curve = list(zip(at.tolist(), shown.tolist(), strict=True))
        parts.append(plot.curve(curve, "blue curve"))
        parts += plot.dots(t_u[~held], t_c[~held], "in-green")
        parts += plot.dots(t_u[held], t_c[held], "in-red")
    parts += [
        dot(196, 300, "in-green"), text(208, 304, "to learn from", ""),
        dot(396, 300, "in-red"), text(408, 304, "kept back", ""),
    ]  # fmt: skip
    return svg(710, 318, "Underfitting, a line that fits, and overfitting", parts)


PICTURES: dict[str, Callable[[], str]] = {
    "01_losses/softmax.svg": softmax,
    "01_losses/loss.svg": loss,
    "02_scratch/batch.svg": batch,
    "02_scratch/weights.svg": weights,
    "04_fit/zero_grad.svg": zero_grad,
    "06_autograd/residuals.svg": residuals,
    "07_temperature/fits.svg": fits,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (HERE / name).write_text(draw(), encoding="utf-8", newline="\n")
        print(name)
