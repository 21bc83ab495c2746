"""Hidden suite of 06_autograd.

Full-batch training is deterministic, so its losses and where it ends are compared with the
reference's, from a start that the judge draws. Names and layouts of parameters are the student's.
"""
# ruff: noqa: N802 - tests are named for their targets

import ast
import math
import numbers
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_line
from grader.suite.plugin import PROVIDER, Refused

CPU = torch.device("cpu")

# ------------------------------------------------------------------------------------- dz_dw

# What takes a derivative in PyTorch. `x.backward()` is known by its last name, whatever x is.
DIFFERENTIATE = {
    f"{package}.{name}"
    for package in ("torch.autograd", "torch.autograd.functional", "torch.func", "functorch")
    for name in ("grad", "grad_and_value", "backward", "vjp", "jvp", "hvp", "jacobian", "jacrev")
} | {"torch.func.jacfwd", "torch.autograd.forward_ad", "functorch.jacfwd"}


def number(result):
    """The number in a float, or in a tensor or an array without dimensions."""
    if isinstance(result, (torch.Tensor, np.ndarray, np.generic)):
        assert result.shape == (), f"shape {tuple(result.shape)} instead of one number"
        return result.item()
    assert isinstance(result, numbers.Real), f"a {type(result).__name__}, not a number"
    return float(result)


class Code:
    """What a target of the student's file is made of: its own statements, and those it builds on.

    What can't be seen in an answer's values is looked for here, and any doubt is the student's.
    """

    def __init__(self, source, target):
        tree = ast.parse(source)
        self._target = target
        self._aliases = {}  # what a name of the file stands for
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._aliases |= {a.asname: a.name for a in node.names if a.asname}
            elif isinstance(node, ast.ImportFrom):
                self._aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        self._made = {}  # which statements at the top of the file give a name its value
        for statement in tree.body:
            for name in _names_made_by(statement):
                self._made.setdefault(name, []).append(statement)
        names = self._follow([target], lambda name: self._nodes(name))
        self._used = [node for name in names for node in self._nodes(name)]

    def _nodes(self, name):
        """All that is written where the file gives `name` its value."""
        return [node for part in self._made.get(name, ()) for node in ast.walk(part)]

    @staticmethod
    def _follow(names, nodes_of):
        """`names`, and those in the nodes of each of them, and those in the nodes of these, ..."""
        todo, seen = list(names), set()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [node.id for node in nodes_of(name) if isinstance(node, ast.Name)]
        return seen

    def _differentiates(self, node):
        """Whether `node` names what takes a derivative."""
        if isinstance(node, ast.Attribute) and node.attr == "backward":
            return True
        if not isinstance(node, (ast.Attribute, ast.Name)):
            return False
        head, dot, rest = ast.unparse(node).partition(".")
        return self._aliases.get(head, head) + dot + rest in DIFFERENTIATE

    def takes_a_derivative(self):
        """Whether it calls on autograd."""
        return any(self._differentiates(node) for node in self._used)

    def multiplies_by(self, number):
        """Whether what it returns, or goes backward from, was multiplied by `number` itself."""
        values = {}  # of each name: what it is assigned, or, if it is a function, what it returns
        for node in self._used:
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)):
                for name in _names_made_by(node):
                    values.setdefault(name, []).append(node.value)
            elif isinstance(node, ast.FunctionDef):
                for part in ast.walk(node):
                    if isinstance(part, ast.Return):
                        values.setdefault(node.name, []).append(part.value)
                    elif isinstance(part, ast.Call) and self._differentiates(part.func):
                        values.setdefault(node.name, []).extend([part.func, *part.args])

        def nodes(name):
            return [n for value in values.get(name, ()) if value for n in ast.walk(value)]

        names = self._follow([self._target], nodes)
        once = {name: values[name][0] for name in names if len(values.get(name, ())) == 1}
        return any(
            isinstance(node, ast.BinOp) and _constant_factor(node, once) == number
            for name in names
            for node in nodes(name)
        )

    def mentions(self, *words):
        """Whether one of `words` stands in a name or a text of it, docstrings apart."""
        docstrings = {id(node.value) for node in self._used if isinstance(node, ast.Expr)}
        said = []
        for node in self._used:
            if isinstance(node, ast.Constant) and id(node) not in docstrings:
                said.append(str(node.value))
            elif isinstance(node, ast.Name):
                said.append(self._aliases.get(node.id, node.id))
            elif isinstance(node, ast.Attribute):
                said.append(node.attr)
        return not set(words).isdisjoint(re.findall("[a-z]+", " ".join(said).lower()))


