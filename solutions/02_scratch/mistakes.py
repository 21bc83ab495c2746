"""Known wrong answers for scratch.py, each with the hint that it earns.

`model` and `sgd_step` here are the reference's: each mistake is put into an otherwise right file.
"""
# ruff: noqa: F821

import math

import numpy as np
import torch
import torch.nn.functional as F

from grader.assignment.mistakes import mistake


def _batch_loss(x, y, weights, bias, batch):
    return F.nll_loss(F.log_softmax(x[batch] @ weights + bias, -1), y[batch])


# ------------------------------------------------------------------------------- init_params


@mistake(
    "init_params",
    hint="""The weights are as large as randn makes them. Divide them by the square root of n_in, or
    the scores start far too large.""",
)
def unscaled_weights(n_in=784, n_out=10):
    return torch.randn(n_in, n_out, requires_grad=True), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""The weights are divided by n_in itself. It is its square root that keeps the scores'
    spread at 1.""",
)
def divided_by_n_in(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / n_in
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""The weights are scaled by the number of outputs. A score is a sum over the inputs: their
    number is the one that counts.""",
)
def scaled_by_the_outputs(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_out)
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""rand() draws from 0 to 1, so all weights are positive. randn() draws from the normal
    distribution around zero: mind the n.""",
)
def rand_for_randn(n_in=784, n_out=10):
    weights = torch.rand(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""Weights that are all zero give every class the same score. They are to be drawn at
    random, with a spread of 1/sqrt(n_in).""",
)
def zero_weights(n_in=784, n_out=10):
    return torch.zeros(n_in, n_out, requires_grad=True), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""Only a single column is drawn and then repeated, so that all classes start alike. Draw
    all n_in × n_out weights.""",
)
def one_column_for_all(n_in=784, n_out=10):
    weights = (torch.randn(n_in, 1) / math.sqrt(n_in)).repeat(1, n_out)
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""The division comes after requires_grad=True, so it is recorded: the weights are its
    result and not a leaf, and their .grad stays None. Scale first, then ask for gradients.""",
)
def weights_are_no_leaf(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out, requires_grad=True) / math.sqrt(n_in)
    return weights, torch.zeros(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""Neither tensor requires grad, so backward() has nothing to compute gradients for. Ask
    for it with requires_grad.""",
)
def no_gradients_asked_for(n_in=784, n_out=10):
    return torch.randn(n_in, n_out) / math.sqrt(n_in), torch.zeros(n_out)


@mistake(
    "init_params",
    hint="""The bias doesn't require grad, so it would stay at zero for ever. It is learned, just
    like the weights.""",
)
def bias_without_gradient(n_in=784, n_out=10):
    return (torch.randn(n_in, n_out) / math.sqrt(n_in)).requires_grad_(), torch.zeros(n_out)


@mistake(
    "init_params",
    hint="""The weights lie the other way round, (n_out, n_in). For xb @ weights the inputs are the
    rows: (n_in, n_out).""",
)
def weights_transposed(n_in=784, n_out=10):
    weights = torch.randn(n_out, n_in) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake("init_params", hint="The bias is drawn at random here. It starts at zero.")
def random_bias(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.randn(n_out, requires_grad=True)


@mistake("init_params", hint="The bias starts at one here. It should start at zero.")
def bias_of_ones(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.ones(n_out, requires_grad=True)


@mistake(
    "init_params",
    hint="""The bias has a single number. Each of the n_out classes has a bias of its own.""",
)
def a_single_bias(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.zeros(1, requires_grad=True)


@mistake(
    "init_params",
    hint="""The bias has one number for each input. It is added to the scores, of which there are
    n_out.""",
)
def a_bias_for_each_input(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.zeros(n_in, requires_grad=True)


@mistake(
    "init_params",
    hint="""784 and 10 are written into the code. They are only what n_in and n_out are when the
    caller doesn't say: use n_in and n_out.""",
)
def sizes_ignored(n_in=784, n_out=10):
    weights = torch.randn(784, 10) / math.sqrt(784)
    return weights.requires_grad_(), torch.zeros(10, requires_grad=True)


