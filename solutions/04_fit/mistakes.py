"""Known wrong answers for fit.py, each with the hint that it earns."""

# fmt: off

import copy  # noqa: F401 - for the mistakes' own code

from grader.assignment.mistakes import edit, mistake

# The parts of the reference that are edited.
BATCHES = "range(0, len(x_train), bs)"
SLICES = "x_train[start : start + bs], y_train[start : start + bs]"
LOSS = "loss_func(model(xb), yb)"
CLEAR = "            model.zero_grad()\n"
KEEP = "            losses.append(loss.item())\n"
MEAN = "sum(losses) / len(losses)"
UPDATE = """with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad"""

NOTHING_MOVES = """The parameters of the model that was passed in stay as they were: there is no
update, or the gradients are cleared between backward() and the update, or a copy moves (`p = p -
...` makes a new tensor, and only gives it the name p). Change each parameter in place, then
clear."""
NO_GRADIENTS = """At the update there is no gradient: p.grad is None. Either backward() hasn't been
called, or zero_grad() took the gradients away before the update. First backward(), then the
update, then zero_grad()."""
ONE_PASS = """There is one pass through the data whatever `epochs` says: the loop over the epochs
is missing, or a `return` that stands inside it ends it after the first."""
EVAL = """The model is put into eval mode and trained in it: layers such as BatchNorm and Dropout
then don't do their work. Where you call model.eval(), call model.train() before you go on."""
RISEN = "\n        if history[1:] and history[-1] > history[-2]:\n            break"
ONE_UPDATE = """history = []

    @torch.no_grad()
    def update():
        for p in model.parameters():
            p -= lr * p.grad
"""
LAST_BATCH = """The last, short batch is never used: `len(x_train) // bs` counts only whole
batches. It counts too, however short it is."""
OPTIMIZER = """torch.optim does the update here. In this exercise you write it yourself; the
optimizer comes in exercise 05."""

# -------------------------------------------------------------------------- gradients and updates

mistake("fit", "gradients_never_zeroed", edit(CLEAR, ""),
    hint="""Gradients are never cleared: backward() adds to what is there, so each step uses the
    sum of all gradients so far.""")
mistake("fit", "gradients_zeroed_once_an_epoch", edit(CLEAR, ""),
    edit("history.append", "model.zero_grad()\n        history.append"),
    hint="""Gradients are cleared once an epoch. backward() adds to them at every batch, so they
    must be cleared at every batch.""")
mistake("fit", "gradients_zeroed_before_the_update",
    edit("loss.backward()", "loss.backward()\n            model.zero_grad(set_to_none=False)"),
    hint=NOTHING_MOVES)
mistake("fit", "only_the_last_gradient_zeroed", edit("model.zero_grad()", "p.grad.zero_()"),
    hint="""Only the last parameter's gradient is cleared. Does the line that does it stand outside
    the loop over the parameters?""")
mistake("fit", "ascends", edit("p -=", "p +="),
    hint="""The parameters move along the gradient, up the hill: the loss grows. The update has a
    minus.""")
mistake("fit", "rebinds_the_name", edit("p -= lr", "p = p - lr"), hint=NOTHING_MOVES)
mistake("fit", "updates_inside_the_graph", edit("torch.no_grad()", "torch.enable_grad()"),
    hint="""The update isn't under torch.no_grad(): PyTorch refuses to change in place a leaf that
    it tracks.""")
mistake("fit", "no_backward", edit("loss.backward()", "pass"), hint=NO_GRADIENTS)
mistake("fit", "gradients_removed_before_the_update",
    edit("loss.backward()", "loss.backward()\n            model.zero_grad()"), hint=NO_GRADIENTS)
mistake("fit", "no_update", edit("p -= lr * p.grad", "pass"), hint=NOTHING_MOVES)
mistake("fit", "lr_ignored", edit("lr * p.grad", "0.5 * p.grad"),
    hint="The learning rate is 0.5 whatever `lr` says.")
mistake("fit", "lr_divided_by_batch_size", edit("lr * p.grad", "lr / bs * p.grad"),
    hint="""The gradient is divided by the batch size, but the loss is a mean already: the steps
    are far too small.""")
mistake("fit", "bias_never_updated", edit("p -= lr * p.grad", "p -= lr * p.grad * (p.dim() > 1)"),
    hint="No bias ever moves: every parameter has its share in each update.")
mistake("fit", "first_layer_only", edit("model.parameters()", "list(model.parameters())[:2]"),
    hint="""Only the first two parameters are updated. A network has more than one layer: walk
    through all of model.parameters().""")
mistake("fit", "names_the_parameters", edit("model.parameters()", "(model.weight, model.bias)"),
    hint="""The update asks the model for `weight` and `bias`, which not every model has.
    model.parameters() lists them for any model.""")
mistake("fit", "parameters_used_up",
    edit("history = []", "history, params = [], model.parameters()"),
    edit("in model.parameters()", "in params"),
    hint="""model.parameters() is a generator: it can be walked through once. Kept in a variable,
    it is empty from the second batch on. Call it anew, or make a list of it.""")
