"""Known wrong answers for fit.py, each with the hint that it earns."""

import copy

import torch
import torch.nn.functional as F
from torch import nn, optim

from grader.assignment.mistakes import mistake


def update(model, lr):
    """One right update: every parameter moves against its gradient, which is then cleared."""
    with torch.no_grad():
        for p in model.parameters():
            p -= lr * p.grad
    model.zero_grad()


@mistake(
    "fit",
    hint="Gradients are never cleared: backward() adds to what is there, so each step uses"
    " the sum of all gradients so far.",
)
def gradients_never_zeroed(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Gradients are cleared once an epoch. backward() adds to them at every batch, so "
    "they must be cleared at every batch.",
)
def gradients_zeroed_once_an_epoch(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            losses.append(loss.item())
        model.zero_grad()
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The gradients are cleared between backward() and the update, so the parameters "
    "move by nothing.",
)
def gradients_zeroed_before_the_update(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            model.zero_grad(set_to_none=False)
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The line that clears the gradient stands outside the loop over the parameters, "
    "so only the last parameter's is cleared.",
)
def only_the_last_gradient_zeroed(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            p.grad.zero_()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The parameters move along the gradient, up the hill: the loss grows. The update "
    "has a minus.",
)
def ascends(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p += lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="`p = p - ...` makes a new tensor and gives it the name p; the model's own "
    "parameter stays as it was. Change it in place.",
)
def rebinds_the_name(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p = p - lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The update isn't under torch.no_grad(): PyTorch refuses to change in place a "
    "leaf that it tracks.",
)
def updates_inside_the_graph(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            for p in model.parameters():
                p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="backward() is never called, so there are no gradients to follow.")
def no_backward(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The losses are computed and the gradients too, but no parameter is ever changed.",
)
def no_update(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="The learning rate is 0.5 whatever `lr` says.")
def lr_ignored(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, 0.5)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The gradient is divided by the batch size, but the loss is a mean already: the "
    "steps are far too small.",
)
def lr_divided_by_batch_size(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr / bs)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Only parameters with two dimensions are updated, so no bias ever moves.",
)
def bias_never_updated(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    if p.dim() > 1:
                        p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Only the first two parameters are updated. A network has more than one layer: "
    "walk through all of model.parameters().",
)
def first_layer_only(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in list(model.parameters())[:2]:
                    p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The update asks the model for `weight` and `bias`, which not every model has. "
    "model.parameters() lists them for any model.",
)
def names_the_parameters(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                model.weight -= lr * model.weight.grad
                model.bias -= lr * model.bias.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="`len(x_train) // bs` counts only whole batches: the last, short one is never used.",
)
def last_batch_dropped(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train) // bs * bs, bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / max(len(losses), 1))
    return history


@mistake("fit", hint="Batches that are shorter than bs are skipped. They count too.")
def short_batches_skipped(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            if len(xb) < bs:
                continue
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / max(len(losses), 1))
    return history