def _names_made_by(statement):
    """The names that a statement gives a value to; a function's or class's own name only."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    nodes = list(ast.walk(statement))
    return {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))} | {
        n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _constant_factor(node, once):
    """The product of the numbers in a chain of multiplications: 20 for 10 * (w * 2).

    once: what those names stand for that are given a value a single time.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _constant_factor(node.left, once) * _constant_factor(node.right, once)
    if isinstance(node, ast.Name) and node.id in once:
        rest = {name: value for name, value in once.items() if name != node.id}
        return _constant_factor(once[node.id], rest)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    return 1


@pytest.mark.points(3)
def test_dz_dw_of_a_float(student):
    """dz/dw at several points, positive and negative, whole and not, given as Python floats."""
    points = [7 * torch.randn(()).item() for _ in range(6)]
    for w in [*points, 0.0, float(torch.randint(2, 9, ()))]:
        assert number(student.dz_dw(w)) == pytest.approx(20 * w, rel=1e-5, abs=1e-6)


@pytest.mark.points(1)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dz_dw_of_a_tensor(student, dtype):
    """dz/dw where w is a tensor without dimensions; the caller's w keeps its value."""
    for _ in range(4):
        w = 7 * torch.randn((), dtype=dtype)
        value = w.item()
        assert number(student.dz_dw(w)) == pytest.approx(20 * value, rel=1e-5, abs=1e-6)
        assert w.item() == value, "w itself was changed"


@pytest.mark.points(2)
def test_dz_dw_is_exact_next_to_zero(student):
    """dz/dw close to w = 0, where z hardly changes: a derivative, not a small difference of z."""
    for _ in range(4):
        w = (1 + torch.rand(())).item() * 1e-15
        # z = 25 + 1e-29 there, so z(w + h) - z(w) is all rounding, for any h small or large
        assert number(student.dz_dw(w)) == pytest.approx(20 * w, rel=1e-5, abs=0)


@pytest.mark.points(3)
def test_dz_dw_comes_from_autograd(student, request, exercise):
    """PyTorch finds the derivative, through backward() or torch.autograd.grad; no one by hand."""
    w = torch.randn(()).item()
    assert number(student.dz_dw(w)) == pytest.approx(20 * w, rel=1e-5, abs=1e-6)
    code = Code(request.config.stash[PROVIDER].source(exercise), "dz_dw")
    if not code.takes_a_derivative():
        raise Refused("dz_dw never goes backward: let autograd find the derivative.")
    if code.multiplies_by(20):
        raise Refused("dz_dw multiplies by 20 itself: that number is autograd's to find.")


@pytest.mark.bonus
def test_dz_dw_of_a_vector(student):
    """dz/dw for a whole tensor of points at once, each with a z of its own."""
    for shape in [(1,), (7,), (2, 3)]:
        w = torch.randn(shape)
        result = student.dz_dw(w)
        assert isinstance(result, torch.Tensor), f"a {type(result).__name__}, not a tensor"
        torch.testing.assert_close(result.detach(), 20 * w)


@pytest.mark.bonus
def test_dz_dw_leaves_the_callers_tensor_alone(student):
    """The same tensor given twice, even one that requires grad: the same answer, nothing left."""
    for requires_grad in (False, True):
        w = torch.randn(()).requires_grad_(requires_grad)
        for _ in range(2):
            assert number(student.dz_dw(w)) == pytest.approx(20 * w.item(), rel=1e-5, abs=1e-6)
        assert w.grad is None, "w.grad was filled"
        assert w.requires_grad is requires_grad, "w.requires_grad was changed"


# -------------------------------------------------------------------------- LinearRegression

SIZES = [(1, 1), (3, 2), (5, 7)]