@mistake(
    "init_params",
    hint="""The shapes follow n_in, but the scale is that of 784 inputs, always. Take the square
    root of n_in.""",
)
def scale_of_784_inputs(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / 28
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


@mistake("init_params", hint="The order is wrong: first the weights, then the bias.")
def bias_first(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return torch.zeros(n_out, requires_grad=True), weights.requires_grad_()


@mistake("init_params", hint="Only the weights come back. Return the bias too: a pair.")
def weights_only(n_in=784, n_out=10):
    return (torch.randn(n_in, n_out) / math.sqrt(n_in)).requires_grad_()


@mistake(
    "init_params",
    hint="""NumPy's numbers are double precision, and so are tensors made from them. The images are
    float32, and the two can't be multiplied: convert first.""",
)
def double_precision(n_in=784, n_out=10):
    weights = torch.tensor(np.random.randn(n_in, n_out) / math.sqrt(n_in), requires_grad=True)
    return weights, torch.zeros(n_out, dtype=torch.float64, requires_grad=True)


# ------------------------------------------------------------------------------------- model


@mistake(
    "model",
    hint="""These are the scores as they are. The log-softmax that turns them into
    log-probabilities is missing.""",
)
def scores_only(xb, weights, bias):
    return xb @ weights + bias


@mistake(
    "model",
    hint="""These are probabilities (softmax). Log-probabilities are asked for: use the
    log_softmax of the last exercise.""",
)
def probabilities(xb, weights, bias):
    return F.softmax(xb @ weights + bias, dim=-1)


@mistake("model", hint="The bias is left out. Add it to the scores, before the log-softmax.")
def bias_left_out(xb, weights, bias):
    return F.log_softmax(xb @ weights, dim=-1)


@mistake(
    "model",
    hint="""The bias is added after the log-softmax, so exp() of the rows doesn't add up to 1 any
    more. It belongs to the scores.""",
)
def bias_after_log_softmax(xb, weights, bias):
    return F.log_softmax(xb @ weights, dim=-1) + bias


@mistake("model", hint="The bias is subtracted. The layer adds it.")
def bias_subtracted(xb, weights, bias):
    return F.log_softmax(xb @ weights - bias, dim=-1)


@mistake(
    "model",
    hint="""The log-softmax runs down the columns, over the samples. Each row, one sample, is to be
    normalised by itself: that's the last dimension.""",
)
def normalised_over_samples(xb, weights, bias):
    return F.log_softmax(xb @ weights + bias, dim=0)


@mistake(
    "model",
    hint="""Softmax is taken first, and log-softmax of its probabilities after, as if they were
    scores. Apply log-softmax to the scores, once.""",
)
def log_softmax_of_softmax(xb, weights, bias):
    return F.log_softmax(F.softmax(xb @ weights + bias, dim=-1), dim=-1)


@mistake(
    "model",
    hint="""The weights are transposed. They have the inputs as rows already, (n_in, n_out):
    multiply as they are.""",
)
def weights_turned_round(xb, weights, bias):
    return F.log_softmax(xb @ weights.t() + bias, dim=-1)


@mistake(
    "model",
    hint="`*` multiplies number by number. A layer needs the matrix product, written `@`.",
)
def product_number_by_number(xb, weights, bias):
    return F.log_softmax(xb * weights + bias, dim=-1)


@mistake(
    "model",
    hint="""Negative scores are set to zero before the log-softmax. This model is linear: no ReLU
    comes in between.""",
)
def relu_in_between(xb, weights, bias):
    return F.log_softmax(F.relu(xb @ weights + bias), dim=-1)


@mistake(
    "model",
    hint="""A sigmoid looks at each score by itself. The classes compete: use log-softmax, which
    sees the whole row.""",
)
def sigmoid_for_softmax(xb, weights, bias):
    return F.logsigmoid(xb @ weights + bias)


@mistake(
    "model",
    hint="""The values are right, but no_grad() (or detach) cuts them off from weights and bias, so
    backward() can't reach the parameters.""",
)
def model_without_a_graph(xb, weights, bias):
    with torch.no_grad():
        return F.log_softmax(xb @ weights + bias, dim=-1)


@mistake(
    "model",
    hint="""The values are right, but the bias goes in as .data, without its history: no gradient
    reaches it, and it never learns.""",
)
def bias_cut_off(xb, weights, bias):
    return F.log_softmax(xb @ weights + bias.data, dim=-1)


@mistake(
    "model",
    hint="""Everything is turned into float32 on the way. Leave the tensors in the dtype that they
    come in.""",
)
def always_float32(xb, weights, bias):
    return F.log_softmax(xb.float() @ weights.float() + bias.float(), dim=-1)


@mistake(
    "model",
    hint="""The batch is normalised before it is multiplied. The model takes its inputs as they
    are.""",
)
def inputs_normalised(xb, weights, bias):
    xb = (xb - xb.mean()) / (xb.std() + 1e-6)
    return F.log_softmax(xb @ weights + bias, dim=-1)


@mistake(
    "model",
    hint="""The result is right, but the caller's batch is written over on the way. Make a new
    tensor instead.""",
)
def writes_into_the_batch(xb, weights, bias):
    scores = xb @ weights + bias
    xb.zero_()
    return F.log_softmax(scores, dim=-1)


@mistake(
    "model",
    hint="""view() needs numbers that lie side by side in memory, and those of a transpose or of
    a slice don't. The matrix product takes xb and weights as they are.""",
)
def views_of_the_memory(xb, weights, bias):
    scores = xb.view(-1).view(xb.shape[0], -1) @ weights.view(-1).view(xb.shape[1], -1)
    return F.log_softmax(scores + bias, dim=-1)


# ---------------------------------------------------------------------------------- sgd_step


@mistake(
    "sgd_step",
    hint="""The step goes uphill: the gradient points to where the loss grows. Subtract it.""",
)
def uphill(params, lr):
    with torch.no_grad():
        for p in params:
            p += lr * p.grad
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""The gradients are never zeroed. backward() adds to what is in .grad, so each step
    would repeat all those before it.""",
)
def gradients_never_zeroed(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad


@mistake(
    "sgd_step",
    hint="""The gradients are zeroed before the step uses them, so nothing moves. First the step,
    then zero.""",
)
def zeroed_too_early(params, lr):
    with torch.no_grad():
        for p in params:
            p.grad.zero_()
            p -= lr * p.grad


@mistake(
    "sgd_step",
    hint="""Only the first tensor's gradient is zeroed (indentation?). Each one's is to be cleared,
    the bias's too.""",
)
def only_the_first_zeroed(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
    params[0].grad.zero_()


@mistake(
    "sgd_step",
    hint="""Only the last tensor's gradient is zeroed: the line stands after the loop. It belongs
    inside.""",
)
def only_the_last_zeroed(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
    p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""`p = p - …` makes a new tensor and gives it the name p; the caller's own parameter
    doesn't change. Change it in place, with -= for example.""",
)
def rebinds_the_name(params, lr):
    with torch.no_grad():
        for p in params:
            gradient = p.grad.clone()
            p.grad.zero_()
            p = p - lr * gradient


@mistake(
    "sgd_step",
    hint="""A list of new tensors is returned, and the ones that came in stay as they are. Change
    those very tensors, in place.""",
)
def returns_new_tensors(params, lr):
    moved = [(p - lr * p.grad).detach().requires_grad_() for p in params]
    for p in params:
        p.grad = None
    return moved


@mistake(
    "sgd_step",
    hint="""New tensors are put into the list, and the old ones, which the caller holds, stay as
    they are. Change those very tensors, in place.""",
)
def replaces_the_entries_of_the_list(params, lr):
    for i, p in enumerate(params):
        params[i] = (p - lr * p.grad).detach().requires_grad_()
        p.grad = None


@mistake(
    "sgd_step",
    hint="""PyTorch refuses to change a leaf that requires grad in place while it records. Make the
    update under torch.no_grad().""",
)
def inside_the_graph(params, lr):
    for p in params:
        p -= lr * p.grad
        p.grad.zero_()


@mistake("sgd_step", hint="The learning rate isn't used. Multiply the gradient by lr.")
def learning_rate_ignored(params, lr):
    with torch.no_grad():
        for p in params:
            p -= p.grad
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""The learning rate is written into the code. Use the one that is passed in as lr.""",
)
def learning_rate_fixed(params, lr):
    with torch.no_grad():
        for p in params:
            p -= 0.5 * p.grad
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""The gradient is divided by the learning rate. Multiply by it: a small lr means a small
    step.""",
)
def divides_by_the_learning_rate(params, lr):
    with torch.no_grad():
        for p in params:
            p -= p.grad / lr
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""Only one tensor moves (a return inside the loop, or params[0]?). Every tensor of the
    list is to be updated.""",
)
def first_tensor_only(params, lr):
    with torch.no_grad():
        params[0].sub_(lr * params[0].grad)
    for p in params:
        p.grad = None


@mistake(
    "sgd_step",
    hint="""The list is taken for a pair, weights and bias. It may hold any number of tensors: go
    through it with a loop.""",
)
def pairs_only(params, lr):
    weights, bias = params
    with torch.no_grad():
        weights -= lr * weights.grad
        bias -= lr * bias.grad
    weights.grad = bias.grad = None


@mistake(
    "sgd_step",
    hint="""Only the gradient's sign is used, so all steps have the same length. Use its value.""",
)
def sign_only(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad.sign()
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""Large gradients are cut down before the step. Plain gradient descent takes them as
    they are.""",
)
def gradients_clipped(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad.clamp(-10, 10)
            p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""requires_grad is switched off for the step and never on again. torch.no_grad() leaves
    the tensors as they are.""",
)
def gradients_switched_off(params, lr):
    for p in params:
        p.requires_grad_(False)
        p -= lr * p.grad
        p.grad.zero_()