@mistake(
    "fit",
    hint="`len(x_train) // bs + 1` is one batch too many where bs divides the number of "
    "samples: the mean over an empty batch is NaN.",
)
def empty_batch_at_the_end(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for k in range(len(x_train) // bs + 1):
            i = k * bs
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The start moves by one sample from batch to batch. It should move by bs.",
)
def batches_overlap(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(len(x_train)):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The slice doesn't depend on the loop: every step trains on the first batch.",
)
def first_batch_only(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[:bs], y_train[:bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each epoch makes one step on all of the data. Split it into batches of bs.",
)
def whole_set_at_once(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        loss = loss_func(model(x_train), y_train)
        loss.backward()
        update(model, lr)
        history.append(loss.item())
    return history


@mistake(
    "fit",
    hint="The update stands outside the loop over the batches, so the gradients of a whole"
    " epoch add up for a single step.",
)
def updated_once_an_epoch(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            losses.append(loss.item())
        update(model, lr)
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The batches are drawn in random order. Here they are taken in order, as the data comes.",
)
def shuffled(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        order = torch.randperm(len(x_train))
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[order[i : i + bs]], y_train[order[i : i + bs]]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The batches are walked from the last to the first. Take them in order.",
)
def backwards_through_the_data(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in reversed(range(0, len(x_train), bs)):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="The batch size is 64 whatever `bs` says.")
def batch_size_ignored(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    bs = 64
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="There is one pass through the data whatever `epochs` says: the outer loop is missing.",
)
def epochs_ignored(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    losses = []
    for i in range(0, len(x_train), bs):
        xb, yb = x_train[i : i + bs], y_train[i : i + bs]
        loss = loss_func(model(xb), yb)
        loss.backward()
        update(model, lr)
        losses.append(loss.item())
    return [sum(losses) / len(losses)]


@mistake(
    "fit",
    hint="range(1, epochs) makes one epoch too few: it starts at 1 and ends before `epochs`.",
)
def one_epoch_short(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(1, epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="`return` stands inside the loop over the epochs and ends it after the first one.",
)
def returns_in_the_loop(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
        return history


@mistake("fit", hint="The loss is F.cross_entropy whatever `loss_func` was given.")
def always_cross_entropy(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The model's output goes through log_softmax before the loss. What the loss needs"
    " is the loss's own business: hand it the output as it is.",
)
def log_softmax_first(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(F.log_softmax(model(xb), -1), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="loss_func gets the targets first and the predictions second. Predictions come first.",
)
def arguments_of_the_loss_exchanged(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(yb, model(xb))
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="A copy of the model is trained, and the model that was passed in stays as it was.",
)
def trains_a_copy(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    model = copy.deepcopy(model)
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The parameters are reset before training. Go on from those that the model has.",
)
def starts_afresh(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The model is put into eval mode before it is trained: layers such as BatchNorm "
    "and Dropout then don't do their work.",
)
def in_eval_mode(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    model.eval()
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="The data is normalised in place: the caller's own tensors change.")
def normalises_the_data(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    x_train -= x_train.mean()
    x_train /= x_train.std()
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The gradients are clipped to a length of 1, so large ones move the parameters "
    "less than they should.",
)
def clips_gradients(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The learning rate shrinks from epoch to epoch. It stays what it is.",
)
def decays_the_rate(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        lr = lr * 0.9
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each batch is turned into float32, so a model in float64 can't be trained: leave"
    " the dtype as it comes.",
)
def casts_to_float32(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb.float()), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="fit trains the model, but returns None: it should return the mean loss of each epoch.",
)
def returns_nothing(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))


@mistake(
    "fit",
    hint="The losses are tensors that still hold their graphs, and with them a lot of "
    "memory. `.item()` makes a Python float of each.",
)
def returns_tensors(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss)
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="There is a loss for every batch in the list. It should hold one number for each "
    "epoch: their mean.",
)
def returns_every_batch(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history += losses
    return history


@mistake(
    "fit",
    hint="Only the last epoch's loss is returned. Keep one for each epoch, in a list.",
)
def returns_the_last_loss(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history[-1]


@mistake(
    "fit",
    hint="Each number is the loss of the epoch's last batch, not the mean over its batches.",
)
def last_batch_for_the_mean(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(losses[-1])
    return history


@mistake(
    "fit",
    hint="Each number is the sum of the epoch's losses: divide it by how many there are.",
)
def sum_for_the_mean(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses))
    return history


@mistake(
    "fit",
    hint="The sum of the batches' losses is divided by the number of samples. Each loss is"
    " a mean already: divide by the number of batches, or weigh each loss by its "
    "batch's size.",
)
def sum_divided_by_samples(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(x_train))
    return history


@mistake(
    "fit",
    hint="The list of losses is made once and never emptied, so each epoch's mean counts "
    "all epochs so far.",
)
def losses_run_on(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    losses = []
    for _ in range(epochs):
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each batch's loss is computed again after the update. The training loss is the "
    "one that the gradient came from.",
)
def loss_after_the_step(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss_func(model(xb), yb).item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The loss of the whole training set is measured when the epoch is over. Return the mean "
    "of the losses that the batches had on the way, before each of their steps.",
)
def whole_set_after_the_epoch(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i : i + bs]), y_train[i : i + bs])
            loss.backward()
            update(model, lr)
        with torch.no_grad():
            history.append(loss_func(model(x_train), y_train).item())
    return history


@mistake(
    "fit",
    hint="Every batch counts as bs samples, the short one at the end too: then the mean over the "
    "samples is wrong. Weigh each loss by the samples that the batch really has.",
)
def short_batch_counted_full(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        total = 0.0
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i : i + bs]), y_train[i : i + bs])
            loss.backward()
            update(model, lr)
            total += bs * loss.item()
        history.append(total / len(x_train))
    return history


@mistake(
    "fit",
    hint="model.parameters() is a generator: it can be walked through once. Kept in a variable, it "
    "is empty from the second batch on. Call it anew, or make a list of it.",
)
def parameters_used_up(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    params = model.parameters()
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i : i + bs]), y_train[i : i + bs])
            loss.backward()
            with torch.no_grad():
                for p in params:
                    p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The parameters are replaced by new ones at each step, and whoever holds the old ones "
    "holds untrained numbers. Change each parameter in place.",
)
def new_parameters_each_step(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i : i + bs]), y_train[i : i + bs])
            model.zero_grad()
            loss.backward()
            for layer in model.modules():
                for name, p in list(layer.named_parameters(recurse=False)):
                    setattr(layer, name, nn.Parameter(p.detach() - lr * p.grad))
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="torch.optim does the update here. In this exercise you write it yourself; the "
    "optimizer comes in exercise 05.",
)
def uses_torch_optim(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    opt = optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each step also repeats a part of the step before it (momentum). Plain gradient "
    "descent is `lr` times the gradient and nothing else.",
)
def uses_momentum(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    speed = [torch.zeros_like(p) for p in model.parameters()]
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p, s in zip(model.parameters(), speed):
                    s.mul_(0.9).add_(p.grad)
                    p -= lr * s
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The predictions lose a dimension on the way to the loss: (N,) against targets of shape"
    " (N, 1) is compared each with each. Pass on what the model gives.",
)
def squeezes_the_predictions(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb).squeeze(-1), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Training ends as soon as an epoch's loss is higher than the last one's. `epochs` says how"
    " many epochs to run.",
)
def stops_when_the_loss_rises(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
        if len(history) > 1 and history[-1] > history[-2]:
            break
    return history


@mistake(
    "fit",
    hint="The losses are rounded to two digits. Return the numbers as they are, and round them"
    " where you print them.",
)
def rounds_the_losses(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            update(model, lr)
            losses.append(loss.item())
        history.append(round(sum(losses) / len(losses), 2))
    return history


@mistake(
    "fit",
    hint="An optimizer of torch's does the update here, under another name. In this exercise you"
    " write it yourself.",
)
def optimizer_by_another_name(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    make, params = torch, list(model.parameters())
    opt = make.optim.SGD(params, lr=lr)
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history
