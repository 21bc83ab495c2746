"""Known wrong answers for temperature.py, each with the hint that it earns."""

# fmt: off

from grader.assignment.mistakes import edit, mistake, whole

# ------------------------------------------------------------------------------------- split

DRAW = "torch.randperm(n)"
CUT = "shuffled[:n_train], shuffled[n_train:]"
N_TRAIN = "n - int(val_fraction * n)"
RETURN = "return t_u[train], t_c[train], t_u[val], t_c[val]"

ALWAYS_THE_SAME = """The samples to validate on are the same in every call. Draw a new permutation
    in each call, and set no seed inside the function: the seed is the caller's."""
mistake("split", "takes_the_last_ones", edit(DRAW, "torch.arange(n)"), hint=ALWAYS_THE_SAME)
mistake("split", "same_draw_every_time", edit("n = len(t_u)", "n = len(t_u); torch.manual_seed(0)"),
    hint=ALWAYS_THE_SAME)
mistake("split", "tears_pairs_apart", edit(RETURN, "t_c = t_c[torch.randperm(n)]; " + RETURN),
    hint="""The inputs and targets don't belong together any more: pairs are torn apart. Draw one
    permutation of positions and use it for both.""")
mistake("split", "draws_with_repetition", edit(DRAW, "torch.randint(0, n, (n,))"),
    hint="""Some samples come twice, others never. A permutation has each position exactly
    once.""")
mistake("split", "trains_on_everything", edit(RETURN, "return t_u, t_c, t_u[val], t_c[val]"),
    hint="""The samples to validate on are among those to train on: the model has seen the answers.
    No sample may be in both halves.""")
mistake("split", "halves_exchanged",
    edit(RETURN, "return t_u[val], t_c[val], t_u[train], t_c[train]"),
    hint="""The halves are exchanged: val_fraction is the share to validate on, and here it is the
    share to train on.""")
mistake("split", "inputs_before_targets",
    edit(RETURN, "return t_u[train], t_u[val], t_c[train], t_c[val]"),
    hint="""The four tensors come in another order than asked for: first the inputs and targets to
    train on, then the inputs and targets to validate on.""")
mistake("split", "targets_first", edit(RETURN, "return t_c[train], t_u[train], t_c[val], t_u[val]"),
    hint="""Inputs and targets are exchanged: t_u, what the thermometer showed, comes first in each
    half.""")
mistake("split", "rounds_the_other_half", edit(N_TRAIN, "int((1 - val_fraction) * n)"),
    hint="""The number of samples to validate on is rounded up. It is int(val_fraction · n), which
    rounds down; all others are to train on.""")
mistake("split", "rounds_to_the_nearest", edit(N_TRAIN, "n - round(val_fraction * n)"),
    hint="""The number of samples to validate on is rounded to the nearest whole number, and that
    may be up. int() cuts off everything after the decimal point.""")
mistake("split", "always_a_fifth", edit("val_fraction * n", "0.2 * n"),
    hint="The share is a fifth, whatever val_fraction says. Use the argument.")
mistake("split", "always_two", edit(N_TRAIN, "n - 2"),
    hint="""There are always two samples to validate on, which is right for eleven readings. For
    other numbers it must be int(val_fraction · n).""")
mistake("split", "cuts_out_a_block",
    edit(DRAW, "(torch.arange(n) + torch.randint(0, n, (1,))) % n"),
    hint="""Only the place of the cut is random, so neighbours stay together and the order is kept.
    Permute all positions.""")
mistake("split", "loses_one_at_the_cut", edit(CUT, "shuffled[:n_train - 1], shuffled[n_train:]"),
    hint="""One sample is in neither half. The second half must begin exactly where the first
    ends.""")
mistake("split", "returns_positions", edit(RETURN, "return train, train, val, val"),
    hint="""These are the positions that were drawn, not the readings at these positions. Use them
    to index t_u and t_c.""")
mistake("split", "shuffles_the_callers_data",
    edit("train, val =", "t_u.copy_(t_u[shuffled]); t_c.copy_(t_c[shuffled]); train, val ="),
    hint="""The readings were reordered in the caller's own tensors. Index them: that makes new
    tensors and leaves the old ones as they are.""")
mistake("split", "flattens_columns",
    edit("n = len(t_u)", "n = len(t_u); t_u, t_c = t_u.flatten(), t_c.flatten()"),
    hint="""The readings came as a column (n, 1) and leave as a flat row of numbers. Keep their
    shape, or predictions and targets won't match later.""")
mistake("split", "scales_the_inputs",
    edit(RETURN, "return 0.1 * t_u[train], t_c[train], 0.1 * t_u[val], t_c[val]"),
    hint="""The inputs were scaled as well as split. Scaling is done before, outside: hand the
    readings on as they are.""")

# ----------------------------------------------------------------------------- training_loop

STEP = "optimizer.step()"
ZERO = "optimizer.zero_grad()"
BACKWARD = "loss_train.backward()"
NO_GRAD = "with torch.no_grad():"
TRAIN = "loss_fn(model(t_u_train), t_c_train)"
VAL = "loss_fn(model(t_u_val), t_c_val)"
KEPT = "history.append((loss_train.item(), loss_val.item()))"