mistake("fit", "new_parameters_each_step", edit(UPDATE, """for layer in model.modules():
                for name, p in list(layer.named_parameters(recurse=False)):
                    setattr(layer, name, nn.Parameter(p.detach() - lr * p.grad))"""),
    hint="""The parameters are replaced by new ones at each step, and whoever holds the old ones
    holds untrained numbers. Change each parameter in place.""")
mistake("fit", "clips_gradients", edit("lr * p.grad", "lr * p.grad / max(1, p.grad.norm())"),
    hint="""Large gradients are clipped to a length of 1, and move the parameters less than they
    should.""")
mistake("fit", "decays_the_rate", edit("history.append", "lr = 0.9 * lr\n        history.append"),
    hint="The learning rate shrinks from epoch to epoch. It stays what it is.")
mistake("fit", "uses_momentum",
    edit("history = []", "history, speed = [], [torch.zeros_like(p) for p in model.parameters()]"),
    edit("for p in model.parameters()", "for p, s in zip(model.parameters(), speed)"),
    edit("p -= lr * p.grad", "p -= lr * s.mul_(0.9).add_(p.grad)"),
    hint="""Each step also repeats a part of the step before it (momentum). Plain gradient descent
    is `lr` times the gradient and nothing else.""")
mistake("fit", "uses_torch_optim",
    edit("history = []", "history, opt = [], torch.optim.SGD(model.parameters(), lr=lr)"),
    edit(UPDATE, "opt.step()"),
    hint=OPTIMIZER)
mistake("fit", "optimizer_by_another_name",
    edit("history = []", "history, made = [], getattr(torch, 'op' + 'tim').SGD"),
    edit(UPDATE, "made(model.parameters(), lr).step()"),
    hint=OPTIMIZER)
mistake("fit", "function_behind_the_optimizer", edit("p -= lr * p.grad",
         """no = dict.fromkeys(["weight_decay", "momentum", "dampening", "nesterov", "maximize"], 0)
                    from torch.optim.sgd import sgd
                    sgd([p], [p.grad], [None], lr=lr, **no)"""),
    hint=OPTIMIZER)

# -------------------------------------------------------------------------------------- batches

mistake("fit", "last_batch_dropped", edit("len(x_train), bs", "len(x_train) // bs * bs, bs"),
    edit("/ len(losses)", "/ max(len(losses), 1)"),
    hint=LAST_BATCH)
mistake("fit", "last_batch_dropped_where_it_is_the_only_one",  # divides by no losses
    edit("len(x_train), bs", "len(x_train) // bs * bs, bs"), hint=LAST_BATCH)
mistake("fit", "short_batches_skipped",
    edit(LOSS, LOSS + "\n            if len(xb) < bs:\n                continue"),
    edit("/ len(losses)", "/ max(len(losses), 1)"),
    hint=LAST_BATCH)
mistake("fit", "empty_batch_at_the_end", edit("len(x_train), bs", "len(x_train) + 1, bs"),
    hint="""Where bs divides the number of samples there is one batch
    too many (`len(x_train) // bs + 1` makes such): it is empty, and its mean is NaN.""")
mistake("fit", "walks_past_the_end", edit("len(x_train), bs", "50_000, bs"),
    hint="""All numbers become NaN, as they do where a batch is empty. Does the loop go past the end
    of the data, over 50,000 samples, say? Ask x_train how many there are.""")
mistake("fit", "batches_overlap", edit(BATCHES, "range(len(x_train))"),
    hint="The start moves by one sample from batch to batch. It should move by bs.")
mistake("fit", "first_batch_only", edit(SLICES, "x_train[:bs], y_train[:bs]"),
    hint="The slice doesn't depend on the loop: every step trains on the first batch.")
mistake("fit", "whole_set_at_once", edit("history = []", "history, bs = [], len(x_train)"),
    hint="Each epoch makes one step on all of the data. Split it into batches of bs.")
mistake("fit", "updated_once_an_epoch", edit(UPDATE, "start + bs < len(x_train) or update()"),
    edit(CLEAR, "            start + bs < len(x_train) or model.zero_grad()\n"),
    edit("history = []", ONE_UPDATE),
    hint="""The update stands outside the loop over the batches, so the gradients of a whole epoch
    add up for a single step.""")
mistake("fit", "shuffled",
    edit("losses = []", "losses, order = [], torch.randperm(len(x_train)).split(bs)"),
    edit(SLICES, "x_train[order[start // bs]], y_train[order[start // bs]]"),
    hint="The batches are drawn in random order. Here they are taken in order, as the data comes.")
mistake("fit", "backwards_through_the_data", edit(BATCHES, "reversed(range(0, len(x_train), bs))"),
    hint="The batches are walked from the last to the first. Take them in order.")
mistake("fit", "batch_size_ignored", edit("history = []", "history, bs = [], 64"),
    hint="The batch size is 64 whatever `bs` says.")
mistake("fit", "epochs_ignored", edit("range(epochs)", "range(1)"), hint=ONE_PASS)
mistake("fit", "one_epoch_short", edit("range(epochs)", "range(1, epochs)"),
    hint="One epoch is missing. `range(1, epochs)`, say, starts at 1 and ends before `epochs`.")