def filled(model):
    """The model, its parameters filled with random numbers: what they start from is open."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=parameter.dtype))
    return model


@pytest.mark.points(1)
@pytest.mark.parametrize(("n_in", "n_out"), SIZES)
def test_LinearRegression_parameters(student, n_in, n_out):
    """A weight for each pair of input and output, and a bias for each output, all to be learned."""
    model = student.LinearRegression(n_in, n_out)
    assert isinstance(model, nn.Module), f"a {type(model).__name__}, not an nn.Module"
    count = sum(p.numel() for p in model.parameters())
    assert count == n_in * n_out + n_out, f"{count} numbers to learn"
    assert all(p.requires_grad for p in model.parameters()), "a parameter doesn't require grad"


@pytest.mark.points(1)
@pytest.mark.parametrize(("n_in", "n_out"), SIZES)
def test_LinearRegression_predicts_on_a_plane(student, n_in, n_out):
    """Predictions of shape (n, output_size) that are linear in x, whatever the parameters are."""
    model = filled(student.LinearRegression(n_in, n_out))
    bias = model(torch.zeros(1, n_in))
    assert bias.shape == (1, n_out), f"shape {tuple(bias.shape)} for one sample"
    weights = model(torch.eye(n_in)) - bias
    for n in (1, 8):
        x = 3 * torch.randn(n_in, n).T  # not contiguous
        before = x.clone()
        prediction = model(x)
        assert prediction.shape == (n, n_out), f"shape {tuple(prediction.shape)} for {n} samples"
        assert prediction.dtype == torch.float32, f"{prediction.dtype} for float32 inputs"
        torch.testing.assert_close(prediction, x @ weights + bias, atol=1e-4, rtol=1e-4)
        assert torch.equal(x, before), "x was changed"


@pytest.mark.points(2)
def test_LinearRegression_gradient_reaches_every_parameter(student):
    """After backward() every weight and every bias knows which way to go, and so does x."""
    model = filled(student.LinearRegression(3, 2))
    x = torch.randn(6, 3, requires_grad=True)
    (model(x) * torch.randn(6, 2)).sum().backward()
    for parameter in model.parameters():
        assert parameter.grad is not None, "a parameter without gradient"
        assert parameter.grad.abs().sum() > 0, "a gradient that is zero"
    assert x.grad is not None, "no gradient came back to x"
    model = filled(student.LinearRegression(3, 2)).to(torch.float64)
    assert torch.autograd.gradcheck(model, torch.randn(4, 3, dtype=torch.float64).requires_grad_())


@pytest.mark.points(1)
def test_LinearRegression_has_a_bias(student):
    """At x = 0 only the bias speaks, each output's own; elsewhere each weight counts x times."""
    for x in (torch.zeros(5, 3), torch.rand(5, 3)):
        model = filled(student.LinearRegression(3, 2))
        model(x).sum().backward()
        learned = sum(p.grad.abs().sum() for p in model.parameters() if p.grad is not None)
        torch.testing.assert_close(torch.as_tensor(learned), 2 * (5 + x.sum()))


@pytest.mark.points(1)
def test_LinearRegression_is_its_parameters(student):
    """Only the parameters speak: loaded by another model they say the same; at 0, nothing."""
    one = filled(student.LinearRegression(4, 3))
    two = filled(student.LinearRegression(4, 3))
    x = torch.randn(9, 4)
    assert not torch.allclose(one(x), two(x)), "two models with parameters of their own agree"
    two.load_state_dict(one.state_dict())
    torch.testing.assert_close(two(x), one(x))
    torch.testing.assert_close(one(x), one(x))
    with torch.no_grad():
        for parameter in two.parameters():
            parameter.copy_(-2 * parameter)
    torch.testing.assert_close(two(x), -2 * one(x), atol=1e-4, rtol=1e-4)


# -------------------------------------------------------------------------- train_regression


