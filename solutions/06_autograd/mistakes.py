"""Known wrong answers for autograd.py, each with the hint that it earns."""

# fmt: off

from grader.assignment.mistakes import edit, mistake, whole

# ------------------------------------------------------------------------------------- dz_dw

LEAF = "torch.as_tensor(w).detach().clone().requires_grad_()"
GRADIENT = "return w.grad"
BACKWARD = "z.sum().backward()"

BY_HAND = """Autograd never ran: the derivative comes from a formula of your own, or from a small
    difference of z. Write only y and z, from a tensor that requires grad, and let PyTorch go
    backward from z."""
mistake("dz_dw", "worked_out_by_hand", whole("""
    def dz_dw(w):
        return 20 * w
"""), hint=BY_HAND)
mistake("dz_dw", "chain_rule_by_hand", whole("""
    def dz_dw(w):
        dz_dy = 10
        dy_dw = 2 * w
        return dz_dy * dy_dw
"""), hint=BY_HAND)
mistake("dz_dw", "difference_of_two_values", whole("""
    def dz_dw(w):
        w, h = torch.as_tensor(w, dtype=torch.float64), 1e-4

        def z(w):
            return 10 * w**2 + 25

        return (z(w + h) - z(w - h)) / (2 * h)
"""), hint=BY_HAND)
FOR_SHOW = """You went backward, and then returned a number that you worked out yourself. The
    derivative of the whole chain, as PyTorch found it, is in w.grad: return that."""
mistake("dz_dw", "goes_backward_for_show", edit(GRADIENT, "return 20 * w.detach()"), hint=FOR_SHOW)
mistake("dz_dw", "multiplies_the_chain_after_all",
    edit(GRADIENT, "dz_dy, dy_dw = 10, 2 * w.detach()\n    return dz_dy * dy_dw"), hint=FOR_SHOW)
mistake("dz_dw", "always_at_five", edit(LEAF, "torch.tensor(5.0, requires_grad=True)"),
    hint="""This is right at w = 5 only, the value of the worked example: the function must work at
    the w that it is given.""")
mistake("dz_dw", "returns_the_value", edit(GRADIENT, "return z"),
    hint="""This is z, the value itself. Its derivative lies, after backward(), in the attribute
    grad of the tensor you started from.""")
mistake("dz_dw", "returns_w", edit(GRADIENT, "return w"),
    hint="You returned w itself. What backward() found lies in the attribute grad of w.")
mistake("dz_dw", "returns_what_backward_returns", edit(BACKWARD, ""),
    edit(GRADIENT, "return z.sum().backward()"),
    hint="""None comes back. Return the attribute grad of the tensor that you started from: there
    backward() puts the derivative, and it returns nothing itself.""")
mistake("dz_dw", "backward_from_y", edit(BACKWARD, "y.sum().backward()"),
    hint="""This is dy/dw = 2·w: either backward() starts at y, or z lacks its factor 10. Start from
    z = 10·y + 25, at the end of the chain.""")
mistake("dz_dw", "derivative_for_y", edit("y = w**2", "y = (w**2).detach().requires_grad_()"),
    edit(GRADIENT, "return y.grad"),
    hint="""10 is dz/dy, the derivative for y: either that was asked for, or z is computed from w
    itself. y is w squared, and the derivative for w is one link further back.""")
mistake("dz_dw", "doubles_instead_of_squaring", edit("w**2", "w * 2"),
    hint="""The derivative is 20 everywhere, as that of a line. z is no line: y is w squared,
    and not 2·w.""")
mistake("dz_dw", "goes_backward_twice",
    edit(BACKWARD, "z.sum().backward(retain_graph=True)\n    z.sum().backward()"),
    hint="""This is twice the derivative. Each backward() ADDS to w.grad, so it may run only once,
    and z has the factor 10 only once.""")
