"""Known wrong answers for refactor.py, each with the hint that it earns."""

# fmt: off

import copy  # noqa: F401 - for the mistakes' own code

from torch import nn

from grader.assignment.mistakes import edit, mistake

SHARED_LAYER = nn.Linear(784, 10)
SHARED_MODEL = nn.Linear(784, 10)

# --------------------------------------------------------------------------------- Mnist_Logistic

BY_HAND = """The model has parameters of its own, but no nn.Linear. Here an nn.Linear takes their
place, and does the work."""
NO_PARAMETERS = """A new model has no parameters. Make the layer once, in __init__, and keep it in
self itself: nn.Module doesn't look into lists, and a layer that forward makes comes too late."""
NO_GRAPH = """The scores have no graph: they are computed under no_grad, or detached. Then nothing
can be trained."""

mistake("Mnist_Logistic", "logistic_by_hand",
    edit("nn.Linear(784, 10)", "nn.ParameterList([torch.randn(784, 10) / 28, torch.zeros(10)])"),
    edit("self.lin(xb)", "xb @ self.lin[0] + self.lin[1]"),
    hint=BY_HAND)
mistake("Mnist_Logistic", "logistic_by_hand_as_nn_linear_keeps_it",
    edit("nn.Linear(784, 10)", "nn.ParameterList([torch.randn(10, 784) / 28, torch.zeros(10)])"),
    edit("self.lin(xb)", "F.linear(xb, *self.lin)"),
    hint=BY_HAND)
mistake("Mnist_Logistic", "logistic_with_log_softmax",
    edit("return self.lin(xb)", "return self.lin(xb).log_softmax(dim=1)"),
    hint="forward gives log-probabilities. The loss takes them by itself: return the raw scores.")
mistake("Mnist_Logistic", "logistic_with_softmax",
    edit("nn.Linear(784, 10)", "nn.Sequential(nn.Linear(784, 10), nn.Softmax(dim=1))"),
    hint="forward gives probabilities. The loss takes softmax by itself: return the raw scores.")
mistake("Mnist_Logistic", "logistic_with_relu",
    edit("return self.lin(xb)", "return self.lin(xb).relu()"),
    hint="A ReLU after the layer turns negative scores into 0. Return what the layer gives.")
mistake("Mnist_Logistic", "logistic_without_bias", edit("784, 10)", "784, 10, bias=False)"),
    hint="The layer has no bias. nn.Linear makes one unless it is told not to.")
mistake("Mnist_Logistic", "logistic_sizes_exchanged", edit("784, 10)", "10, 784)"),
    hint="nn.Linear takes the number of inputs first: 784 pixels go in, 10 scores come out.")
mistake("Mnist_Logistic", "logistic_one_output", edit("784, 10)", "784, 1)"),
    hint="The layer has a single output. There are ten digits, and each needs a score.")
mistake("Mnist_Logistic", "logistic_with_hidden_layer",
    edit("nn.Linear(784, 10)", "nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))"),
    hint="There is a hidden layer. Logistic regression is one linear layer and nothing else.")
mistake("Mnist_Logistic", "logistic_layer_made_in_forward",
    edit("self.lin = nn.Linear(784, 10)", "self.sizes = 784, 10"),
    edit("self.lin(xb)", "nn.Linear(*self.sizes)(xb)"),
    hint=NO_PARAMETERS)
mistake("Mnist_Logistic", "logistic_layer_in_a_list",
    edit("self.lin = nn.Linear(784, 10)", "self.layers = [nn.Linear(784, 10)]"),
    edit("self.lin(xb)", "self.layers[0](xb)"),
    hint=NO_PARAMETERS)
mistake("Mnist_Logistic", "logistic_layer_frozen",
    edit("784, 10)", "784, 10).requires_grad_(False)"),
    hint="The layer is frozen (requires_grad is False): its parameters get no gradient.")
mistake("Mnist_Logistic", "logistic_layer_shared", edit("nn.Linear(784, 10)", "SHARED_LAYER"),
    hint="All models have one and the same layer: to train one model trains them all.")
mistake("Mnist_Logistic", "logistic_under_no_grad",
    edit("return self.lin(xb)", "with torch.no_grad():\n            return self.lin(xb)"),
    hint=NO_GRAPH)