def state(model):
    """A copy of what the model has learned, wherever it is."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def trained_alike(student, reference, model, twin, x, y, **settings):
    """Train `model` by the student and its `twin` by the reference; both ways must be the same."""
    twin.load_state_dict(state(model))
    given_x, given_y = x.clone(), y.clone()
    losses = student.train_regression(model, given_x, given_y, **settings)
    expected = reference.train_regression(twin, x, y, **{**settings, "device": CPU})
    assert losses is not None, "None instead of the losses"
    assert len(losses) == len(expected), f"{len(losses)} losses for {len(expected)} epochs"
    torch.testing.assert_close(
        torch.tensor([float(loss) for loss in losses]),
        torch.tensor(expected),
        atol=1e-4,  # float noise is 1e-6 of a loss; the nearest wrong loop is percents off
        rtol=1e-4,
    )
    torch.testing.assert_close(state(model), state(twin), atol=1e-4, rtol=1e-4)
    assert torch.equal(given_x, x), "x was changed"
    assert torch.equal(given_y, y), "y was changed"


def points(n, n_in, n_out=1):
    """Random inputs, and targets that no model fits exactly."""
    x = torch.randn(n, n_in)
    return x, 2 * x @ torch.randn(n_in, n_out) + 3 + torch.randn(n, n_out)


@pytest.mark.points(1)
@pytest.mark.parametrize(("n", "n_in", "n_out"), [(7, 1, 1), (20, 3, 1), (9, 2, 3)])
def test_train_regression_takes_the_right_steps(student, reference, lab, n, n_in, n_out):
    """Each loss, and the parameters at the end, are those of MSE and plain SGD; x and y stay."""
    for epochs, lr in ((1, 0.1), (6, 0.03), (4, 6.0)):  # with 6, the loss grows in each epoch
        x, y = points(n, n_in, n_out)
        model, twin = lab.nn.Linear(n_in, n_out), nn.Linear(n_in, n_out)
        trained_alike(student, reference, model, twin, x, y, epochs=epochs, lr=lr, device=CPU)


@pytest.mark.points(1)
def test_train_regression_trains_any_model(student, reference, lab):
    """A model of several layers: all of its parameters are trained, and once more if asked to."""
    x, y = points(12, 2)
    model = lab.nn.Sequential(lab.nn.Linear(2, 4), lab.nn.Tanh(), lab.nn.Linear(4, 1))
    twin = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for _ in range(2):
        trained_alike(student, reference, model, twin, x, y, epochs=5, lr=0.05, device=CPU)


@pytest.mark.points(1)
def test_train_regression_float64(student, reference, lab):
    """A model and data in float64 stay in float64."""
    x, y = points(8, 2)
    model, twin = lab.nn.Linear(2, 1).to(torch.float64), nn.Linear(2, 1).to(torch.float64)
    x, y = x.to(torch.float64), y.to(torch.float64)
    trained_alike(student, reference, model, twin, x, y, epochs=4, lr=0.05, device=CPU)
    torch.testing.assert_close(state(model), state(twin), atol=1e-9, rtol=1e-9)


@pytest.mark.points(1)
def test_train_regression_returns_floats(student, lab):
    """A list with one loss an epoch, each a plain float: a tensor would hold on to its graph."""
    model = lab.nn.Linear(2, 1)
    x, y = points(5, 2)
    for _ in range(2):
        losses = student.train_regression(model, x, y, epochs=4, device=CPU)
        assert isinstance(losses, (list, tuple)), f"a {type(losses).__name__}, not a list"
        assert len(losses) == 4, f"{len(losses)} losses for 4 epochs"
        for loss in losses:
            assert isinstance(loss, (float, np.floating)), f"a {type(loss).__name__}, not a float"
        y = model(x).detach()  # what it predicts already: an epoch is an epoch all the same


@pytest.mark.points(1)
def test_train_regression_starts_with_the_untrained_loss(student, lab):
    """The first loss is that of the model as it was given, before any step."""
    x, y = points(8, 3)
    model = lab.nn.Linear(3, 1)
    start = state(model)
    losses = student.train_regression(model, x, y, epochs=2, device=CPU)
    expected = F.mse_loss(F.linear(x, start["weight"], start["bias"]), y)
    assert float(losses[0]) == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.points(2)
def test_train_regression_fits_the_line(student, reference, lab):
    """With the settings that it has by itself, it finds y = 2x + 1."""
    x, y = load_line()
    model = lab.nn.Linear(1, 1)
    trained_alike(student, reference, model, nn.Linear(1, 1), x, y)
    end = state(model)
    # right: 6e-6 to 0.26 on 20 seeds; gradients never zeroed: 63 and more; broadcast: 14 to 17
    assert F.mse_loss(F.linear(x, end["weight"], end["bias"]), y) < 2


@pytest.mark.points(2)
def test_train_regression_on_a_device(student, reference, lab, accelerator):
    """With a device given, model and data move there, it trains there, and the model stays."""
    x, y = points(10, 3)
    model, twin = lab.nn.Linear(3, 1), nn.Linear(3, 1)
    start = state(model)
    twin.load_state_dict(start)
    losses = student.train_regression(model, x, y, epochs=4, lr=0.05, device=accelerator)
    where = {p.device.type for p in model.parameters()}
    assert where == {accelerator.type}, f"the model is on {where}"
    if accelerator.type != "meta":  # shapes without values: where nothing better can be simulated
        expected = reference.train_regression(twin, x, y, epochs=4, lr=0.05, device=CPU)
        assert [float(loss) for loss in losses] == pytest.approx(expected, rel=1e-3)
    if accelerator.type == "cuda":  # the best there is, where it is: no one has to ask for it
        model = lab.nn.Linear(3, 1)
        student.train_regression(model, x, y, epochs=1)
        where = {p.device.type for p in model.parameters()}
        assert where == {"cuda"}, f"without a device given, the model is on {where}"


@pytest.mark.points(1)
def test_train_regression_looks_for_the_best_device(student, lab, request, exercise):
    """Without a device given, the code looks for a GPU; where there is none, it takes the CPU."""
    model = lab.nn.Linear(2, 1)
    assert len(student.train_regression(model, *points(5, 2), epochs=2)) == 2
    # Most machines that grade have no GPU to be found: so what is seen is that it is looked for.
    code = Code(request.config.stash[PROVIDER].source(exercise), "train_regression")
    assert code.mentions("cuda", "mps", "accelerator", "xpu"), "no GPU is ever looked for"


# ----------------------------------------------------------------------------------- predict


@pytest.mark.points(2)
@pytest.mark.parametrize(("n", "n_in"), [(1, 1), (6, 1), (9, 4)])
def test_predict_values(student, lab, n, n_in):
    """A NumPy array of shape (n, 1) with the model's prediction for each sample."""
    for _ in range(2):
        model = lab.nn.Linear(n_in, 1)
        learned = state(model)
        x = 5 * torch.randn(n_in, n).T  # not contiguous
        before = x.clone()
        prediction = student.predict(model, x)
        assert isinstance(prediction, np.ndarray), f"a {type(prediction).__name__}, not an array"
        assert prediction.shape == (n, 1), f"shape {prediction.shape} for {n} samples"
        assert prediction.dtype.kind == "f", f"an array of {prediction.dtype}"
        expected = F.linear(x, learned["weight"], learned["bias"]).numpy()
        np.testing.assert_allclose(prediction, expected, rtol=1e-4, atol=1e-5)
        assert torch.equal(x, before), "x was changed"


