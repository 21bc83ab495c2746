"""Every number in a lesson is computed here: the text that holds it is made anew, and compared."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from lessons.lesson import column, reference, text_of, words
from lessons.lesson import minus as m
from torch import Tensor, nn, optim

from grader.assignment.data import load_line, load_mnist, load_thermometer

CODE = re.compile(r"```python .*?```|`[^`]*`")
DECIMAL = re.compile(r".{0,40}\d\.\d.{0,20}")


def losses() -> Iterator[str]:
    x = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    log_p = reference("01_losses").log_softmax(x)
    powers, (first, second) = x[0].exp(), log_p
    total = powers.sum()
    yield f"| exp(x) | {' | '.join(m(v, 4) for v in powers)} | {m(total, 4)} |"
    logs = " | ".join(m(v, 4) for v in first)
    yield f"| x − log {m(total, 4)} = x − {m(total.log(), 4)} | {logs} | |"
    yield f"probability | {' | '.join(m(v, 4) for v in first.exp())} | {m(first.exp().sum())} |"
    yield f"[0, 0, 3], has log-probabilities [{', '.join(m(v, 4) for v in second)}]"
    a, b = m(first[0], 4), m(second[1], 4)
    yield f"the two that count are {a} (row 0, column 0) and {b} (row 1, column 1)"
    nll = reference("01_losses").nll(log_p, torch.tensor([0, 1]))
    yield f"nll = −({a} − {b[1:]}) / 2 = {m(nll, 4)}"
    yield f"its loss is log 10 = {m(torch.tensor(10.0).log(), 4)}"
    right = reference("01_losses").accuracy(log_p, torch.tensor([0, 1]))
    yield f"(right) and 2 (wrong): the accuracy is {m(right, 1)}"


def scratch() -> Iterator[str]:
    weights, bias = torch.tensor([[1.0, 0.0], [0.0, 0.5]]), torch.tensor([-1.0, 0.5])
    yield "`weights` = [[1, 0], [0, 0.5]] and `bias` = [−1, 0.5]"
    scores = torch.tensor([[1.0, 2.0]]) @ weights + bias
    log_p = F.log_softmax(scores, -1)[0]
    yield f"1·1 + 2·0 − 1 = {m(scores[0, 0])} and 1·0 + 2·0.5 + 0.5 = {m(scores[0, 1], 1)}"
    yield f"log-softmax is [{', '.join(m(v, 4) for v in log_p)}]"
    u, d, loss, for_w, for_b = chain(2.0, 1.0)
    yield f"u = 3·w = {m(u)} d = u + b = {m(d)} loss = d² = {m(loss)}"
    yield f"d² grows 2·d = {m(2 * d)} times as fast as d"
    yield f"for w: {m(2 * d)} · 1 · 3 = {m(for_w)} for b: {m(2 * d)} · 1 = {m(for_b)}"
    more = chain(2.01, 1.0)[2]
    yield f"with w = 2.01 the loss is {m(more, 4)}. It has grown by {m(more - loss, 4)}"
    yield f"about {m(for_w)} times 0.01"
    (p0, g0), (p1, g1), (p2, _) = descent(3, clear=True)
    yield f"The gradient is 2·(p − 1) = {m(g0)}. With lr = 0.1"
    yield f"leads to {m(p0)} − 0.1·{m(g0)} = {m(p1, 1)}. There the gradient is {m(g1, 1)}"
    yield f"the next step leads to {m(p1, 1)} − {m(0.1 * g1, 2)} = {m(p2, 2)}. Step"
    (_, _), (_, both), (q2, _) = descent(3, clear=False)
    yield f"uses {m(g0)} + {m(g1, 1)} = {m(both, 1)} and lands at {m(q2, 2)} instead of {m(p2, 2)}"
    yield "Before training, the loss is near log 10 = 2.3 and one digit in ten is right."
    yield "a loss of about 0.4 and an accuracy of about 0.88"  # the code above it is run, too
    yield "such as 0.1"


def chain(w: float, b: float) -> list[float]:
    """The three steps of the calculation with two numbers, and both derivatives of the last."""
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, b)]
    u = 3 * leaves[0]
    d = u + leaves[1]
    return [t.item() for t in (u, d, d**2, *torch.autograd.grad(d**2, leaves))]


def descent(steps: int, clear: bool) -> list[tuple[float, float]]:
    """p and the gradient that its next step uses, for the loss (p - 1)² from p = 3."""
    p, seen = torch.tensor(3.0, requires_grad=True), []
    for _ in range(steps):
        ((p - 1) ** 2).backward()
        assert p.grad is not None
        seen.append((p.item(), p.grad.item()))
        with torch.no_grad():
            p -= 0.1 * p.grad
        if clear:
            p.grad = None
    return seen


def modules() -> Iterator[str]:
    w, b = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), torch.tensor([0.1, 0.2, 0.3])
    yield f"b = {m(b[0], 1)} {m(b[1], 1)} {m(b[2], 1)}"
    for i, value in enumerate(torch.tensor([1.0, 10.0]) @ w + b):
        yield f"1 × {m(w[0, i])} + 10 × {m(w[1, i])} + {m(b[i], 1)} = {m(value, 1)}"
    yield f"gives ({', '.join(m(v, 1) for v in torch.tensor([0.0, -1.0]) @ w + b)})"
    yield f"which costs log(10) ≈ {m(torch.tensor(10.0).log(), 2)}"
    digits = load_mnist()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weights = torch.randn(784, 10)
    loud = F.cross_entropy(digits.x_train @ weights, digits.y_train)
    quiet = F.cross_entropy(digits.x_train @ weights / 28, digits.y_train)
    yield f"gives starts at a loss of {m(loud, 1)} on our digits."
    yield f"its weights divided by √784 = {m(784**0.5)} starts at {m(quiet, 1)}."


def fit() -> Iterator[str]:
    line = nn.Linear(1, 1)
    zero(line)
    x, y = column(1, 2, 3), column(2, 4, 6)
    steps = []
    for part in (slice(0, 2), slice(2, 3)):
        predicted = line(x[part])
        loss = F.mse_loss(predicted, y[part])
        slope = torch.autograd.grad(loss, list(line.parameters()))
        with torch.no_grad():
            for p, g in zip(line.parameters(), slope, strict=True):
                p -= 0.1 * g
        steps.append((predicted, loss, *slope, *[p.item() for p in line.parameters()]))
    (_, loss, gw, gb, w, b), (predicted, loss2, gw2, gb2, w2, b2) = steps
    yield f"loss (4 + 16) / 2 = {m(loss)}"
    yield f"mean of 2 · error · x = (−4 − 16) / 2 = {m(gw)}"
    yield f"mean of 2 · error = (−4 − 8) / 2 = {m(gb)}"
    yield f"w = 0 − 0.1 · ({m(gw)}) = {m(w)} b = 0 − 0.1 · ({m(gb)}) = {m(b, 1)}"
    error = predicted.item() - 6
    yield f"prediction 1 · 3 + 0.6 = {m(predicted, 1)} error {m(error, 1)}"
    yield f"loss {m(-error, 1)}² = {m(loss2, 2)}"
    yield f"of w: 2 · ({m(error, 1)}) · 3 = {m(gw2, 1)} of b: 2 · ({m(error, 1)}) = {m(gb2, 1)}"
    yield f"w = 1 + {m(-0.1 * gw2, 2)} = {m(w2, 2)} b = 0.6 + {m(-0.1 * gb2, 2)} = {m(b2, 2)}"
    yield f"mean loss is ({m(loss)} + {m(loss2, 2)}) / 2 = {m((loss + loss2) / 2, 2)}"
    train = reference("04_fit").fit
    train(line, F.mse_loss, x, y, epochs=499, bs=2, lr=0.1)
    slope, height = (m(p, 2).removesuffix(".00") for p in line.parameters())
    yield f"After 500 epochs the line is where it should be: w = {slope} and b = {height}."
    network = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    size = sum(p.numel() for p in network.parameters())
    assert f"# {size:,} parameters" in text_of("04_fit")
    yield "`bs` is 2 and `lr` is 0.1"


def zero(line: nn.Linear) -> None:
    for p in line.parameters():
        nn.init.zeros_(p)


def refactor() -> Iterator[str]:
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])

    def after(steps: int, rule: Callable[[list[Tensor]], optim.Optimizer]) -> Tensor:
        w, b = torch.zeros((), requires_grad=True), torch.zeros((), requires_grad=True)
        opt = rule([w, b])
        for _ in range(steps):
            opt.zero_grad()
            F.mse_loss(w * x + b, y).backward()
            opt.step()
        return torch.stack([w, b]).detach()

    def row(said: str, digits: int, values: Tensor) -> str:
        return f"| {said} | {m(values[0], digits)} | {m(values[1], digits)} |"

    def adam(p: list[Tensor]) -> optim.Optimizer:
        return optim.Adam(p, lr=0.1)

    yield row("SGD: minus lr times the gradient", 1, after(1, lambda p: optim.SGD(p, lr=0.1)))
    yield row("Adam, one step", 1, after(1, adam))
    yield row("Adam, two steps on the same batch", 4, after(2, adam))
    yield row("Adam, three steps", 4, after(3, adam))
    (beta, beta2), eps = optim.Adam.__init__.__defaults__[1:3]  # type: ignore[misc,index]
    yield f"m ← {beta} · m + {1 - beta:.1f} · g v ← {beta2} · v + {1 - beta2:.3f} · g²"
    yield f"m̂ = m / (1 − {beta}ᵗ) v̂ = v / (1 − {beta2}ᵗ)"
    yield f"p ← p − lr · m̂ / (√v̂ + {eps:.8f})"
    # The lesson's formula, by hand, is what the optimizer does.
    p, mean, square = torch.zeros(2, dtype=torch.float64), 0.0, 0.0
    for t in (1, 2, 3):
        error = p[0] * x + p[1] - y
        g = torch.stack([2 * (error * x).mean(), 2 * error.mean()])
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        p = p - 0.1 * (mean / (1 - 0.9**t)) / ((square / (1 - 0.999**t)) ** 0.5 + 1e-8)
    torch.testing.assert_close(p.float(), after(3, adam))
    yield "With lr = 0.1:"
    yield "a learning rate that suits SGD, 0.5 say, is far too large for Adam; 0.001 to 0.01 is"


def autograd() -> Iterator[str]:
    yield f"y = 25, z = 275, and dz/dw = {m(reference('06_autograd').dz_dw(5.0))}"
    z = 10 * 5.01**2 + 25
    yield f"Make w a hundredth larger, 5.01, and z becomes {m(z, 3)}: up by {m(z - 275, 3)}"
    line = nn.Linear(1, 1)
    zero(line)
    x, y = column(0, 1, 2), column(1, 3, 5)
    loss = F.mse_loss(line(x), y)
    gw, gb = torch.autograd.grad(loss, list(line.parameters()))
    yield f"The loss is (1 + 9 + 25)/3 = 35/3 = {m(loss, 3)}"
    yield f"2 · mean(error · x) = 2 · (0 − 3 − 10)/3 = {m(gw, 3)}"
    yield f"2 · mean(error) = 2 · (−1 − 3 − 5)/3 = {m(gb)}"
    opt = optim.SGD(line.parameters(), lr=0.1)
    seen = []
    for _ in range(4):
        opt.zero_grad()
        loss = F.mse_loss(line(x), y)
        loss.backward()
        opt.step()
        seen.append((loss.item(), *[p.item() for p in line.parameters()]))
    _, w, b = seen[0]
    yield f"With learning rate 0.1: w = 0 + 0.1 · {m(-gw, 3)} = {m(w, 4)}"
    yield f"b = 0 + 0.1 · 6 = {m(b, 1)}"
    one, two, three = (m(loss, 3) for loss, *_ in seen[1:])
    yield f"The next loss is {one}, the one after it {two}, then {three}."
    zero(line)
    history = reference("06_autograd").train_regression(line, *load_line(), device="cpu")
    first, second, third = m(history[0]), m(history[1], 2), m(history[2], 2)
    yield f"has the losses {first}, {second}, {third}, …"
    yield f"The last of the 100, measured before the last step, is {m(history[-1], 3)}."
    slope, height = (p.item() for p in line.parameters())
    yield f"y = {m(slope, 3)}x + {m(height, 3)}, and predicts {m(20 * slope + height, 2)} at x = 20"
    yield "yours start elsewhere, and end below 0.3"


def temperature() -> Iterator[str]:
    t_u, t_c = load_thermometer()
    yield f"(`t_c`) | {' | '.join(m(v, 1) for v in t_c)} |"
    yield f"(`t_u`) | {' | '.join(m(v, 1) for v in t_u)} |"
    yield from worked_example()
    cold = t_u < 34
    yield f"chance kept back the readings {m(t_u[cold][1], 1)} and {m(t_u[cold][0], 1)}"
    parts = [t.unsqueeze(1) for keep in (~cold, cold) for t in (0.1 * t_u[keep], t_c[keep])]
    line = nn.Linear(1, 1)
    zero(line)
    nn.init.ones_(line.weight)
    history = lines(3000, line, parts)
    for epoch in (1, 1000, 2000, 3000):
        train, val = history[epoch - 1]
        yield f"| {epoch} | {m(train, 2)} | {m(val, 2)} |"
    design = torch.stack([t_u, torch.ones(11)], 1)
    w, b = torch.linalg.lstsq(design, t_c.unsqueeze(1)).solution.flatten()
    yield f"(by least squares) says {m(50 * w + b, 1)} °C."
    ends, at = every_split(t_u, t_c)
    yield f"ends between {m(ends.min(), 1)} and {m(ends.max() + 0.05, 1)}, whichever two"
    yield f"something between {m(at.min(), 1)} and {m(at.max(), 1)}, as chance will have it."
    yield "Take 0.1 · t_u in place of t_u"
    yield f"of 11 that is int({0.2 * 11:.1f}) = {int(0.2 * 11)}"


def worked_example() -> Iterator[str]:
    line = nn.Linear(1, 1)
    zero(line)
    nn.init.ones_(line.weight)
    parts = [column(1, 2), column(3, 5), column(3), column(7)]
    errors = (line(parts[0]) - parts[1]).flatten().tolist()
    assert errors == [-2, -3]
    history = lines(2, line, parts, lr=0.1)
    (train, val), (train2, val2) = history
    yield f"Training loss (4 + 9)/2 = {m(train, 1)}, validation loss {m(val)}:"
    yield "2 · mean(error · x) = 2 · (−2·1 − 3·2)/2 = −8"
    yield "2 · mean(error) = 2 · (−2 − 3)/2 = −5"
    w, b = 1 + 0.1 * 8, 0 + 0.1 * 5
    yield f"With learning rate 0.1, w = 1 + 0.8 = {m(w, 1)} and b = 0 + 0.5 = {m(b, 1)}."
    p, q, r = (m(w * x + b, 1) for x in (1, 2, 3))
    yield f"The predictions are now {p}, {q} and {r}, so the second pair is"
    first, second = m((w + b - 3) ** 2, 2), m((2 * w + b - 5) ** 2, 2)
    yield f"({first} + {second})/2 = {m(train2, 2)} and {m(7 - 3 * w - b, 1)}² = {m(val2, 2)}."


def lines(
    n: int, line: nn.Linear, parts: list[Tensor], lr: float = 1e-2
) -> list[tuple[float, float]]:
    """The history of a line's training, computed by hand: it costs a tenth of autograd's."""
    x, y, x_val, y_val = parts
    w, b = (p.item() for p in line.parameters())
    history = []
    for _ in range(n):
        error = w * x + b - y
        history.append(
            (error.square().mean().item(), (w * x_val + b - y_val).square().mean().item())
        )
        w -= lr * 2 * (error * x).mean().item()
        b -= lr * 2 * error.mean().item()
    return history


def every_split(t_u: Tensor, t_c: Tensor) -> tuple[Tensor, Tensor]:
    """Each line's training loss, and what it says at 50, for all 55 ways to keep back two."""
    kept = [[i for i in range(11) if i not in two] for two in itertools.combinations(range(11), 2)]
    x, y = 0.1 * t_u[torch.tensor(kept)], t_c[torch.tensor(kept)]
    w, b = torch.ones(len(kept), 1), torch.zeros(len(kept), 1)
    for _ in range(3000):
        error = w * x + b - y
        w -= 0.02 * (error * x).mean(1, keepdim=True)
        b -= 0.02 * error.mean(1, keepdim=True)
    return (w * x + b - y).square().mean(1), 5 * w + b


LESSONS = {
    "01_losses": losses,
    "02_scratch": scratch,
    "03_modules": modules,
    "04_fit": fit,
    "05_refactor": refactor,
    "06_autograd": autograd,
    "07_temperature": temperature,
}


@pytest.mark.parametrize("name", LESSONS)
def test_every_number_is_the_computed_one(name: str) -> None:
    """What is left without these, and without code (which is run), holds no number with a point."""
    text = text_of(name)
    claims = [words(claim) for claim in LESSONS[name]()]
    missing = [claim for claim in claims if claim not in text]
    assert not missing, "\n".join(missing)
    for claim in sorted(claims, key=len, reverse=True):
        text = text.replace(claim, "")
    left = DECIMAL.findall(CODE.sub("", text))
    assert not left