mistake("Mnist_Logistic", "logistic_detached",
    edit("return self.lin(xb)", "return self.lin(xb).detach()"),
    hint=NO_GRAPH)
mistake("Mnist_Logistic", "logistic_gives_the_digit",
    edit("return self.lin(xb)", "return self.lin(xb).argmax(dim=1)"),
    hint="forward gives the predicted digit. Return the ten scores: argmax comes later.")
mistake("Mnist_Logistic", "logistic_returns_nothing", edit("return self.lin(xb)", "self.lin(xb)"),
    hint="forward computes the scores, but doesn't return them.")
mistake("Mnist_Logistic", "logistic_without_super", edit("super().__init__()", "pass"),
    hint="super().__init__() is missing: an nn.Module must be set up before it takes a layer.")
mistake("Mnist_Logistic", "logistic_redrawn_too_large",
    edit("784, 10)", "784, 10)\n        nn.init.normal_(self.lin.weight)"),
    hint="The weights are drawn anew and are far too large. nn.Linear's own are fine.")
mistake("Mnist_Logistic", "logistic_casts_to_float32", edit("self.lin(xb)", "self.lin(xb.float())"),
    hint="forward turns xb into float32: a model in float64 fails. Leave the dtype as it comes.")
mistake("Mnist_Logistic", "logistic_squeezed", edit("self.lin(xb)", "self.lin(xb).squeeze()"),
    hint="squeeze() drops the batch dimension of a single digit. Give (N, 10), also for N = 1.")
mistake("Mnist_Logistic", "logistic_changes_its_input", edit("return self.lin(xb)",
         "with torch.no_grad():\n            xb -= xb.mean()\n        return self.lin(xb)"),
    hint="forward changes xb in place, so the caller's own data changes with every call.")

# -------------------------------------------------------------------------------------- get_model

PAIR = "return model, optim.SGD(model.parameters(), lr=lr)"
NOT_ITS_MODEL = """The optimizer's steps never reach the model that is returned: give it the
parameters of this very model, not those of another one, nor copies."""

mistake("get_model", "lr_not_passed_on", edit("lr=lr)", "lr=0.5)"),
    hint="The learning rate is 0.5 whatever `lr` says: pass it on.")
mistake("get_model", "lr_left_out", edit(", lr=lr)", ")"),
    hint="The optimizer gets no lr, so it uses one of its own. Pass yours on.")
mistake("get_model", "another_default", edit("lr: float = 0.5", "lr: float = 0.1"),
    hint="Without being told, the learning rate is 0.1. The exercise asks for 0.5.")
mistake("get_model", "optimizer_first",
    edit(PAIR, "return optim.SGD(model.parameters(), lr=lr), model"),
    hint="The optimizer comes first and the model second. It is the other way round.")
mistake("get_model", "model_alone", edit(PAIR, "return model"),
    hint="Only the model is returned: the loop needs the optimizer as well.")
mistake("get_model", "returns_a_dict",
    edit(PAIR, 'return {"model": model, "opt": optim.SGD(model.parameters(), lr=lr)}'),
    hint="A dictionary is returned. Return a pair, for `model, opt = get_model()`.")
mistake("get_model", "returns_nothing", edit("return model,", "model,"),
    hint="The model and the optimizer are made, but not returned.")
mistake("get_model", "optimizer_of_another_model",
    edit("SGD(model.parameters()", "SGD(Mnist_Logistic().parameters()"),
    hint=NOT_ITS_MODEL)
mistake("get_model", "optimizer_of_a_copy",
    edit("model.parameters()", "[p.detach().clone().requires_grad_() for p in model.parameters()]"),
    hint=NOT_ITS_MODEL)
mistake("get_model", "weights_only", edit("model.parameters()", "[next(model.parameters())]"),
    hint="Only the weights are given to the optimizer, so the bias never moves.")
mistake("get_model", "bias_only", edit("model.parameters()", "list(model.parameters())[-1:]"),
    hint="Only the bias is given to the optimizer, so the weights never move.")
mistake("get_model", "adam", edit("optim.SGD(", "optim.Adam("),
    hint="The optimizer is Adam, whose steps aren't lr times the gradient. optim.SGD is asked for.")
