"""Known wrong answers for autograd.py, each with the hint that it earns."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.mistakes import mistake

COUNTED = []  # what `keeps_one_w_for_all_calls` keeps

# ------------------------------------------------------------------------------------- dz_dw


@mistake(
    "dz_dw",
    hint="""The value is right, but you worked the derivative out yourself. Let PyTorch do it:
    compute z from a tensor that requires grad, then go backward from z.""",
)
def worked_out_by_hand(w):
    return 20 * w


@mistake(
    "dz_dw",
    hint="""The chain rule is right, but it is you who applied it. Write only y and z, and let
    PyTorch go backward through them.""",
)
def chain_rule_by_hand(w):
    dz_dy = 10
    dy_dw = 2 * w
    return dz_dy * dy_dw


@mistake(
    "dz_dw",
    hint="""You went backward, and then returned your own formula. The derivative that PyTorch found
    is in w.grad: return that.""",
)
def goes_backward_for_show(w):
    w = torch.tensor(float(w), requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return 20 * w.item()


@mistake(
    "dz_dw",
    hint="""You went backward, and then multiplied derivatives that you worked out yourself. The
    product of the whole chain is in w.grad already.""",
)
def multiplies_the_chain_after_all(w):
    w = torch.tensor(float(w), requires_grad=True)
    y = w**2
    z = 10 * y + 25
    z.backward()
    dz_dy = 10
    dy_dw = 2 * w.item()
    return dz_dy * dy_dw


@mistake(
    "dz_dw",
    hint="""This is a small difference of z divided by a small step: near w = 0 nothing but rounding
    is left of it. Autograd has no step, and no such error.""",
)
def difference_of_two_values(w):
    w, h = torch.as_tensor(w, dtype=torch.float64), 1e-4

    def z(w):
        return 10 * w**2 + 25

    return (z(w + h) - z(w - h)) / (2 * h)


@mistake(
    "dz_dw",
    hint="""This is right at w = 5 only, the value of the worked example: the function must work at
    the w that it is given.""",
)
def always_at_five(w):
    w = torch.tensor(5.0, requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""This is z, the value itself. Its derivative lies, after backward(), in the attribute
    grad of the tensor you started from.""",
)
def returns_the_value(w):
    w = torch.tensor(float(w), requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return z


@mistake(
    "dz_dw",
    hint="""You returned w itself. What backward() found lies in the attribute grad of w.""",
)
def returns_w(w):
    w = torch.tensor(float(w), requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return w


@mistake(
    "dz_dw",
    hint="""backward() returns nothing: it puts the derivative into the attribute grad of the
    tensor that you started from.""",
)
def returns_what_backward_returns(w):
    w = torch.tensor(float(w), requires_grad=True)
    z = 10 * w**2 + 25
    return z.backward()


@mistake(
    "dz_dw",
    hint="""You went backward from y, which gives dy/dw = 2·w. Start from z, at the end of the
    chain.""",
)
def backward_from_y(w):
    w = torch.tensor(float(w), requires_grad=True)
    y = w**2
    y.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""10 is dz/dy, the derivative for y. Ask for the derivative for w, one link further
    back.""",
)
def derivative_for_y(w):
    y = torch.tensor(float(w) ** 2, requires_grad=True)
    z = 10 * y + 25
    z.backward()
    return y.grad


@mistake(
    "dz_dw",
    hint="""2·w where w squared was meant: z is then a line, and its derivative is 20
    everywhere.""",
)
def doubles_instead_of_squaring(w):
    w = torch.tensor(float(w), requires_grad=True)
    y = w * 2
    z = 10 * y + 25
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""backward() ran twice, and each run ADDS to w.grad: you got twice the derivative. Go
    backward once.""",
)
def goes_backward_twice(w):
    w = torch.tensor(float(w), requires_grad=True)
    z = 10 * w**2 + 25
    z.backward(retain_graph=True)
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""Gradients add up: one tensor is kept from call to call, and each backward() adds to what
    its grad holds already. Make a new tensor in each call.""",
)
def keeps_one_w_for_all_calls(w):
    if not COUNTED:
        COUNTED.append(torch.zeros((), requires_grad=True))
    kept = COUNTED[0]
    with torch.no_grad():
        kept.copy_(torch.as_tensor(w))
    z = 10 * kept**2 + 25
    z.backward()
    return kept.grad.clone()


@mistake(
    "dz_dw",
    hint="""The tensor doesn't require grad, so PyTorch recorded nothing to go backward along. Say
    requires_grad=True when you make it.""",
)
def forgets_requires_grad(w):
    w = torch.tensor(float(w))
    z = 10 * w**2 + 25
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""int() cuts w down to a whole number, so between whole numbers the derivative is that of
    another point. Keep w a floating number.""",
)
def cuts_w_to_a_whole_number(w):
    w = torch.tensor(float(int(w)), requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""y was detached, so the chain from z ends there and never reaches w. Keep every step
    between w and z in the graph.""",
)
def breaks_the_chain(w):
    w = torch.tensor(float(w), requires_grad=True)
    y = (w**2).detach()
    z = 10 * y + 25
    z.backward()
    return w.grad


@mistake(
    "dz_dw",
    hint="""The derivative is right, but w was moved downhill with it, and the caller's own tensor
    changed. Only ask for the derivative here; steps come later.""",
)
def takes_a_step_as_well(w):
    w = torch.as_tensor(w).requires_grad_()
    z = 10 * w**2 + 25
    z.backward()
    slope = w.grad.clone()
    with torch.no_grad():
        w -= 0.01 * slope
    return slope


@mistake(
    "dz_dw",
    hint="""w became a list of one number on the way, so the derivative has a dimension of length 1.
    One number in, one number out.""",
)
def wraps_w_in_a_list(w):
    w = torch.tensor([float(w)], requires_grad=True)
    z = 10 * w**2 + 25
    z.backward()
    return w.grad


# -------------------------------------------------------------------------- LinearRegression


@mistake(
    "LinearRegression",
    hint="""Inputs and outputs are exchanged: the layer takes input_size numbers and gives
    output_size.""",
)
class SwapsTheSizes(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(output_size, input_size)

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""The sizes are fixed at 1, whatever is asked for. Use the two arguments.""",
)
class AlwaysOneToOne(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""There is no bias, so the line must go through the origin: at x = 0 it can predict
    nothing but 0.""",
)
class NoBias(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size, bias=False)

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""One bias serves all outputs. Each output needs its own: output_size of them.""",
)
class OneBiasForAll(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(input_size, output_size))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x @ self.weights + self.bias


