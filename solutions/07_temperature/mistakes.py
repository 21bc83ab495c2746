"""Known wrong answers for temperature.py, each with the hint that it earns."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.mistakes import mistake

MADE = {}  # what `one_model_for_all_calls` keeps

# ------------------------------------------------------------------------------------- split


@mistake(
    "split",
    hint="""Nothing is drawn: the last samples are always the ones to validate on. Readings often
    come in an order, so the halves would differ in more than chance. Permute first.""",
)
def takes_the_last_ones(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    return t_u[:n_train], t_c[:n_train], t_u[n_train:], t_c[n_train:]


@mistake(
    "split",
    hint="""A fixed seed is set in each call, so it is the same draw every time. (And everyone
    else's random numbers repeat as well.) Leave the seed to the caller.""",
)
def same_draw_every_time(t_u, t_c, val_fraction=0.2):
    torch.manual_seed(0)
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""Inputs and targets were permuted each on its own, so pairs are torn apart. Draw one
    permutation of positions and use it for both.""",
)
def tears_pairs_apart(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    t_u, t_c = t_u[torch.randperm(len(t_u))], t_c[torch.randperm(len(t_c))]
    return t_u[:n_train], t_c[:n_train], t_u[n_train:], t_c[n_train:]


@mistake(
    "split",
    hint="""Random positions may repeat: some samples come twice, others never. A permutation has
    each position exactly once.""",
)
def draws_with_repetition(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    drawn = torch.randint(0, len(t_u), (len(t_u),))
    train, val = drawn[:n_train], drawn[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""The model trains on everything, and what it is validated on is among it: it has seen
    the answers. No sample may be in both halves.""",
)
def trains_on_everything(t_u, t_c, val_fraction=0.2):
    val = torch.randperm(len(t_u))[: int(val_fraction * len(t_u))]
    return t_u, t_c, t_u[val], t_c[val]