mistake("fit", "returns_in_the_loop", edit("    return history", "        return history"),
    hint=ONE_PASS)

# ------------------------------------------------------------------------ the loss, model and data

mistake("fit", "always_cross_entropy", edit("loss_func(model", "F.cross_entropy(model"),
    hint="The loss is F.cross_entropy whatever `loss_func` was given.")
mistake("fit", "log_softmax_first", edit("model(xb)", "F.log_softmax(model(xb), -1)"),
    hint="""The model's output goes through log_softmax before the loss. What the loss needs is the
    loss's own business: hand it the output as it is.""")
mistake("fit", "arguments_of_the_loss_exchanged", edit(LOSS, "loss_func(yb, model(xb))"),
    hint="loss_func gets the targets first and the predictions second. Predictions come first.")
mistake("fit", "squeezes_the_predictions", edit("model(xb)", "model(xb).squeeze(-1)"),
    hint="""The predictions lose a dimension on the way to the loss: (N,) against targets of shape
    (N, 1) is compared each with each. Pass on what the model gives.""")
mistake("fit", "trains_a_copy", edit("history = []", "history, model = [], copy.deepcopy(model)"),
    hint="A copy of the model is trained, and the model that was passed in stays as it was.")
mistake("fit", "starts_afresh", edit("history = []",
         "history = []\n    model.apply(lambda m: getattr(m, 'reset_parameters', list)())"),
    hint="The parameters are reset before training. Go on from those that the model has.")
mistake("fit", "in_eval_mode", edit("history = []", "history = []\n    model.eval()"), hint=EVAL)
mistake("fit", "in_eval_mode_after_the_first_epoch",
    edit("history.append", "model.eval()\n        history.append"),
    hint=EVAL)
mistake("fit", "normalises_the_data", edit("history = []",
         "history = []\n    x_train -= x_train.mean()\n    x_train /= x_train.std()"),
    hint="The data is normalised in place: the caller's own tensors change.")
mistake("fit", "casts_to_float32", edit("model(xb)", "model(xb.float())"),
    hint="""Each batch is turned into float32, so a model in float64 can't be trained: leave the
    dtype as it comes.""")
mistake("fit", "stops_when_the_loss_rises",
    edit("history.append(" + MEAN + ")", "history.append(" + MEAN + ")" + RISEN),
    hint="""Training ends as soon as an epoch's loss is higher than the last one's. `epochs` says
    how many epochs to run.""")

# ------------------------------------------------------------------------------ what it returns

mistake("fit", "returns_nothing", edit("return history", "return None"),
    hint="fit trains the model, but returns None: it should return the mean loss of each epoch.")
mistake("fit", "returns_tensors", edit("loss.item()", "loss"),
    hint="""The losses are tensors that still hold their graphs, and with them a lot of memory.
    `.item()` makes a Python float of each.""")
mistake("fit", "returns_every_batch", edit("history.append(" + MEAN + ")", "history += losses"),
    hint="""There is a loss for every batch in the list. It should hold one number for each epoch:
    their mean.""")
mistake("fit", "returns_the_last_loss", edit("return history", "return history[-1]"),
    hint="Only the last epoch's loss is returned. Keep one for each epoch, in a list.")
mistake("fit", "last_batch_for_the_mean", edit(MEAN, "losses[-1]"),
    hint="Each number is the loss of the epoch's last batch, not the mean over its batches.")
mistake("fit", "sum_for_the_mean", edit(" / len(losses)", ""),
    hint="Each number is the sum of the epoch's losses: divide it by how many there are.")
mistake("fit", "sum_divided_by_samples", edit("/ len(losses)", "/ len(x_train)"),
    hint="""The sum of the batches' losses is divided by the number of samples. Each loss is a mean
    already: divide by the number of batches, or weigh each loss by its batch's size.""")
mistake("fit", "short_batch_counted_full", edit("/ len(losses)", "* bs / len(x_train)"),
    hint="""Every batch counts as bs samples, the short one at the end too: then the mean over the
    samples is wrong. Weigh each loss by the samples that the batch really has.""")
mistake("fit", "losses_run_on", edit("history = []", "history, losses = [], []"),
    edit("        losses = []\n", ""),
    hint="""The list of losses is made once and never emptied, so each epoch's mean counts all
    epochs so far.""")
mistake("fit", "loss_after_the_step", edit("loss.item()", "loss_func(model(xb), yb).item()"),
    hint="""Each batch's loss is computed again after the update. The training loss is the one that
    the gradient came from.""")
mistake("fit", "whole_set_after_the_epoch", edit(MEAN, "loss_func(model(x_train), y_train).item()"),
    hint="""The loss of the whole training set is measured when the epoch is over. Return the mean
    of the losses that the batches had on the way, before each of their steps.""")
mistake("fit", "rounds_the_losses", edit(MEAN, "round(sum(losses) / len(losses), 2)"),
    hint="""The losses are rounded to two digits. Return the numbers as they are, and round them
    where you print them.""")