@mistake(
    "LinearRegression",
    hint="""The weights are plain tensors, which an nn.Module doesn't notice: parameters() is empty
    and an optimizer would have nothing to train. Wrap them in nn.Parameter.""",
)
class PlainTensors(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weights = torch.randn(input_size, output_size, requires_grad=True)
        self.bias = torch.zeros(output_size, requires_grad=True)

    def forward(self, x):
        return x @ self.weights + self.bias


@mistake(
    "LinearRegression",
    hint="""forward makes a new layer each time it is called, with new random weights: nothing that
    is learned can stay. Make the layer once, in __init__.""",
)
class NewLayerEachTime(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.sizes = input_size, output_size

    def forward(self, x):
        return nn.Linear(*self.sizes)(x)


@mistake(
    "LinearRegression",
    hint="""An activation after the layer bends the line: negative predictions become 0. Linear
    regression returns what the layer gives.""",
)
class CutsOffNegatives(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return torch.relu(self.linear(x))


@mistake(
    "LinearRegression",
    hint="""A sigmoid squeezes every prediction between 0 and 1. That is for probabilities; a line
    may predict any number.""",
)
class SqueezesIntoZeroToOne(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return torch.sigmoid(self.linear(x))


@mistake(
    "LinearRegression",
    hint="""forward computes its answer but doesn't return it, so every prediction is None.""",
)
class ForgetsToReturn(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        self.linear(x)


@mistake(
    "LinearRegression",
    hint="""super().__init__() is missing, so nn.Module could not set itself up, and the first layer
    that you assign is refused.""",
)
class ForgetsSuper(nn.Module):
    def __init__(self, input_size, output_size):
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""squeeze() drops every dimension of size 1: a single output, or a single sample, loses
    its dimension. Predictions have shape (n, output_size), always.""",
)
class DropsDimensionsOfOne(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(x).squeeze()


@mistake(
    "LinearRegression",
    hint="""The prediction is detached from its graph, so no gradient gets back to the weights and
    the model can't learn. Return the layer's output as it is.""",
)
class DetachesThePrediction(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(x).detach()


@mistake(
    "LinearRegression",
    hint="""The parameters have requires_grad=False: they are there, but frozen. What is to be
    learned must require grad.""",
)
class FrozenParameters(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)
        self.linear.requires_grad_(False)

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""There is a bias among the parameters, but forward doesn't add it: no gradient reaches
    it.""",
)
class BiasNeverAdded(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(input_size, output_size))
        self.bias = nn.Parameter(torch.zeros(output_size))

    def forward(self, x):
        return x @ self.weights


@mistake(
    "LinearRegression",
    hint="""The layer was made in the class body, once for all models: two models then share one set
    of weights. Make it in __init__, for self.""",
)
class OneLayerForAllModels(nn.Module):
    layers = {}

    def __init__(self, input_size, output_size):
        super().__init__()
        sizes = input_size, output_size
        self.linear = self.layers.setdefault(sizes, nn.Linear(*sizes))

    def forward(self, x):
        return self.linear(x)


@mistake(
    "LinearRegression",
    hint="""Two layers, one after the other, have more parameters than the line needs, and without
    anything between them they are still a line. One layer is enough.""",
)
class TwoLayers(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.hidden = nn.Linear(input_size, input_size)
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(self.hidden(x))


@mistake(
    "LinearRegression",
    hint="""The inputs are added to the prediction once more, beside weights and bias. What the
    model says is to come from its parameters alone.""",
)
class AddsTheInputs(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.linear(x) + x.sum(dim=1, keepdim=True)


@mistake(
    "LinearRegression",
    hint="""The weights are made positive before they are used, so the model has no line that falls.
    Use the parameters as they are.""",
)
class OnlyPositiveWeights(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x):
        return F.linear(x, F.softplus(self.linear.weight), self.linear.bias)


# -------------------------------------------------------------------------- train_regression


@mistake(
    "train_regression",
    hint="""The gradients are never zeroed. backward() adds to what is there, so each step follows
    the sum of all gradients so far. Clear them once an epoch.""",
)
def never_zeroes_gradients(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""zero_grad() comes between backward() and step(): the gradients are wiped out before they
    are used, and the model never moves.""",
)
def zeroes_before_the_step(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The optimizer never steps: the gradients are computed, and nothing is done with them.
    All losses are the same.""",
)
def never_steps(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The squared errors are summed, not averaged: loss and gradients grow with the number of
    samples. MSE is their mean.""",
)
def sums_the_errors(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""This is the mean absolute error. MSE squares the errors before it averages them.""",
)
def absolute_error(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.l1_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The predictions (n,) against the targets (n, 1): PyTorch stretches them to (n, n), and
    every prediction is compared with every target. Give both the same shape.""",
)
def stretches_the_predictions(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((model(x).squeeze() - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The optimizer is Adam, which takes other steps. Plain SGD was asked for: parameters
    minus the learning rate times the gradient.""",
)
def trains_with_adam(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""SGD with momentum remembers earlier steps and overshoots the plain ones. Plain SGD was
    asked for.""",
)
def trains_with_momentum(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The learning rate is fixed at 0.01, whatever lr says. Hand lr on to the optimizer.""",
)
def ignores_lr(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The gradient points uphill, and you step along it: the loss grows. Step against it.""",
)
def climbs(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p += lr * p.grad
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""One step a sample, one after the other. Here each step is taken with all samples at
    once: one step an epoch.""",
)
def one_sample_at_a_time(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for sample, target in zip(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(model(sample), target)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The loop starts at 1 and ends before `epochs`: one epoch is missing.""",
)
def one_epoch_short(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(1, epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The losses are those after each step. The list starts with the untrained model's loss:
    note the one that you went backward from.""",
)
def losses_after_the_step(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        losses.append(F.mse_loss(model(x), y).item())
    return losses


@mistake(
    "train_regression",
    hint="""The list holds tensors, and each keeps its whole graph in memory. Turn each loss into a
    plain number before you append it.""",
)
def keeps_loss_tensors(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


@mistake(
    "train_regression",
    hint="""Only the last loss comes back. Collect the loss of every epoch in a list.""",
)
def returns_the_last_loss(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss = None
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


@mistake(
    "train_regression",
    hint="""The losses are printed and then lost: the function returns None. Return them as a
    list.""",
)
def only_prints(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for epoch in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, loss {loss.item()}")


@mistake(
    "train_regression",
    hint="""A copy of the model was trained, and the one you were given stays untrained. Train the
    model itself.""",
)
def trains_a_copy(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    learner = copy.deepcopy(model)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(learner.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(learner(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The inputs were scaled in place: the model is trained on other numbers than it was
    given, and the caller's own tensor has changed. Train on x as it is.""",
)
def scales_the_callers_inputs(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x /= x.abs().max()
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The argument device is never used: the model stays on the CPU when it is sent
    elsewhere.""",
)
def ignores_the_device(model, x, y, epochs=100, lr=0.01, device=None):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""Without a device given, it is always the CPU. Ask PyTorch whether there is a GPU, and
    take that first.""",
)
def never_looks_for_a_gpu(model, x, y, epochs=100, lr=0.01, device=None):
    device = torch.device("cpu") if device is None else device
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The device that was asked for is overwritten. Look for the best one only where `device`
    is None.""",
)
def overrules_the_device(model, x, y, epochs=100, lr=0.01, device=None):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""The squared errors are divided by the number of samples. With several outputs a sample
    there are more errors than samples: the mean is over all of them.""",
)
def mean_over_samples_only(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).sum() / len(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""When the training is over the model is moved back to the CPU. Leave it where it was
    trained.""",
)
def brings_the_model_back(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.to("cpu")
    return losses


@mistake(
    "train_regression",
    hint="""Where the loss grows you report the lowest one so far. Return each loss as it is: a loss
    that grows says that lr is too large.""",
)
def reports_the_lowest_so_far(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(min([*losses, loss.item()]))
    return losses


@mistake(
    "train_regression",
    hint="""The losses are NumPy arrays without dimensions. loss.item() makes a Python float.""",
)
def keeps_arrays(model, x, y, epochs=100, lr=0.01, device=None):
    model.to(device or "cpu")
    x, y = x.to(device or "cpu"), y.to(device or "cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().cpu().numpy())
    return losses


@mistake(
    "train_regression",
    hint="""Model and data were made float32, so a model in float64 loses half of its digits. Leave
    the dtype as it is.""",
)
def turns_all_into_float32(model, x, y, epochs=100, lr=0.01, device=None):
    model.float().to(device or "cpu")
    x, y = x.float().to(device or "cpu"), y.float().to(device or "cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    "train_regression",
    hint="""After the training the model's parameters no longer require grad, so it can't be trained
    further. Leave them as they are.""",
)
def freezes_the_trained_model(model, x, y, epochs=100, lr=0.01, device=None):
    model.to(device or "cpu")
    x, y = x.to(device or "cpu"), y.to(device or "cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.requires_grad_(False)
    return losses


@mistake(
    "train_regression",
    hint="""Training ends as soon as the loss hardly falls. That may be wise, but `epochs` epochs
    were asked for.""",
)
def stops_early(model, x, y, epochs=100, lr=0.01, device=None):
    model.to(device or "cpu")
    x, y = x.to(device or "cpu"), y.to(device or "cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) > 1 and abs(losses[-2] - losses[-1]) < 1e-6:
            break
    return losses


@mistake(
    "train_regression",
    hint="""The model went to the device, the data stayed behind: all tensors of an operation must
    be on the same device. Note that a tensor's `to` returns a new tensor.""",
)
def leaves_the_data_behind(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or "cpu"
    model.to(device)
    x.to(device)
    y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# ----------------------------------------------------------------------------------- predict


@mistake(
    "predict",
    hint="""This is a tensor. A NumPy array was asked for: tensors have a method for that.""",
)
def returns_a_tensor(model, x):
    with torch.no_grad():
        return model(x)


@mistake(
    "predict",
    hint="""The prediction still belongs to a graph, and NumPy can't take such a tensor. Call the
    model where no graph is recorded.""",
)
def still_records_the_graph(model, x):
    return model(x).numpy()


@mistake(
    "predict",
    hint="""This is a nested Python list. A NumPy array was asked for.""",
)
def returns_a_list(model, x):
    with torch.no_grad():
        return model(x).tolist()


@mistake(
    "predict",
    hint="""The array has shape (n,): its last dimension was dropped. Keep one row for each sample:
    (n, 1).""",
)
def drops_the_last_dimension(model, x):
    with torch.no_grad():
        return model(x).numpy().squeeze()


@mistake(
    "predict",
    hint="""The array is turned on its side, (1, n). One row for each sample: (n, 1).""",
)
def one_row_for_all(model, x):
    with torch.no_grad():
        return model(x).numpy().reshape(1, -1)


@mistake(
    "predict",
    hint="""Only one sample was predicted. Give the whole of x to the model: it takes all the rows
    at once.""",
)
def predicts_the_first_sample(model, x):
    with torch.no_grad():
        return model(x[:1]).numpy()


@mistake(
    "predict",
    hint="""The model is frozen for good: its parameters no longer require grad and can't be trained
    on. Switch the recording off for this one call only.""",
)
def freezes_the_model(model, x):
    for p in model.parameters():
        p.requires_grad_(False)
    return model(x).numpy()


@mistake(
    "predict",
    hint="""The model was turned to half precision: its parameters were rounded, and the predictions
    with them. Leave the model as it is.""",
)
def rounds_the_model(model, x):
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half())
        return model(x).numpy()


@mistake(
    "predict",
    hint="""Predictions were rounded to whole numbers. They are quantities, not classes: return them
    as the model gives them.""",
)
def rounds_to_whole_numbers(model, x):
    with torch.no_grad():
        return model(x).round().int().numpy()


@mistake(
    "predict",
    hint="""argmax picks a class. Here the model's one output is the prediction itself.""",
)
def picks_a_class(model, x):
    with torch.no_grad():
        return model(x).argmax(dim=1, keepdim=True).numpy()


@mistake(
    "predict",
    hint="""The inputs were standardised before the prediction; the model was trained on x as it is,
    so it must be asked with x as it is.""",
)
def standardises_the_inputs(model, x):
    with torch.no_grad():
        return model((x - x.mean()) / (x.std(correction=0) + 1)).numpy()


@mistake(
    "predict",
    hint="""The weights were multiplied by hand and the bias left out. Call the model: it knows all
    that belongs to a prediction.""",
)
def leaves_the_bias_out(model, x):
    with torch.no_grad():
        return (x @ next(iter(model.parameters())).T).numpy()


@mistake(
    "predict",
    hint="""The first layer's formula was written out, so it works for a model of that one layer
    only. Call the model itself.""",
)
def asks_the_first_layer_only(model, x):
    weight, bias = list(model.parameters())[:2]
    return (x @ weight.T + bias).detach().numpy()


@mistake(
    "predict",
    hint="""backward() was called on the prediction, which leaves gradients in the model that spoil
    the next training step. A prediction needs no gradient.""",
)
def leaves_gradients_behind(model, x):
    prediction = model(x)
    prediction.sum().backward()
    return prediction.detach().numpy()


@mistake(
    "predict",
    hint="""x was made float32, which a model in float64 can't take. Leave the dtype as it is.""",
)
def turns_x_into_float32(model, x):
    with torch.no_grad():
        return model(x.float()).numpy()


@mistake(
    "predict",
    hint="""The gradients that the model had are gone: a training step that was about to use them
    finds nothing. A prediction has no need to clear them.""",
)
def clears_gradients(model, x):
    model.zero_grad()
    with torch.no_grad():
        return model(x).numpy()


@mistake(
    "predict",
    hint="""Recording is switched off for good: after the prediction nothing can be trained any
    more. `with torch.no_grad():` switches it on again at its end.""",
)
def switches_recording_off_for_good(model, x):
    torch.set_grad_enabled(False)
    return model(x).numpy()