@mistake(
    "sgd_step",
    hint="""The step is made in single precision whatever the parameter's dtype. Compute with the
    tensors as they are.""",
)
def turned_into_float32(params, lr):
    for p in params:
        p.data = p.data.float() - lr * p.grad.float()
        p.grad = None


@mistake(
    "sgd_step",
    hint="""The optimizers of torch.optim come in a later exercise. Write the update yourself
    here.""",
)
def library_optimizer(params, lr):
    optimizer = torch.optim.SGD(params, lr=lr)
    optimizer.step()
    optimizer.zero_grad()


@mistake(
    "sgd_step",
    hint="""An optimizer of torch's takes the step here, under another name. Write the update
    yourself.""",
)
def optimizer_by_another_name(params, lr):
    library = torch
    optimizer = library.optim.SGD(params, lr=lr)
    optimizer.step()
    optimizer.zero_grad()


# ------------------------------------------------------------------------------------- train


@mistake(
    "train",
    hint="""The batches are the samples in their order. Draw the indices of each batch at random
    with torch.randint.""",
)
def batches_in_order(x, y, weights, bias, steps, batch_size, lr):
    for step in range(steps):
        batch = torch.arange(step * batch_size, (step + 1) * batch_size) % len(x)
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The batch is drawn once, before the loop, so every step sees the same few samples. Draw
    inside the loop.""",
)
def one_batch_for_all_steps(x, y, weights, bias, steps, batch_size, lr):
    batch = torch.randint(len(x), (batch_size,))
    for _ in range(steps):
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The indices are drawn from the first batch_size samples only; the others are never seen.
    Draw from all len(x) of them.""",
)
def first_samples_only(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(batch_size, (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The last sample is never drawn: the upper end that torch.randint takes is itself left
    out, so it should be len(x).""",
)
def never_the_last_sample(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(0, len(x) - 1, (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""Images and labels are drawn separately, so they don't belong together. Use the same
    indices for both.""",
)
def labels_of_other_samples(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        xb = x[torch.randint(len(x), (batch_size,))]
        yb = y[torch.randint(len(x), (batch_size,))]
        F.nll_loss(model(xb, weights, bias), yb).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""Each step uses all samples. A mini-batch of batch_size samples, drawn at random, is
    asked for.""",
)
def whole_data_every_step(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        F.nll_loss(model(x, weights, bias), y).backward()
        sgd_step([weights, bias], lr)


@mistake("train", hint="The batches have 64 samples whatever batch_size says. Use batch_size.")
def batch_size_ignored(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (64,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""Only one sample is drawn a step. The second argument of torch.randint is the shape:
    (batch_size,) gives batch_size of them.""",
)
def one_sample_a_step(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (1,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The gradients of earlier steps are still there: backward() adds to them. Zero them
    after each step.""",
)
def gradients_pile_up(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        with torch.no_grad():
            weights -= lr * weights.grad
            bias -= lr * bias.grad


@mistake(
    "train",
    hint="""The bias's gradient is never zeroed, only the weights'. Both pile up unless they are
    cleared.""",
)
def gradient_of_bias_piles_up(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        with torch.no_grad():
            weights -= lr * weights.grad
            bias -= lr * bias.grad
            weights.grad.zero_()


@mistake("train", hint="The bias is never updated. It is a parameter too: give it its step.")
def bias_never_updated(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights], lr)


@mistake(
    "train",
    hint="""The loss grows: the update adds the gradient. Gradient descent subtracts it.""",
)
def climbs_the_loss(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], -lr)


@mistake(
    "train",
    hint="""The losses of the batch are added up, not averaged, so that the steps are batch_size
    times too long. Use the mean.""",
)
def summed_loss(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        (batch_size * _batch_loss(x, y, weights, bias, batch)).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The number of updates isn't `steps`. Count: range(1, steps) stops one short.""",
)
def one_step_short(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(1, steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""`steps` is taken for a number of passes over all the data. It is the number of updates:
    one batch each.""",
)
def passes_instead_of_steps(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        for batch in torch.randperm(len(x)).split(batch_size):
            _batch_loss(x, y, weights, bias, batch).backward()
            sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""backward() is called, but no step follows, so the parameters stay where they are. Call
    sgd_step after it.""",
)
def no_step_taken(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()


@mistake(
    "train",
    hint="""`weights = weights - …` makes new tensors inside the function; the caller's stay
    untrained. Change the given tensors in place.""",
)
def trains_new_tensors(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        loss = _batch_loss(x, y, weights, bias, batch)
        by_weights, by_bias = torch.autograd.grad(loss, [weights, bias])
        weights = (weights - lr * by_weights).detach().requires_grad_()
        bias = (bias - lr * by_bias).detach().requires_grad_()
    return weights, bias


@mistake(
    "train",
    hint="""Training starts from parameters of its own, made inside. It is to go on from the weights
    and bias it is given, and to change those.""",
)
def starts_afresh(x, y, weights, bias, steps, batch_size, lr):
    weights, bias = init_params(x.shape[1], bias.shape[0])
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The model's scores are turned into probabilities and then passed to a loss that expects
    log-probabilities. Use the model's output as it is.""",
)
def loss_of_probabilities(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        F.nll_loss(model(x[batch], weights, bias).exp(), y[batch]).backward()
        sgd_step([weights, bias], lr)


@mistake("train", hint="The learning rate is written into the code. Use the lr that is passed in.")
def lr_written_into_the_code(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        sgd_step([weights, bias], 0.01)


@mistake(
    "train",
    hint="""The caller's x and y are shuffled in place. Pick samples with an index instead, and
    leave the data as they are.""",
)
def shuffles_the_data_themselves(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        order = torch.randperm(len(x))
        x[:], y[:] = x[order], y[order]
        _batch_loss(x, y, weights, bias, slice(batch_size)).backward()
        sgd_step([weights, bias], lr)


@mistake(
    "train",
    hint="""The optimizers of torch.optim come in a later exercise. Make the updates yourself, or
    with your own sgd_step.""",
)
def trains_with_a_library_optimizer(x, y, weights, bias, steps, batch_size, lr):
    optimizer = torch.optim.SGD([weights, bias], lr=lr)
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        optimizer.step()
        optimizer.zero_grad()


@mistake(
    "train",
    hint="""An optimizer of torch's takes the steps here, under another name. Make the updates
    yourself, or with your own sgd_step.""",
)
def trains_with_an_optimizer_by_another_name(x, y, weights, bias, steps, batch_size, lr):
    library = torch
    optimizer = library.optim.SGD([weights, bias], lr=lr)
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        _batch_loss(x, y, weights, bias, batch).backward()
        optimizer.step()
        optimizer.zero_grad()