mistake("get_model", "with_momentum", edit("lr=lr)", "lr=lr, momentum=0.9)"),
    hint="The optimizer has momentum: a step repeats a part of those before. Plain SGD has none.")
mistake("get_model", "with_weight_decay", edit("lr=lr)", "lr=lr, weight_decay=1e-4)"),
    hint="The optimizer has weight decay, which pulls parameters towards 0. Plain SGD has none.")
mistake("get_model", "maximizes", edit("lr=lr)", "lr=lr, maximize=True)"),
    hint="The optimizer maximizes: it climbs, and the loss grows.")
mistake("get_model", "class_not_model", edit("= Mnist_Logistic()", "= Mnist_Logistic"),
    edit("model.parameters()", "model().parameters()"),
    hint="`Mnist_Logistic` without parentheses is the class. Call it to make a model.")
mistake("get_model", "optimizer_not_made",
    edit("optim.SGD(model.parameters(), lr=lr)", "optim.SGD"),
    hint="`optim.SGD` itself is returned. Make one: with the parameters and the learning rate.")
mistake("get_model", "one_model_for_all", edit("= Mnist_Logistic()", "= SHARED_MODEL"),
    hint="Every call returns one and the same model. A new call should start anew.")
mistake("get_model", "frozen",
    edit("= Mnist_Logistic()", "= Mnist_Logistic().requires_grad_(False)"),
    hint="The model's parameters are frozen (requires_grad is False): they get no gradient.")
mistake("get_model", "rate_shared_out", edit("lr=lr)", "lr=lr / 64)"),
    hint="The learning rate is divided by the batch size. The loss is a mean already.")

# -------------------------------------------------------------------------------------------- fit

BATCH = "x_train[start : start + bs], y_train[start : start + bs]"
NEVER_CLEARED = """Gradients aren't cleared before each step: backward() adds to what is there, so
a step uses the sum of several gradients. Call opt.zero_grad() at every batch."""
ANOTHER_OPTIMIZER = """Steps aren't those of the optimizer that was passed in: it has a rule and
settings of its own, and remembers what it needs. Call its step(), and make no other."""
NO_STEP = """No step moves the model. At every batch the gradients come first (backward), then the
step, then they are cleared, all of it on the model whose parameters the optimizer holds."""

mistake("fit", "never_zeroed", edit("            opt.zero_grad()\n", ""), hint=NEVER_CLEARED)
mistake("fit", "zeroed_once_an_epoch", edit("            opt.zero_grad()\n", ""),
    edit("        history.append", "        opt.zero_grad()\n        history.append"),
    hint=NEVER_CLEARED)
mistake("fit", "zeroed_before_the_step", edit("opt.step()", "opt.zero_grad()"),
    edit("opt.zero_grad()", "opt.step()"),
    hint=NO_STEP)
mistake("fit", "stepped_before_backward", edit("loss.backward()", "opt.step()"),
    edit("opt.step()", "loss.backward()"),
    hint=NO_STEP)
mistake("fit", "never_stepped", edit("            opt.step()\n", ""), hint=NO_STEP)
mistake("fit", "no_backward", edit("            loss.backward()\n", ""), hint=NO_STEP)
mistake("fit", "trains_a_copy", edit("history = []", "history, model = [], copy.deepcopy(model)"),
    hint=NO_STEP)
mistake("fit", "stepped_twice", edit("opt.step()", "opt.step()\n            opt.step()"),
    hint="""Each batch moves the parameters twice as far as it should: opt.step() is called twice
    for it, or the learning rate is doubled.""")
mistake("fit", "stepped_once_an_epoch",
    edit("            opt.step()\n            opt.zero_grad()\n", ""),
    edit("        history.append",
         "        opt.step()\n        opt.zero_grad()\n        history.append"),
    hint="There is one step an epoch, on the sum of its gradients. Step after each batch.")
mistake("fit", "updates_by_hand", edit("opt.step()", """with torch.no_grad():
                for p in model.parameters():
                    p -= opt.param_groups[0]["lr"] * p.grad"""),
    hint=ANOTHER_OPTIMIZER)
mistake("fit", "makes_its_own_optimizer",
    edit("history = []", "history, opt = [], optim.SGD(model.parameters(), lr=0.5)"),
    hint=ANOTHER_OPTIMIZER)