mistake("dz_dw", "keeps_one_w_for_all_calls", whole("""
    KEPT = torch.zeros((), requires_grad=True)

    def dz_dw(w):
        with torch.no_grad():
            KEPT.copy_(torch.as_tensor(w))
        z = 10 * KEPT**2 + 25
        z.backward()
        return KEPT.grad.clone()
"""), hint="""Gradients add up: one tensor is kept from call to call, and each backward() adds to
    what its grad holds already. Make a new tensor in each call.""")
NO_CHAIN = """There is no chain to go backward along: w doesn't require grad when z is computed, or
    detach() or no_grad() cuts the chain between w and z."""
mistake("dz_dw", "forgets_requires_grad", edit(LEAF, "torch.tensor(float(w))"), hint=NO_CHAIN)
mistake("dz_dw", "cuts_w_to_a_whole_number",
    edit(LEAF, "torch.tensor(float(int(w)), requires_grad=True)"),
    hint="""int() cuts w down to a whole number, so between whole numbers the derivative is that of
    another point. Keep w a floating number.""")
mistake("dz_dw", "breaks_the_chain", edit("w**2", "(w**2).detach()"), hint=NO_CHAIN)
mistake("dz_dw", "takes_a_step_as_well", edit(".detach().clone()", ""),
    edit(GRADIENT, "w.data -= 0.01 * w.grad\n    return w.grad"),
    hint="""The derivative is right, but w was moved downhill with it, and the caller's own tensor
    changed. Only ask for the derivative here; steps come later.""")
mistake("dz_dw", "wraps_w_in_a_list", edit(LEAF, "torch.tensor([float(w)], requires_grad=True)"),
    hint="""w became a list of one number on the way, so the derivative has a dimension of length 1.
    One number in, one number out.""")

# -------------------------------------------------------------------------- LinearRegression

LAYER = "self.linear = nn.Linear(input_size, output_size)"
ANSWER = "return self.linear(x)"

mistake("LinearRegression", "swaps_the_sizes",
    edit(LAYER, "self.linear = nn.Linear(output_size, input_size)"),
    hint="""Inputs and outputs are exchanged: the layer takes input_size numbers and gives
    output_size.""")
mistake("LinearRegression", "always_one_to_one", edit(LAYER, "self.linear = nn.Linear(1, 1)"),
    hint="The sizes are fixed at 1, whatever is asked for. Use the two arguments.")
mistake("LinearRegression", "no_bias",
    edit(LAYER, "self.linear = nn.Linear(input_size, output_size, bias=False)"),
    hint="""There is no bias, so the line must go through the origin: at x = 0 it can predict
    nothing but 0.""")
mistake("LinearRegression", "one_bias_for_all",
    edit(LAYER, "self.w = nn.Parameter(torch.randn(input_size, output_size))\n"
                "        self.b = nn.Parameter(torch.zeros(1))"),
    edit(ANSWER, "return x @ self.w + self.b"),
    hint="One bias serves all outputs. Each output needs its own: output_size of them.")
NO_PARAMETERS = """The model has no parameters, so an optimizer would have nothing to train. An
    nn.Module notices nn.Parameter and layers that __init__ gives to self; it doesn't notice plain
    tensors, nor what forward makes anew in each call."""
mistake("LinearRegression", "plain_tensors",
    edit(LAYER, "self.w = torch.randn(input_size, output_size, requires_grad=True)\n"
                "        self.b = torch.zeros(output_size, requires_grad=True)"),
    edit(ANSWER, "return x @ self.w + self.b"),
    hint=NO_PARAMETERS)
mistake("LinearRegression", "new_layer_each_time",
    edit(LAYER, "self.sizes = input_size, output_size"),
    edit(ANSWER, "return nn.Linear(*self.sizes)(x)"),
    hint=NO_PARAMETERS)
mistake("LinearRegression", "cuts_off_negatives", edit(ANSWER, "return torch.relu(self.linear(x))"),
    hint="""An activation after the layer bends the line: negative predictions become 0. Linear
    regression returns what the layer gives.""")