mistake("training_loop", "never_zeroes_gradients", edit(ZERO, "pass"),
    hint="""The gradients are never zeroed. backward() adds to what is there, so each step follows
    the sum of all gradients so far.""")
NOTHING_LEARNED = """No update reached the model: after training its parameters are what they were
    before. In each epoch backward() computes the gradients, and then the optimizer takes a step,
    with nothing in between that takes the gradients away."""
mistake("training_loop", "zeroes_before_the_step", edit(STEP, ZERO + "; " + STEP),
    hint=NOTHING_LEARNED)
mistake("training_loop", "never_steps", edit(STEP, "pass"), hint=NOTHING_LEARNED)
mistake("training_loop", "learns_from_validation_too", edit(NO_GRAD, "if True:"),
    edit(BACKWARD, BACKWARD + "; loss_val.backward()"),
    hint="""The gradient of the validation loss joins the other one: the model learns from what it
    is to be tested on. Call backward() on the training loss alone.""")
mistake("training_loop", "learns_from_the_wrong_half", edit(NO_GRAD, "if True:"),
    edit(BACKWARD, "loss_val.backward()"),
    hint="""The model learns from the validation half and not from the training half. Call
    backward() on the training loss.""")
mistake("training_loop", "steps_on_validation",
    edit(KEPT, "optimizer.zero_grad(); " + VAL + ".backward(); optimizer.step(); " + KEPT),
    hint="""A second step in each epoch follows the validation loss. Take one step, with the
    training loss alone.""")
mistake("training_loop", "validates_on_the_training_half", edit(VAL, TRAIN),
    hint="""The two losses of each pair are the same, both those of the training half. The second
    one is the loss of the validation half.""")
mistake("training_loop", "validates_after_the_step",
    edit(KEPT, "loss_val = " + VAL + "; " + KEPT),
    hint="""The validation loss is measured after the step, the training loss before it: the two
    are of different models. Measure both before the step.""")
mistake("training_loop", "makes_its_own_optimizer",
    edit("history = []", "history = []; optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)"),
    hint="""The steps are not those of the optimizer that was handed in. Step with the one that you
    are given, whichever it is.""")
mistake("training_loop", "always_squared_errors",
    edit(TRAIN, "F.mse_loss(model(t_u_train), t_c_train)"),
    edit(VAL, "F.mse_loss(model(t_u_val), t_c_val)"),
    hint="""The loss is the mean squared error, whatever loss_fn is. Call the function that you are
    given.""")
mistake("training_loop", "watches_squared_errors", edit(VAL, "F.mse_loss(model(t_u_val), t_c_val)"),
    hint="""The validation loss is the mean squared error, whatever loss_fn is. Both losses are
    loss_fn's: otherwise they can't be compared.""")
mistake("training_loop", "target_first", edit(TRAIN, "loss_fn(t_c_train, model(t_u_train))"),
    edit(VAL, "loss_fn(t_c_val, model(t_u_val))"),
    hint="""loss_fn gets the target first and the prediction second. Squared errors don't mind, but
    other losses do: the prediction comes first.""")
mistake("training_loop", "keeps_loss_tensors", edit(KEPT, "history.append((loss_train, loss_val))"),
    hint="""The history holds tensors, and a tensor may keep its whole graph in memory. Turn each
    loss into a plain number.""")
mistake("training_loop", "keeps_what_it_prints",
    edit(KEPT, "if epoch == 1 or epoch % 1000 == 0: " + KEPT),
    hint="""The history has the first epoch, and not all the others. Each epoch is kept, whether it
    is printed or not, and the loop goes on to the last.""")
mistake("training_loop", "one_epoch_short", edit("range(1, n_epochs + 1)", "range(1, n_epochs)"),
    hint="One epoch is missing: a range that begins at 1 must end at n_epochs + 1.")
mistake("training_loop", "validation_loss_first",
    edit(KEPT, "history.append((loss_val.item(), loss_train.item()))"),
    hint="""Each pair is the wrong way round: the training loss comes first, the validation loss
    second.""")
mistake("training_loop", "returns_two_lists",
    edit("return history", "return tuple(map(list, zip(*history)))"),
    hint="""Two lists come back, one for each kind of loss. One list was asked for, with a pair for
    each epoch.""")
mistake("training_loop", "only_prints", edit("return history", "return None"),
    hint="The function returns None: the losses are lost. Return them as a list of pairs.")
mistake("training_loop", "stops_early", edit(KEPT, KEPT + """
        if len(history) > 1 and history[-1][1] > history[-2][1]:
            break"""),
    hint="""Training stops as soon as the validation loss grows. That may be wise, but all n_epochs
    epochs were asked for.""")
mistake("training_loop", "one_step_a_sample", edit(ZERO, "pass"), edit(STEP, "pass"),
    edit(BACKWARD, """
        for t_u, t_c in zip(t_u_train, t_c_train):
            optimizer.zero_grad()
            loss_fn(model(t_u), t_c).backward()
            optimizer.step()"""),
    hint="One step for each sample. An epoch here is one step, with all training samples at once.")