mistake("fit", "new_optimizer_each_epoch", edit("losses = []",
         'losses, opt = [], type(opt)(model.parameters(), lr=opt.param_groups[0]["lr"])'),
    hint=ANOTHER_OPTIMIZER)
LAST_BATCH = "Only whole batches are used: the last one, which is short, never is."
mistake("fit", "last_batch_dropped", edit("len(x_train), bs", "len(x_train) // bs * bs, bs"),
    edit("/ len(losses)", "/ max(len(losses), 1)"), hint=LAST_BATCH)
mistake("fit", "last_batch_dropped_where_it_is_the_only_one",  # divides by no losses
    edit("len(x_train), bs", "len(x_train) // bs * bs, bs"), hint=LAST_BATCH)
mistake("fit", "empty_batch_at_the_end",
    edit("len(x_train), bs", "len(x_train) // bs * bs + 1, bs"),
    hint="Where bs divides the number of samples, there is an empty batch: its mean is NaN.")
mistake("fit", "walks_past_the_end", edit("len(x_train), bs", "50_000, bs"),
    hint="""All numbers become NaN, as they do where a batch is empty. Does the loop go past the end
    of the data, over 50,000 samples, say? Ask x_train how many there are.""")
mistake("fit", "first_batch_only", edit(BATCH, "x_train[:bs], y_train[:bs]"),
    hint="The slice doesn't depend on the loop: every step trains on the first batch.")
mistake("fit", "targets_not_in_step",
    edit(BATCH, "x_train[start : start + bs], y_train[: len(x_train[start : start + bs])]"),
    hint="The inputs move on from batch to batch and the targets don't: take the same slice.")
mistake("fit", "whole_set_at_once", edit("range(0, len(x_train), bs)", "[0]"),
    edit(BATCH, "x_train, y_train"),
    hint="Each epoch makes one step on all of the data. Split it into batches of bs.")
mistake("fit", "shuffled", edit("losses = []", "losses, order = [], torch.randperm(len(x_train))"),
    edit(BATCH, "x_train[order[start : start + bs]], y_train[order[start : start + bs]]"),
    hint="The batches are drawn at random. In fit they are taken in order.")
mistake("fit", "rounds_the_losses",
    edit("sum(losses) / len(losses)", "round(sum(losses) / len(losses), 2)"),
    hint="The losses are rounded. Return them as they are, and round when you print them.")
mistake("fit", "targets_first", edit("loss_func(model(xb), yb)", "loss_func(yb, model(xb))"),
    hint="loss_func gets the targets first. Predictions come first: to some losses it matters.")
mistake("fit", "measured_after_the_epoch", edit("history.append(sum(losses) / len(losses))",
         "history.append(loss_func(model(x_train), y_train).item())"),
    hint="The loss is measured when the epoch is over. Average those of the batches on the way.")
mistake("fit", "chunks_for_batches", edit("start in range(0, len(x_train), bs)",
         "xb, yb in zip(x_train.chunk(bs), y_train.chunk(bs))"),
    edit("            xb, yb = x_train[start : start + bs], y_train[start : start + bs]\n", ""),
    hint="chunk(bs) makes bs batches. Batches of bs samples each are asked for: that is split.")
mistake("fit", "measured_after_each_step",
    edit("losses.append(loss.item())", "losses.append(loss_func(model(xb), yb).item())"),
    hint="Losses are measured after the step. Keep what the batch had before it.")
mistake("fit", "short_batch_counted_full",
    edit("losses.append(loss.item())", "losses.append(bs * loss.item())"),
    edit("/ len(losses)", "/ len(x_train)"),
    hint="A short batch counts as bs samples. Weigh its loss by the samples that it really has.")
mistake("fit", "one_left_over_is_lost", edit("len(x_train), bs", "len(x_train) - 1, bs"),
    edit("/ len(losses)", "/ max(len(losses), 1)"),
    hint="The range ends one sample early: a single sample that is left over is never used.")
mistake("fit", "goes_back_to_the_best",
    edit("history = []", "history, best = [], model.state_dict()"),
    edit("    return history", """        if history[-1] == min(history):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return history"""),
    hint="The model goes back to its best epoch. Leave it where the last step leads.")