mistake("LinearRegression", "squeezes_into_zero_to_one",
    edit(ANSWER, "return torch.sigmoid(self.linear(x))"),
    hint="""A sigmoid squeezes every prediction between 0 and 1. That is for probabilities; a line
    may predict any number.""")
mistake("LinearRegression", "forgets_to_return", edit(ANSWER, "self.linear(x)"),
    hint="forward computes its answer but doesn't return it, so every prediction is None.")
mistake("LinearRegression", "forgets_super", edit("super().__init__()", ""),
    hint="""super().__init__() is missing, so nn.Module could not set itself up, and the first layer
    that you assign is refused.""")
mistake("LinearRegression", "drops_dimensions_of_one", edit(ANSWER, ANSWER + ".squeeze()"),
    hint="""squeeze() drops every dimension of size 1: a single output, or a single sample, loses
    its dimension. Predictions have shape (n, output_size), always.""")
mistake("LinearRegression", "detaches_the_prediction", edit(ANSWER, ANSWER + ".detach()"),
    hint="""The prediction is detached from its graph, so no gradient gets back to the weights and
    the model can't learn. Return the layer's output as it is.""")
mistake("LinearRegression", "frozen_parameters", edit(LAYER, LAYER + ".requires_grad_(False)"),
    hint="""The parameters have requires_grad=False: they are there, but frozen. What is to be
    learned must require grad.""")
mistake("LinearRegression", "bias_never_added",
    edit(ANSWER, "return x @ self.linear.weight.T"),
    hint="""There is a bias among the parameters, but forward doesn't add it: no gradient reaches
    it.""")
mistake("LinearRegression", "one_layer_for_all_models",
    edit("def __init__", "layers = {}\n\n    def __init__"),
    edit(LAYER, "sizes = input_size, output_size\n"
                "        self.linear = self.layers.setdefault(sizes, nn.Linear(*sizes))"),
    hint="""The layer was made in the class body, once for all models: two models then share one set
    of weights. Make it in __init__, for self.""")
mistake("LinearRegression", "two_layers",
    edit(LAYER, LAYER + "\n        self.hidden = nn.Linear(input_size, input_size)"),
    edit(ANSWER, "return self.linear(self.hidden(x))"),
    hint="""Two layers, one after the other, have more parameters than the line needs, and without
    anything between them they are still a line. One layer is enough.""")
mistake("LinearRegression", "adds_the_inputs", edit(ANSWER, ANSWER + " + x.sum(1, keepdim=True)"),
    hint="""The inputs are added to the prediction once more, beside weights and bias. The
    prediction must come from its parameters alone.""")
mistake("LinearRegression", "only_positive_weights",
    edit(ANSWER, "return F.linear(x, F.softplus(self.linear.weight), self.linear.bias)"),
    hint="""The weights are made positive before they are used, so the model has no line that falls.
    Use the parameters as they are.""")

# -------------------------------------------------------------------------- train_regression

ZERO = "optimizer.zero_grad()"
STEP = "optimizer.step()"
MOVE = "x, y = x.to(device), y.to(device)"
CRITERION = "criterion = nn.MSELoss()"
LOSS = "loss = criterion(model(x), y)"
KEEP = "losses.append(loss.item())"
SGD = "torch.optim.SGD(model.parameters(), lr=lr)"
END = "return losses"

mistake("train_regression", "never_zeroes_gradients", edit(ZERO, ""),
    hint="""The gradients are never zeroed. backward() adds to what is there, so each step follows
    the sum of all gradients so far. Clear them once an epoch.""")
NEVER_MOVES = """The model never moves, and all losses are the same. In each epoch backward()
    computes the gradients, and then the optimizer takes a step, with nothing in between that takes
    the gradients away."""
mistake("train_regression", "zeroes_before_the_step", edit(ZERO, ""),
    edit("loss.backward()", "loss.backward()\n        " + ZERO), hint=NEVER_MOVES)