EVAL = """The model isn't in training mode while it learns. A model that behaves differently in
    training needs to be told: leave it in training mode, or switch back with model.train() after
    each validation."""
mistake("training_loop", "in_evaluation_mode", edit("history = []", "history = []; model.eval()"),
    hint=EVAL)
mistake("training_loop", "in_evaluation_mode_after_the_first_epoch",
    edit(KEPT, KEPT + "; model.eval()"), hint=EVAL)

# -------------------------------------------------------------------------------- make_model

TANH = '("hidden_activ", nn.Tanh())'
HIDDEN = '("hidden_linear", nn.Linear(1, n_hidden))'
OUTPUT = '("output_linear", nn.Linear(n_hidden, 1))'
THREE = """nn.Sequential(OrderedDict(hidden_linear=nn.Linear(1, n_hidden),
        hidden_activ=nn.Tanh(), output_linear=nn.Linear(n_hidden, 1)))"""

mistake("make_model", "relu_for_tanh", edit(TANH, '("hidden_activ", nn.ReLU())'),
    hint="""The activation is ReLU: a broken line of straight pieces. The lesson's hidden units use
    tanh.""")
mistake("make_model", "sigmoid_for_tanh", edit(TANH, '("hidden_activ", nn.Sigmoid())'),
    hint="The activation is the sigmoid, which runs from 0 to 1. tanh runs from −1 to 1.")
mistake("make_model", "nothing_in_between", edit(TANH + ",", ""),
    hint="""There is no activation. Without one between them, two linear layers are one: the model
    can only be a straight line.""")
mistake("make_model", "layers_without_names", whole("""
def make_model(n_hidden=13):
    return nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))
"""), hint="""The layers have no names of their own, so they are called 0, 1 and 2. An OrderedDict
    gives each its name.""")
mistake("make_model", "other_names", edit('"hidden_linear"', '"hidden"'),
    edit('"hidden_activ"', '"activation"'), edit('"output_linear"', '"output"'),
    hint="The layers have other names than the lesson's. Compare them letter by letter.")
mistake("make_model", "always_thirteen", edit("nn.Linear(1, n_hidden)", "nn.Linear(1, 13)"),
    edit("nn.Linear(n_hidden, 1)", "nn.Linear(13, 1)"),
    hint="There are always 13 hidden units, whatever n_hidden says. Use the argument.")
mistake("make_model", "eight_by_itself", edit("n_hidden: int = 13", "n_hidden: int = 8"),
    hint="Without an argument, there should be 13 hidden units: the default is another number.")
mistake("make_model", "tanh_at_the_end", edit(TANH + ",", ""),
    edit(OUTPUT + ",", OUTPUT + ", " + TANH),
    hint="""tanh was put last, so each prediction is between −1 and 1: no temperature of 20 °C can
    come out. It belongs between the two linear layers.""")
mistake("make_model", "tanh_at_the_end_as_well",
    edit(OUTPUT, OUTPUT + ', ("output_activ", nn.Tanh())'),
    hint="""A second tanh follows the output, so each prediction is between −1 and 1. The output
    layer's number is the prediction.""")
mistake("make_model", "as_many_outputs_as_hidden_units",
    edit("nn.Linear(n_hidden, 1)", "nn.Linear(n_hidden, n_hidden)"),
    hint="The output layer gives n_hidden numbers for a sample. One temperature was asked for.")
mistake("make_model", "output_without_bias",
    edit("nn.Linear(n_hidden, 1)", "nn.Linear(n_hidden, 1, bias=False)"),
    hint="The output layer has no bias, so the model's middle is stuck at 0. Both layers have one.")
mistake("make_model", "two_hidden_layers", edit(TANH, TANH + """,
                ("hidden_linear2", nn.Linear(n_hidden, n_hidden)), ("hidden_activ2", nn.Tanh())"""),
    hint="There are two hidden layers. One was asked for: three children in all.")
mistake("make_model", "returns_the_dictionary", edit("nn.Sequential(\n", "(\n"),
    hint="This is the dictionary of layers. nn.Sequential makes a model of it.")
mistake("make_model", "all_units_alike", whole("""
def make_model(n_hidden=13):
    model = """ + THREE + """
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)
    return model
"""), hint="""All hidden units start with the same weights, so they get the same gradients and stay
    the same: thirteen units that do the work of one. Leave their start to chance.""")
mistake("make_model", "frozen_hidden_layer",
    edit("nn.Linear(1, n_hidden)", "nn.Linear(1, n_hidden).requires_grad_(False)"),
    hint="""The hidden layer is frozen: its parameters don't require grad, and only the output layer
    can learn.""")
mistake("make_model", "one_model_for_all_calls", whole("""
MADE = {}

def make_model(n_hidden=13):
    if n_hidden not in MADE:
        MADE[n_hidden] = """ + THREE + """
    return MADE[n_hidden]
"""), hint="""Every call returns the same model, made once: to train one is to train them all.
    Make a new one in each call.""")