mistake("fit", "batch_size_ignored", edit("history = []", "history, bs = [], 64"),
    hint="The batch size is 64 whatever `bs` says.")
mistake("fit", "epochs_ignored", edit("range(epochs)", "range(1)"),
    hint="Only one epoch is trained, whatever `epochs` says.")
mistake("fit", "returns_in_the_loop", edit("    return history", "        return history"),
    hint="Only one epoch is trained, whatever `epochs` says.")
mistake("fit", "always_cross_entropy",
    edit("loss_func(model(xb), yb)", "F.cross_entropy(model(xb), yb)"),
    hint="The loss is F.cross_entropy whatever `loss_func` was given.")
EVAL = """The model is put into eval mode and trained in it: leave it in training mode, or call
model.train() before you go on."""
mistake("fit", "in_eval_mode", edit("history = []", "history, _ = [], model.eval()"), hint=EVAL)
mistake("fit", "in_eval_mode_after_the_first_epoch",
    edit("history.append", "model.eval()\n        history.append"), hint=EVAL)
mistake("fit", "normalises_the_data", edit("history = []",
         "x_train -= x_train.mean()\n    x_train /= x_train.std()\n    history = []"),
    hint="The data is normalised in place: the caller's own tensors change.")
mistake("fit", "casts_to_float32", edit("model(xb)", "model(xb.float())"),
    hint="Batches are turned into float32: a model in float64 fails. Leave the dtype as it comes.")
mistake("fit", "fit_returns_nothing", edit("    return history", ""),
    hint="fit returns None. It should return the mean loss of each epoch, in a list.")
mistake("fit", "returns_tensors", edit("loss.item()", "loss"),
    hint="The losses are tensors that still hold their graphs. `.item()` makes a float of each.")
mistake("fit", "returns_every_batch",
    edit("history.append(sum(losses) / len(losses))", "history += losses"),
    hint="There is a loss for every batch. The list should hold one for each epoch: their mean.")
mistake("fit", "returns_the_last_loss", edit("return history", "return history[-1]"),
    hint="Only the last epoch's loss is returned. Keep one for each epoch, in a list.")
mistake("fit", "last_batch_for_the_mean", edit("sum(losses) / len(losses)", "losses[-1]"),
    hint="Each number is the loss of the epoch's last batch, not the mean over its batches.")
mistake("fit", "sum_for_the_mean", edit("sum(losses) / len(losses)", "sum(losses)"),
    hint="Each number is the sum of the epoch's losses: divide it by how many there are.")
mistake("fit", "sum_divided_by_samples", edit("/ len(losses)", "/ len(x_train)"),
    hint="The batches' mean losses are divided by the number of samples, not of batches.")
mistake("fit", "losses_run_on", edit("history = []", "history, losses = [], []"),
    edit("        losses = []\n", ""),
    hint="The list of losses is never emptied: each epoch's mean counts all epochs so far.")

# ----------------------------------------------------------------------------------- train_random

DRAWN = "torch.randint(len(x), (batch_size,), device=x.device)"
DRAWING = "        drawn = torch.randint(len(x), (batch_size,), device=x.device)\n"
SAME_SAMPLES = """Every step trains on the same few samples. Draw new ones at each step, from all
that there are."""

mistake("train_random", "random_never_zeroed", edit("        opt.zero_grad()", ""),
    hint=NEVER_CLEARED)
mistake("train_random", "random_zeroed_before_the_step", edit("opt.step()", "opt.zero_grad()"),
    edit("opt.zero_grad()", "opt.step()"),
    hint=NO_STEP)
mistake("train_random", "random_never_stepped", edit("        opt.step()\n", ""), hint=NO_STEP)
mistake("train_random", "trains_a_random_copy",
    edit("    for _", "    model = copy.deepcopy(model)\n    for _"),
    hint=NO_STEP)
mistake("train_random", "random_one_step_short", edit("range(steps)", "range(1, steps)"),
    hint="There is one step too few: range(1, steps) is one shorter than range(steps).")
mistake("train_random", "steps_taken_for_epochs",
    edit("for _ in range(steps):",
      "for drawn in [d for _ in range(steps) for d in torch.randperm(len(x)).split(batch_size)]:"),
    edit(DRAWING, ""),
    hint="Each of `steps` walks through all the data. A step is one batch and one update.")