mistake("train_regression", "never_steps", edit(STEP, ""), hint=NEVER_MOVES)
mistake("train_regression", "sums_the_errors", edit("nn.MSELoss()", 'nn.MSELoss(reduction="sum")'),
    hint="""The squared errors are summed, not averaged: loss and gradients grow with the number of
    samples. MSE is their mean.""")
mistake("train_regression", "absolute_error", edit("nn.MSELoss()", "nn.L1Loss()"),
    hint="This is the mean absolute error. MSE squares the errors before it averages them.")
mistake("train_regression", "stretches_the_predictions",
    edit(LOSS, "loss = ((model(x).squeeze() - y) ** 2).mean()"),
    hint="""One of predictions and targets has shape (n,), the other (n, 1): PyTorch stretches both
    to (n, n), and every prediction is compared with every target. Give them the same shape.""")
mistake("train_regression", "trains_with_adam", edit("torch.optim.SGD", "torch.optim.Adam"),
    hint="""The optimizer is Adam, which takes other steps. Plain SGD was asked for: parameters
    minus the learning rate times the gradient.""")
mistake("train_regression", "trains_with_momentum", edit("lr=lr)", "lr=lr, momentum=0.9)"),
    hint="""SGD with momentum remembers earlier steps and overshoots the plain ones. Plain SGD was
    asked for.""")
mistake("train_regression", "ignores_lr", edit("lr=lr)", "lr=0.01)"),
    hint="The learning rate is fixed at 0.01, whatever lr says. Hand lr on to the optimizer.")
mistake("train_regression", "climbs", edit("lr=lr)", "lr=lr, maximize=True)"),
    hint="The gradient points uphill, and you step along it: the loss grows. Step against it.")
mistake("train_regression", "one_sample_at_a_time",
    edit(LOSS, "for xi, yi in zip(x, y):\n            optimizer.zero_grad()\n"
               "            loss = criterion(model(xi), yi)\n            loss.backward()\n"
               "            optimizer.step()"),
    edit("        loss.backward()\n", ""), edit("        optimizer.step()\n", ""),
    hint="""One step a sample, one after the other. Here each step is taken with all samples at
    once: one step an epoch.""")
mistake("train_regression", "one_epoch_short", edit("range(epochs)", "range(1, epochs)"),
    hint="The loop starts at 1 and ends before `epochs`: one epoch is missing.")
mistake("train_regression", "losses_after_the_step",
    edit(KEEP, "losses.append(criterion(model(x), y).item())"),
    hint="""The losses are those after each step. The list starts with the untrained model's loss:
    note the one that you went backward from.""")
mistake("train_regression", "keeps_loss_tensors", edit("loss.item()", "loss"),
    hint="""The list holds tensors, and each keeps its whole graph in memory. Turn each loss into a
    plain number before you append it.""")
mistake("train_regression", "keeps_arrays", edit("loss.item()", "loss.detach().cpu().numpy()"),
    hint="The losses are NumPy arrays without dimensions. loss.item() makes a Python float.")
mistake("train_regression", "returns_the_last_loss", edit(END, "return losses[-1]"),
    hint="Only the last loss comes back. Collect the loss of every epoch in a list.")
mistake("train_regression", "only_prints", edit(KEEP, "print(loss.item())"),
    edit(END, "return None"),
    hint="""The function returns None: the losses are lost, whatever is printed. Return them as a
    list.""")
mistake("train_regression", "trains_a_copy",
    edit("model.to(device)", "import copy\n    model.to(device)\n    model = copy.deepcopy(model)"),
    hint="""A copy of the model was trained, and the one you were given stays untrained. Train the
    model itself.""")
mistake("train_regression", "scales_the_callers_inputs",
    edit(MOVE, "x /= x.abs().max()\n    " + MOVE),
    hint="""The inputs were scaled in place: the model is trained on other numbers than it was
    given, and the caller's own tensor has changed. Train on x as it is.""")