@pytest.mark.points(1)
def test_predict_with_any_model(student, lab):
    """The model is asked as a whole, whatever layers it is made of, and in float64 too."""
    model = lab.nn.Sequential(lab.nn.Linear(2, 5), lab.nn.Tanh(), lab.nn.Linear(5, 1))
    model = model.to(torch.float64)
    learned = state(model)
    x = torch.randn(7, 2, dtype=torch.float64)
    hidden = F.linear(x, learned["0.weight"], learned["0.bias"]).tanh()
    expected = F.linear(hidden, learned["2.weight"], learned["2.bias"]).numpy()
    prediction = student.predict(model, x)
    assert isinstance(prediction, np.ndarray), f"a {type(prediction).__name__}, not an array"
    assert prediction.shape == (7, 1), f"shape {prediction.shape} for 7 samples"
    np.testing.assert_allclose(prediction, expected, rtol=1e-4, atol=1e-5)


def gradients(model):
    """A copy of the gradients in the model, zeros where there is none."""
    return [torch.zeros(p.shape) if p.grad is None else p.grad.clone() for p in model.parameters()]


@pytest.mark.points(3)
def test_predict_leaves_the_model_as_it_was(student, lab):
    """After a prediction the model is what it was: same parameters, and ready to learn on."""
    model = lab.nn.Linear(3, 1)
    start = state(model)
    x = torch.randn(6, 3)
    for training in (False, True):
        if training:  # between backward() and the step
            model(x).square().sum().backward()
        before = gradients(model)
        prediction = student.predict(model, x)
        assert isinstance(prediction, np.ndarray), f"a {type(prediction).__name__}, not an array"
        torch.testing.assert_close(state(model), start, atol=0, rtol=0)
        torch.testing.assert_close(gradients(model), before, atol=0, rtol=0)
        assert all(p.requires_grad for p in model.parameters()), "a parameter was frozen"
    output = model(x)
    assert output.requires_grad, "the model no longer records a graph"
    output.sum().backward()
    assert all(p.grad is not None for p in model.parameters()), "the model can't learn any more"


@pytest.mark.bonus
def test_predict_from_a_device(student, lab, accelerator):
    """The model may be on another device than x: the array comes back all the same."""
    model = lab.nn.Linear(3, 1)
    learned = state(model)
    model.to(accelerator)
    x = torch.randn(6, 3)
    if accelerator.type == "meta":  # no values to return
        pytest.skip("no accelerator with values here")
    prediction = student.predict(model, x)
    assert isinstance(prediction, np.ndarray), f"a {type(prediction).__name__}, not an array"
    expected = F.linear(x, learned["weight"], learned["bias"]).numpy()
    np.testing.assert_allclose(prediction, expected, rtol=1e-3, atol=1e-4)
    assert all(math.isfinite(value) for value in prediction.ravel())