mistake("train_random", "one_pass_only",
    edit("for _ in range(steps):", "for drawn in torch.randperm(len(x)).split(batch_size):"),
    edit(DRAWING, ""),
    hint="There is one pass through the data, whatever `steps` says.")
mistake("train_random", "drawn_once", edit("""    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,), device=x.device)
""", """    drawn = torch.randint(len(x), (batch_size,))
    for _ in range(steps):
"""),
    hint=SAME_SAMPLES)
mistake("train_random", "seeded_at_each_step",
    edit("        drawn", "        torch.manual_seed(0)\n        drawn"),
    hint=SAME_SAMPLES)
mistake("train_random", "first_batch_always", edit(DRAWN, "slice(batch_size)"), hint=SAME_SAMPLES)
mistake("train_random", "drawn_from_the_first_few", edit("randint(len(x),", "randint(batch_size,"),
    hint=SAME_SAMPLES)
mistake("train_random", "in_order", edit("for _", "for step"),
    edit(DRAWN, "torch.arange(step * batch_size, (step + 1) * batch_size) % len(x)"),
    hint="The batches are walked through from the start. Here they are drawn at random.")
mistake("train_random", "last_sample_never_drawn", edit("randint(len(x)", "randint(len(x) - 1"),
    hint="The last sample is never drawn: torch.randint leaves its upper end out already.")
mistake("train_random", "drawn_apart", edit("y[drawn]", "y[torch.randint(len(y), (batch_size,))]"),
    hint="Inputs and targets are drawn separately. Draw the indices once and use them for both.")
mistake("train_random", "one_sample_a_step", edit("(batch_size,)", "(1,)"),
    hint="Each step uses a single sample. A batch has batch_size of them.")
mistake("train_random", "batch_size_always_64", edit("(batch_size,)", "(64,)"),
    hint="Each batch has 64 samples whatever `batch_size` says.")
mistake("train_random", "whole_set_each_step", edit("model(x[drawn]), y[drawn]", "model(x), y"),
    hint="Each step uses all of the data: no batch is drawn.")
mistake("train_random", "random_by_hand", edit("opt.step()", """with torch.no_grad():
            for p in model.parameters():
                p -= opt.param_groups[0]["lr"] * p.grad"""),
    hint=ANOTHER_OPTIMIZER)
mistake("train_random", "random_makes_its_own_optimizer",
    edit("    for _", "    opt = optim.Adam(model.parameters(), lr=0.01)\n    for _"),
    hint=ANOTHER_OPTIMIZER)
mistake("train_random", "new_optimizer_each_step",
    edit("        drawn",
      '        opt = type(opt)(model.parameters(), lr=opt.param_groups[0]["lr"])\n        drawn'),
    hint=ANOTHER_OPTIMIZER)
mistake("train_random", "random_always_cross_entropy",
    edit("loss_func(model(x", "F.cross_entropy(model(x"),
    hint="The loss is F.cross_entropy whatever `loss_func` was given.")
mistake("train_random", "random_casts_to_float32",
    edit("model(x[drawn])", "model(x[drawn].float())"),
    hint="Batches are turned into float32: a model in float64 fails. Leave the dtype as it comes.")
mistake("train_random", "random_in_eval_mode", edit("    for _", "    model.eval()\n    for _"),
    hint="The model is put into eval mode before it is trained: leave it in training mode.")
mistake("train_random", "shuffles_the_data_itself",
    edit(DRAWING, """        order = torch.randperm(len(x))
        x.copy_(x[order])
        y.copy_(y[order])
        drawn = slice(batch_size)
"""),
    hint="The data itself is shuffled: the caller's own tensors change. Draw indices.")
mistake("train_random", "one_sample_repeated",
    edit("(batch_size,), device=x.device)", "(1,)).repeat(batch_size)"),
    hint="One sample is drawn and repeated. Draw each of the batch_size samples by itself.")
mistake("train_random", "step_for_each_sample",
    edit(DRAWING, "      for drawn in torch.randint(len(x), (batch_size, 1)):\n"),
    hint="There is a step after each sample of the batch. A batch is one loss and one step.")