ON_THE_CPU = """Whatever device is asked for, the model is on the CPU in the end: either it never
    went anywhere, or it was moved back after the training. Leave it where it was trained."""
mistake("train_regression", "ignores_the_device", edit("model.to(device)", ""), edit(MOVE, ""),
    hint=ON_THE_CPU)
CHOICE = '"cuda" if torch.cuda.is_available() else other'
mistake("train_regression", "never_looks_for_a_gpu", edit(CHOICE, '"cpu"'),
    edit('"mps" if torch.backends.mps.is_available() else "cpu"', '"cpu"'),
    hint="""Without a device given, it is always the CPU. Ask PyTorch whether there is a GPU, and
    take that first.""")
mistake("train_regression", "a_gpu_by_another_name", edit('"cuda" if', '"gpu" if'),
    hint="""Where there is a GPU, your code asks for a device that PyTorch doesn't know. For PyTorch
    an NVIDIA GPU is called "cuda", a Mac's "mps".""")
mistake("train_regression", "overrules_the_device", edit("if device is None:", "if True:"),
    hint="""The device that was asked for is overwritten. Look for the best one only where `device`
    is None.""")
mistake("train_regression", "brings_the_model_back",
    edit(END, 'model.to("cpu")\n    return losses'), hint=ON_THE_CPU)
mistake("train_regression", "leaves_the_data_behind", edit(MOVE, "x.to(device), y.to(device)"),
    hint="""Not all went to the device: the model, x and y must all be there, for all tensors of an
    operation must be on the same device. Note that a tensor's `to` returns a new tensor.""")
mistake("train_regression", "mean_over_samples_only",
    edit(LOSS, "loss = ((model(x) - y) ** 2).sum() / len(x)"),
    hint="""The squared errors are divided by the number of samples. With several outputs a sample
    there are more errors than samples: the mean is over all of them.""")
mistake("train_regression", "reports_the_lowest_so_far",
    edit(KEEP, "losses.append(min([*losses, loss.item()]))"),
    hint="""Where the loss grows you report the lowest one so far. Return each loss as it is: a loss
    that grows says that lr is too large.""")
mistake("train_regression", "turns_all_into_float32",
    edit(MOVE, MOVE + "\n    model.float()\n    x, y = x.float(), y.float()"),
    hint="""Model and data were made float32, so a model in float64 loses half of its digits. Leave
    the dtype as it is.""")
mistake("train_regression", "freezes_the_trained_model",
    edit(END, "model.requires_grad_(False)\n    return losses"),
    hint="""After the training the model can't be trained further: its parameters no longer require
    grad, or recording is switched off for good. Leave both as they are.""")
mistake("train_regression", "trains_in_evaluation_mode",
    edit("model.to(device)", "model.to(device).eval()"),
    hint="""The model is trained in evaluation mode, where layers such as dropout do nothing. Take
    `model.eval()` out: it is for predictions.""")
mistake("train_regression", "batches_of_64",
    edit(LOSS, "for xb, yb in zip(x[64:].split(64), y[64:].split(64)):\n"
               "            loss = criterion(model(xb), yb)\n            loss.backward()\n"
               "            optimizer.step()\n            optimizer.zero_grad()\n"
               "        loss = criterion(model(x[:64]), y[:64])"),
    hint="""With more than 64 samples there are several steps an epoch, each on a part of them. Here
    each step is taken with all samples at once.""")
mistake("train_regression", "stops_early",
    edit(KEEP, KEEP + "\n        if len(losses) > 1 and abs(losses[-2] - losses[-1]) < 1e-6:\n"
                      "            break"),
    hint="""Training ends as soon as the loss hardly falls. That may be wise, but `epochs` epochs
    were asked for.""")

# ----------------------------------------------------------------------------------- predict

PREDICTION = "model(x.to(device)).cpu().numpy()"
NO_GRAD = "with torch.no_grad():"
GRAPH = "with torch.enable_grad():"