@mistake(
    "split",
    hint="""The halves are exchanged: val_fraction is the share to validate on, and you train on
    it.""",
)
def halves_exchanged(t_u, t_c, val_fraction=0.2):
    n_val = int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_val], shuffled[n_val:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""The order of the four is another one: inputs and targets to train on first, then inputs
    and targets to validate on.""",
)
def inputs_before_targets(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_u[val], t_c[train], t_c[val]


@mistake(
    "split",
    hint="""Inputs and targets are exchanged: t_u, what the thermometer showed, comes first in each
    half.""",
)
def targets_first(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_c[train], t_u[train], t_c[val], t_u[val]


@mistake(
    "split",
    hint="""You rounded the number of samples to train on down, which rounds the number to validate
    on up. It is int(val_fraction · n) that is for validation.""",
)
def rounds_the_other_half(t_u, t_c, val_fraction=0.2):
    n_train = int((1 - val_fraction) * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""round() goes to the nearest whole number, and that may be up. int() cuts off what is
    behind the point.""",
)
def rounds_to_the_nearest(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - round(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""The share is fixed at a fifth, whatever val_fraction says. Use the argument.""",
)
def always_a_fifth(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(0.2 * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""Two samples to validate on is right for eleven readings. For others it must be
    int(val_fraction · n).""",
)
def always_two(t_u, t_c, val_fraction=0.2):
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:-2], shuffled[-2:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""Only the place of the cut is random: neighbours stay together, and what comes in an
    order stays in it. Permute all positions.""",
)
def cuts_out_a_block(t_u, t_c, val_fraction=0.2):
    n = len(t_u)
    n_train = n - int(val_fraction * n)
    rolled = (torch.arange(n) + torch.randint(0, n, (1,))) % n
    train, val = rolled[:n_train], rolled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""One sample is lost at the cut: the second half must begin exactly where the first
    ends.""",
)
def loses_one_at_the_cut(t_u, t_c, val_fraction=0.2):
    n_val = int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[: -n_val - 1], shuffled[-n_val:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""These are the positions that were drawn, not the readings that stand there. Use them to
    index t_u and t_c.""",
)
def returns_positions(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    return shuffled[:n_train], shuffled[:n_train], shuffled[n_train:], shuffled[n_train:]


@mistake(
    "split",
    hint="""The readings were reordered in the caller's own tensors. Index them: that makes new
    tensors and leaves the old ones as they are.""",
)
def shuffles_the_callers_data(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    t_u.copy_(t_u[shuffled])
    t_c.copy_(t_c[shuffled])
    return (
        t_u[:n_train].clone(),
        t_c[:n_train].clone(),
        t_u[n_train:].clone(),
        t_c[n_train:].clone(),
    )


@mistake(
    "split",
    hint="""The readings came as a column (n, 1) and leave as a flat row of numbers. Keep their
    shape, or predictions and targets won't match later.""",
)
def flattens_columns(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    t_u, t_c = t_u.flatten(), t_c.flatten()
    return t_u[train], t_c[train], t_u[val], t_c[val]


@mistake(
    "split",
    hint="""The inputs were scaled as well as split. Scaling is done before, outside: hand the
    readings on as they are.""",
)
def scales_the_inputs(t_u, t_c, val_fraction=0.2):
    n_train = len(t_u) - int(val_fraction * len(t_u))
    shuffled = torch.randperm(len(t_u))
    train, val = shuffled[:n_train], shuffled[n_train:]
    return 0.1 * t_u[train], t_c[train], 0.1 * t_u[val], t_c[val]


# ----------------------------------------------------------------------------- training_loop


@mistake(
    "training_loop",
    hint="""The gradients are never zeroed. backward() adds to what is there, so each step follows
    the sum of all gradients so far.""",
)
def never_zeroes_gradients(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""zero_grad() comes between backward() and step(): the gradients are wiped out before they
    are used.""",
)
def zeroes_before_the_step(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        loss_train.backward()
        optimizer.zero_grad()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The optimizer never steps: gradients are computed, and the model stays as it was.""",
)
def never_steps(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""backward() was called on the validation loss too, and its gradient joins the other:
    the model learns from what it is to be tested on.""",
)
def learns_from_validation_too(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        loss_val.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The model learns from the validation half, and is watched on the training half: they are
    exchanged.""",
)
def learns_from_the_wrong_half(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_val.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""Two steps an epoch: a second one was taken with the validation loss. One step, with the
    training loss alone.""",
)
def steps_on_validation(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        pair = []
        for t_u, t_c in ((t_u_train, t_c_train), (t_u_val, t_c_val)):
            loss = loss_fn(model(t_u), t_c)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            pair.append(loss.item())
        history.append(tuple(pair))
    return history


@mistake(
    "training_loop",
    hint="""The validation loss is computed from the training half: the two losses of each pair are
    the same.""",
)
def validates_on_the_training_half(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_train), t_c_train)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The validation loss was measured after the step, the training loss before it: the two
    are of different models. Measure both before the step.""",
)
def validates_after_the_step(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        with torch.no_grad():
            loss_val = loss_fn(model(t_u_val), t_c_val)
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The optimizer that was handed in is not used: you made another one. Step with the one
    you are given, whichever it is.""",
)
def makes_its_own_optimizer(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    own = torch.optim.SGD(model.parameters(), lr=1e-2)
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        own.zero_grad()
        loss_train.backward()
        own.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The loss is the mean squared error, whatever loss_fn is. Call the function you are
    given.""",
)
def always_squared_errors(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = F.mse_loss(model(t_u_train), t_c_train)
        loss_val = F.mse_loss(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The validation loss is the mean squared error, whatever loss_fn is. Both losses are
    loss_fn's: otherwise they can't be compared.""",
)
def watches_squared_errors(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = F.mse_loss(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""loss_fn gets the target first and the prediction second. Squared errors don't mind, but
    others do: the prediction comes first.""",
)
def target_first(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(t_c_train, model(t_u_train))
        loss_val = loss_fn(t_c_val, model(t_u_val))
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The history holds tensors, and each keeps its whole graph in memory. Turn each loss into
    a plain number.""",
)
def keeps_loss_tensors(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train, loss_val))
    return history


@mistake(
    "training_loop",
    hint="""The history has only the epochs that were printed. Print some, but keep all.""",
)
def keeps_what_it_prints(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for epoch in range(1, n_epochs + 1):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        if epoch == 1 or epoch % 1000 == 0:
            print(f"Epoch {epoch}: {loss_train.item()}, {loss_val.item()}")
            history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""The loop counts from 1 and stops before n_epochs: the last epoch is missing.""",
)
def one_epoch_short(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(1, n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


@mistake(
    "training_loop",
    hint="""Each pair is the wrong way round: the training loss comes first, the validation loss
    second.""",
)
def validation_loss_first(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_val.item(), loss_train.item()))
    return history


@mistake(
    "training_loop",
    hint="""Two lists come back, one for each kind of loss. One list was asked for, with a pair for
    each epoch.""",
)
def returns_two_lists(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    train, val = [], []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        train.append(loss_train.item())
        val.append(loss_val.item())
    return train, val


@mistake(
    "training_loop",
    hint="""The losses are printed and then lost: the function returns None. Return them as a list
    of pairs.""",
)
def only_prints(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    for epoch in range(1, n_epochs + 1):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        if epoch == 1 or epoch % 1000 == 0:
            print(f"Epoch {epoch}: {loss_train.item()}, {loss_val.item()}")


@mistake(
    "training_loop",
    hint="""Training stops as soon as the validation loss grows. That may be wise, but all n_epochs
    epochs were asked for.""",
)
def stops_early(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
        if len(history) > 1 and history[-1][1] > history[-2][1]:
            break
    return history


@mistake(
    "training_loop",
    hint="""One step for each sample. An epoch here is one step, with all training samples at
    once.""",
)
def one_step_a_sample(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for _ in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        loss_val = loss_fn(model(t_u_val), t_c_val)
        for t_u, t_c in zip(t_u_train, t_c_train):
            optimizer.zero_grad()
            loss_fn(model(t_u), t_c).backward()
            optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
    return history


# -------------------------------------------------------------------------------- make_model


def three(hidden, activation, output):
    """The three layers under their names."""
    names = ("hidden_linear", "hidden_activ", "output_linear")
    return nn.Sequential(OrderedDict(zip(names, (hidden, activation, output))))


@mistake(
    "make_model",
    hint="""The activation is ReLU: a broken line of straight pieces. The lesson's hidden units use
    tanh.""",
)
def relu_for_tanh(n_hidden=13):
    return three(nn.Linear(1, n_hidden), nn.ReLU(), nn.Linear(n_hidden, 1))


@mistake(
    "make_model",
    hint="""The activation is the sigmoid, which runs from 0 to 1. tanh runs from −1 to 1.""",
)
def sigmoid_for_tanh(n_hidden=13):
    return three(nn.Linear(1, n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, 1))


@mistake(
    "make_model",
    hint="""Without an activation between them, two linear layers are one: the model can only be a
    straight line.""",
)
def nothing_in_between(n_hidden=13):
    return nn.Sequential(
        OrderedDict(hidden_linear=nn.Linear(1, n_hidden), output_linear=nn.Linear(n_hidden, 1))
    )


@mistake(
    "make_model",
    hint="""The layers have no names of their own, so they are called 0, 1 and 2. An OrderedDict
    gives each its name.""",
)
def layers_without_names(n_hidden=13):
    return nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))


@mistake(
    "make_model",
    hint="""The layers have other names than the lesson's. Compare them letter by letter.""",
)
def other_names(n_hidden=13):
    return nn.Sequential(
        OrderedDict(
            hidden=nn.Linear(1, n_hidden), activation=nn.Tanh(), output=nn.Linear(n_hidden, 1)
        )
    )


@mistake(
    "make_model",
    hint="""There are always 13 hidden units, whatever n_hidden says. Use the argument.""",
)
def always_thirteen(n_hidden=13):
    return three(nn.Linear(1, 13), nn.Tanh(), nn.Linear(13, 1))


@mistake(
    "make_model",
    hint="""The number of hidden units, where it isn't given, is another one than 13.""",
)
def eight_by_itself(n_hidden=8):
    return three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))


@mistake(
    "make_model",
    hint="""tanh was put last, so each prediction is between −1 and 1: no temperature of 20 °C can
    come out. It belongs between the two linear layers.""",
)
def tanh_at_the_end(n_hidden=13):
    return nn.Sequential(
        OrderedDict(
            hidden_linear=nn.Linear(1, n_hidden),
            output_linear=nn.Linear(n_hidden, 1),
            hidden_activ=nn.Tanh(),
        )
    )


@mistake(
    "make_model",
    hint="""A second tanh follows the output, so each prediction is between −1 and 1. The output
    layer's number is the prediction.""",
)
def tanh_at_the_end_as_well(n_hidden=13):
    model = three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))
    model.add_module("output_activ", nn.Tanh())
    return model


@mistake(
    "make_model",
    hint="""The output layer gives n_hidden numbers for a sample. One temperature was asked for.""",
)
def as_many_outputs_as_hidden_units(n_hidden=13):
    return three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, n_hidden))


@mistake(
    "make_model",
    hint="""The output layer has no bias, so the model's middle is stuck at 0. Both layers have
    one.""",
)
def output_without_bias(n_hidden=13):
    return three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1, bias=False))


@mistake(
    "make_model",
    hint="""There are two hidden layers. One was asked for: three children in all.""",
)
def two_hidden_layers(n_hidden=13):
    return nn.Sequential(
        OrderedDict(
            hidden_linear=nn.Linear(1, n_hidden),
            hidden_activ=nn.Tanh(),
            hidden_linear2=nn.Linear(n_hidden, n_hidden),
            hidden_activ2=nn.Tanh(),
            output_linear=nn.Linear(n_hidden, 1),
        )
    )


@mistake(
    "make_model",
    hint="""This is the dictionary of layers. nn.Sequential makes a model of it.""",
)
def returns_the_dictionary(n_hidden=13):
    return OrderedDict(
        hidden_linear=nn.Linear(1, n_hidden),
        hidden_activ=nn.Tanh(),
        output_linear=nn.Linear(n_hidden, 1),
    )


@mistake(
    "make_model",
    hint="""All hidden units start with the same weights, so they get the same gradients and stay
    the same: thirteen units that do the work of one. Leave their start to chance.""",
)
def all_units_alike(n_hidden=13):
    model = three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)
    return model


@mistake(
    "make_model",
    hint="""The hidden layer is frozen: its parameters don't require grad, and only the output layer
    can learn.""",
)
def frozen_hidden_layer(n_hidden=13):
    hidden = nn.Linear(1, n_hidden).requires_grad_(False)
    return three(hidden, nn.Tanh(), nn.Linear(n_hidden, 1))


@mistake(
    "make_model",
    hint="""Every call returns the same model, made once: to train one is to train them all. Make a
    new one in each call.""",
)
def one_model_for_all_calls(n_hidden=13):
    if n_hidden not in MADE:
        MADE[n_hidden] = three(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))
    return MADE[n_hidden]