mistake("predict", "returns_a_tensor", edit(".numpy()", ""),
    hint="This is a tensor. A NumPy array was asked for: tensors have a method for that.")
mistake("predict", "still_records_the_graph", edit(NO_GRAD, GRAPH),
    hint="""The prediction still belongs to a graph, and NumPy can't take such a tensor. Call the
    model where no graph is recorded.""")
mistake("predict", "returns_a_list", edit(".numpy()", ".tolist()"),
    hint="This is a nested Python list. A NumPy array was asked for.")
mistake("predict", "drops_the_last_dimension", edit(".numpy()", ".numpy().squeeze()"),
    hint="""The array has shape (n,): its last dimension was dropped. Keep one row for each sample:
    (n, 1).""")
mistake("predict", "one_row_for_all", edit(".numpy()", ".numpy().reshape(1, -1)"),
    hint="The array is turned on its side, (1, n). One row for each sample: (n, 1).")
mistake("predict", "predicts_the_first_sample", edit("model(x.to", "model(x[:1].to"),
    hint="""Only one sample was predicted. Give the whole of x to the model: it takes all the rows
    at once.""")
mistake("predict", "freezes_the_model",
    edit(NO_GRAD, "model.requires_grad_(False)\n    " + NO_GRAD),
    hint="""The model is frozen for good: its parameters no longer require grad and can't be trained
    on. Switch the recording off for this one call only.""")
mistake("predict", "rounds_the_model", edit(NO_GRAD, NO_GRAD + "\n        model.half().float()"),
    hint="""The model was turned to half precision: its parameters were rounded, and the predictions
    with them. Leave the model as it is.""")
mistake("predict", "rounds_to_whole_numbers", edit(".numpy()", ".round().int().numpy()"),
    hint="""Predictions were rounded to whole numbers. They are quantities, not classes: return them
    as the model gives them.""")
mistake("predict", "picks_a_class", edit(".cpu()", ".cpu().argmax(dim=1, keepdim=True)"),
    hint="argmax picks a class. Here the model's one output is the prediction itself.")
mistake("predict", "standardises_the_inputs",
    edit("model(x.to", "model(((x - x.mean()) / (x.std(correction=0) + 1)).to"),
    hint="""The inputs were standardised before the prediction; the model was trained on x as it is,
    so it must be asked with x as it is.""")
mistake("predict", "leaves_the_bias_out",
    edit("model(x.to(device))", "(x.to(device) @ next(iter(model.parameters())).T)"),
    hint="""The weights were multiplied by hand and the bias left out. Call the model: it knows all
    that belongs to a prediction.""")
mistake("predict", "asks_the_first_layer_only",
    edit("model(x.to(device))", "F.linear(x.to(device), *list(model.parameters())[:2])"),
    hint="""The first layer's formula was written out, so it works for a model of that one layer
    only. Call the model itself.""")
mistake("predict", "leaves_gradients_behind",
    edit(NO_GRAD, "model(x.to(device)).sum().backward()\n    " + NO_GRAD),
    hint="""backward() was called on the prediction, which leaves gradients in the model that spoil
    the next training step. A prediction needs no gradient.""")
mistake("predict", "turns_x_into_float32", edit("x.to(device)", "x.float().to(device)"),
    hint="x was made float32, which a model in float64 can't take. Leave the dtype as it is.")
mistake("predict", "clears_gradients", edit(NO_GRAD, "model.zero_grad()\n    " + NO_GRAD),
    hint="""The gradients that the model had are gone: a training step that was about to use them
    finds nothing. A prediction has no need to clear them.""")
mistake("predict", "switches_recording_off_for_good",
    edit(NO_GRAD, "torch.set_grad_enabled(False)\n    " + NO_GRAD),
    hint="""After the prediction the model can't be trained any more: something that training
    needs is switched off for good. `with torch.no_grad():` switches recording off for a while.""")
