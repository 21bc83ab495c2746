"""Known wrong answers for scratch.py, each with the hint that it earns."""

# fmt: off

from grader.assignment.mistakes import edit, mistake, whole

# ------------------------------------------------------------------------------- init_params

DRAWN = "torch.randn(n_in, n_out)"
ZEROS = "torch.zeros(n_out, requires_grad=True)"
PAIR = "weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)"

mistake("init_params", "unscaled_weights", edit(" / math.sqrt(n_in)", ""),
    hint="""The weights are as large as randn makes them. Divide them by the square root of n_in,
    or the scores start far too large.""")
mistake("init_params", "divided_by_n_in", edit("math.sqrt(n_in)", "n_in"),
    hint="""The weights are divided by n_in itself. It is its square root that keeps the scores'
    spread at 1.""")
mistake("init_params", "scaled_by_the_outputs", edit("math.sqrt(n_in)", "math.sqrt(n_out)"),
    hint="""The weights are scaled by the number of outputs. A score is a sum over the inputs:
    their number is the one that counts.""")
mistake("init_params", "rand_for_randn", edit("torch.randn", "torch.rand"),
    hint="""rand() draws from 0 to 1, so all weights are positive. randn() draws from the normal
    distribution around zero: mind the n.""")
mistake("init_params", "zero_weights", edit("torch.randn", "torch.zeros"),
    hint="""Weights that are all zero give every class the same score. They are to be drawn at
    random, with a spread of 1/sqrt(n_in).""")
mistake("init_params", "one_column_for_all", edit(DRAWN, "torch.randn(n_in, 1).repeat(1, n_out)"),
    hint="""Only a single column is drawn and then repeated, so that all classes start alike. Draw
    all n_in × n_out weights.""")
mistake("init_params", "weights_are_no_leaf",
    edit(DRAWN, "torch.randn(n_in, n_out, requires_grad=True)"),
    edit("weights.requires_grad_()", "weights"),
    hint="""The weights are the result of a calculation that was recorded, such as a division after
    requires_grad=True. So they are no leaf, and their .grad stays None. Scale first, then ask for
    gradients.""")
mistake("init_params", "no_gradients_asked_for", edit(PAIR, "weights, torch.zeros(n_out)"),
    hint="""The weights don't require grad, so backward() computes no gradient for them. Ask for
    it with requires_grad, for the bias too.""")
mistake("init_params", "bias_without_gradient", edit(ZEROS, "torch.zeros(n_out)"),
    hint="""The bias doesn't require grad, so it would stay at zero for ever. It is learned, just
    like the weights.""")
mistake("init_params", "weights_transposed", edit(DRAWN, "torch.randn(n_out, n_in)"),
    hint="""The weights lie the other way round, (n_out, n_in). For xb @ weights the inputs are the
    rows: (n_in, n_out).""")
mistake("init_params", "random_bias", edit("torch.zeros", "torch.randn"),
    hint="The bias is drawn at random here. It starts at zero.")
mistake("init_params", "bias_of_ones", edit("torch.zeros", "torch.ones"),
    hint="The bias starts at one here. It should start at zero.")
mistake("init_params", "a_single_bias", edit(ZEROS, "torch.zeros(1, requires_grad=True)"),
    hint="The bias has a single number. Each of the n_out classes has a bias of its own.")
mistake("init_params", "a_bias_for_each_input",
    edit(ZEROS, "torch.zeros(n_in, requires_grad=True)"),
    hint="""The bias has one number for each input. It is added to the scores, of which there are
    n_out.""")
mistake("init_params", "sizes_ignored",
    edit("weights = torch", "n_in, n_out = 784, 10\n    weights = torch"),
    hint="""The sizes are 784 and 10 whatever is asked for. They are only what n_in and n_out are
    when the caller doesn't say: use n_in and n_out.""")
mistake("init_params", "scale_of_784_inputs", edit("math.sqrt(n_in)", "28"),
    hint="""The shapes follow n_in, but the scale is that of 784 inputs, always. Take the square
    root of n_in.""")
mistake("init_params", "bias_first",
    edit(PAIR, "torch.zeros(n_out, requires_grad=True), weights.requires_grad_()"),
    hint="The order is wrong: first the weights, then the bias.")
mistake("init_params", "weights_only", edit(PAIR, "weights.requires_grad_()"),
    hint="Only the weights come back. Return the bias too: a pair.")
mistake("init_params", "double_precision",
    edit(DRAWN, "torch.tensor(np.random.randn(n_in, n_out))"),
    edit(ZEROS, "torch.zeros(n_out, dtype=torch.float64, requires_grad=True)"),
    hint="""The numbers are double precision, as NumPy's are, and tensors made from them. The
    images are float32, and the two can't be multiplied: convert first.""")

# ------------------------------------------------------------------------------------- model

SCORES = "xb @ weights + bias"
ANSWER = "F.log_softmax(xb @ weights + bias, dim=-1)"

mistake("model", "scores_only", edit(ANSWER, SCORES),
    hint="""These are the scores as they are. The log-softmax that turns them into
    log-probabilities is missing.""")
mistake("model", "probabilities", edit("F.log_softmax", "F.softmax"),
    hint="""These are probabilities (softmax). Log-probabilities are asked for: use the log_softmax
    of the last exercise.""")
mistake("model", "bias_left_out", edit(" + bias", ""),
    hint="The bias is left out. Add it to the scores, before the log-softmax.")
mistake("model", "bias_after_log_softmax", edit(" + bias, dim=-1)", ", dim=-1) + bias"),
    hint="""The bias is added after the log-softmax, so exp() of the rows doesn't add up to 1 any
    more. It belongs to the scores.""")
mistake("model", "bias_subtracted", edit("+ bias", "- bias"),
    hint="The bias is subtracted. The layer adds it.")
mistake("model", "normalised_over_samples", edit("dim=-1", "dim=0"),
    hint="""The log-softmax runs down the columns, over the samples. Normalise each row, one
    sample, by itself: that's the last dimension.""")
mistake("model", "log_softmax_of_softmax", edit(SCORES, "F.softmax(xb @ weights + bias, dim=-1)"),
    hint="""Softmax is taken first, and log-softmax of its probabilities after, as if they were
    scores. Apply log-softmax to the scores, once.""")
mistake("model", "weights_turned_round", edit("@ weights", "@ weights.t()"),
    hint="""The weights are transposed. They have the inputs as rows already, (n_in, n_out):
    multiply as they are.""")
mistake("model", "product_number_by_number", edit("@ weights", "* weights"),
    hint="`*` multiplies number by number. A layer needs the matrix product, written `@`.")
mistake("model", "relu_in_between", edit(SCORES, "F.relu(xb @ weights + bias)"),
    hint="""Negative scores are set to zero before the log-softmax. This model is linear: no ReLU
    comes in between.""")
mistake("model", "sigmoid_for_softmax", edit(ANSWER, "F.logsigmoid(xb @ weights + bias)"),
    hint="""A sigmoid looks at each score by itself. The classes compete: use log-softmax, which
    sees the whole row.""")
mistake("model", "model_without_a_graph",
    edit("return F", "with torch.no_grad():\n        return F"),
    hint="""The values are right, but no_grad() (or detach) cuts them off from weights and bias, so
    backward() can't reach the parameters.""")
mistake("model", "bias_cut_off", edit("+ bias", "+ bias.data"),
    hint="""The values are right, but the bias goes in without its history, as .data or detached:
    no gradient reaches it, and it never learns.""")
mistake("model", "always_float32", edit(SCORES, "xb.float() @ weights.float() + bias.float()"),
    hint="""Everything is turned into float32 on the way. Leave the tensors in the dtype that they
    come in.""")
mistake("model", "inputs_normalised", edit("xb @", "(xb - xb.mean()) / (xb.std() + 1e-6) @"),
    hint="The batch is normalised before it is multiplied. The model takes its inputs as they are.")
mistake("model", "writes_into_the_batch",
    edit("return F", "given, xb = xb, xb.clone()\n    given.data.zero_()\n    return F"),
    hint="""The result is right, but the caller's batch is written over on the way. Make a new
    tensor instead.""")
mistake("model", "views_of_the_memory",
    edit("xb @ weights", "xb.view(-1).view(xb.shape) @ weights.view(-1).view(weights.shape)"),
    hint="""view() needs numbers that lie side by side in memory, and those of a transpose or of a
    slice don't. The matrix product takes xb and weights as they are.""")
mistake("model", "a_layer_of_the_library",
    edit("return", "layer = nn.Linear(*weights.shape)\n    given = weights.T, bias\n    return"),
    edit(SCORES, "torch.func.functional_call(layer, dict(zip(['weight', 'bias'], given)), xb)"),
    hint="A layer of torch.nn computes the scores here. Write the product and the sum yourself.")

# ---------------------------------------------------------------------------------- sgd_step

UPDATE = "p -= lr * p.grad"
CLEAR = "p.grad = None"
NOT_THE_CALLERS = """The caller's own tensors stay as they are. Either new ones move (`p = p - …`
makes one, and so does whatever is put into the list), or the gradients are cleared before the step
uses them. Change each tensor in place, with -= for example, then clear its gradient."""
LIBRARY = "The optimizers of torch.optim come in a later exercise. Write the update yourself here."

mistake("sgd_step", "uphill", edit("p -=", "p +="),
    hint="The step goes uphill: the gradient points to where the loss grows. Subtract it.")
mistake("sgd_step", "gradients_never_zeroed", edit(CLEAR, "pass"),
    hint="""The gradients are never zeroed. backward() adds to what is in .grad, so each step would
    repeat all those before it.""")
mistake("sgd_step", "zeroed_too_early",
    edit(UPDATE, "p.grad.zero_()\n                p -= lr * p.grad"),
    hint=NOT_THE_CALLERS)
mistake("sgd_step", "only_the_first_zeroed", edit(CLEAR, "params[0].grad.zero_()"),
    hint="""Only the first tensor's gradient is zeroed (indentation?). Clear the gradient of each
    one, the bias's too.""")
mistake("sgd_step", "only_the_last_zeroed",
    edit("                p.grad = None", "    p.grad = None"),
    hint="""Only the last tensor's gradient is zeroed: the line stands after the loop. It belongs
    inside.""")
mistake("sgd_step", "rebinds_the_name", edit(UPDATE, "p = p - lr * p.grad"), hint=NOT_THE_CALLERS)
mistake("sgd_step", "returns_new_tensors", whole("""
    def sgd_step(params, lr):
        moved = [(p - lr * p.grad).detach().requires_grad_() for p in params]
        for p in params:
            p.grad = None
        return moved
    """),
    hint=NOT_THE_CALLERS)
mistake("sgd_step", "replaces_the_entries_of_the_list", whole("""
    def sgd_step(params, lr):
        for i, p in enumerate(params):
            params[i] = (p - lr * p.grad).detach().requires_grad_()
            p.grad = None
    """),
    hint=NOT_THE_CALLERS)
mistake("sgd_step", "inside_the_graph", edit("torch.no_grad()", "torch.enable_grad()"),
    hint="""PyTorch refuses to change a leaf that requires grad in place while it records. Make the
    update under torch.no_grad().""")
mistake("sgd_step", "learning_rate_ignored", edit("lr * p.grad", "p.grad"),
    hint="The learning rate isn't used. Multiply the gradient by lr.")
mistake("sgd_step", "learning_rate_fixed", edit("lr * p.grad", "0.5 * p.grad"),
    hint="The learning rate is written into the code. Use the one that is passed in as lr.")
mistake("sgd_step", "divides_by_the_learning_rate", edit("lr * p.grad", "p.grad / lr"),
    hint="""The gradient is divided by the learning rate. Multiply by it: a small lr means a small
    step.""")
mistake("sgd_step", "first_tensor_only", edit("in params:", "in params[:1]:"),
    hint="""Only one tensor moves (a return inside the loop, or params[0]?). Update every tensor of
    the list.""")
mistake("sgd_step", "pairs_only",
    edit("for p in params", "weights, bias = params\n        for p in (weights, bias)"),
    hint="""The list is taken for a pair, weights and bias. It may hold any number of tensors: go
    through it with a loop.""")
mistake("sgd_step", "sign_only", edit("lr * p.grad", "lr * p.grad.sign()"),
    hint="Only the gradient's sign is used, so all steps have the same length. Use its value.")
mistake("sgd_step", "gradients_clipped", edit("lr * p.grad", "lr * p.grad.clamp(-10, 10)"),
    hint="""Large gradients are cut down before the step. Plain gradient descent takes them as they
    are.""")
mistake("sgd_step", "gradients_switched_off",
    edit(UPDATE, "p.requires_grad_(False)\n                p -= lr * p.grad"),
    hint="""requires_grad is switched off for the step and never on again. torch.no_grad() leaves
    the tensors as they are.""")
mistake("sgd_step", "turned_into_float32",
    edit(UPDATE, "p.data = p.data.float() - lr * p.grad.float()"),
    hint="""The step is made in single precision whatever the parameter's dtype. Compute with the
    tensors as they are.""")
mistake("sgd_step", "library_optimizer", whole("""
    def sgd_step(params, lr):
        optimizer = torch.optim.SGD(params, lr=lr)
        optimizer.step()
        optimizer.zero_grad()
    """),
    hint=LIBRARY)
mistake("sgd_step", "function_behind_the_optimizer", edit(UPDATE,
         """no = dict.fromkeys(["weight_decay", "momentum", "dampening", "nesterov", "maximize"], 0)
                from torch.optim.sgd import sgd
                sgd([p], [p.grad], [None], lr=lr, **no)"""),
    hint=LIBRARY)

# ------------------------------------------------------------------------------------- train

NEW_LEAVES = "weights, bias = (p.detach().requires_grad_() for p in (weights, bias))"
DRAW = "torch.randint(len(x), (batch_size,))"
STEP = "sgd_step([weights, bias], lr)"
NOTHING_MOVES = """The caller's weights and bias are not changed: no step follows backward(), or it
finds gradients that are zeroed already, or the steps change other tensors (`weights = weights - …`
makes new ones, and so does init_params). Call sgd_step with the given tensors, or change them in
place."""
BY_THE_LIBRARY = """An optimizer of torch.optim takes the steps here: they come in a later
exercise. Make the updates yourself, or with your own sgd_step."""

mistake("train", "batches_in_order", edit("for _ in", "for step in"),
    edit(DRAW, "torch.arange(step * batch_size, (step + 1) * batch_size) % len(x)"),
    hint="""The batches are the samples in their order. Draw the indices of each batch at random,
    with torch.randint for example.""")
mistake("train", "one_batch_for_all_steps",
    edit("for _ in", "drawn = torch.randint(len(x), (batch_size,))\n    for _ in"),
    edit(DRAW, "drawn"),
    hint="""The batch is drawn once, before the loop, so every step sees the same few samples. Draw
    inside the loop.""")
mistake("train", "first_samples_only", edit("len(x)", "batch_size"),
    hint="""The indices are drawn from the first batch_size samples only; the others are never
    seen. Draw from all len(x) of them.""")
mistake("train", "never_the_last_sample", edit("len(x)", "0, len(x) - 1"),
    hint="""The last sample is never drawn: the upper end that torch.randint takes is itself left
    out, so it should be len(x).""")
mistake("train", "labels_of_other_samples",
    edit("y[batch]", "y[torch.randint(len(x), (batch_size,))]"),
    hint="""Images and labels are drawn separately, so they don't belong together. Use the same
    indices for both.""")
mistake("train", "whole_data_every_step", edit(DRAW, "slice(None)"),
    hint="""Each step uses all samples. A mini-batch of batch_size samples, drawn at random, is
    asked for.""")
mistake("train", "batch_size_ignored", edit("(batch_size,)", "(64,)"),
    hint="The batches have 64 samples whatever batch_size says. Use batch_size.")
mistake("train", "one_sample_a_step", edit("(batch_size,)", "(1,)"),
    hint="""Only one sample is drawn a step. The second argument of torch.randint is the shape:
    (batch_size,) gives batch_size of them.""")
mistake("train", "gradients_pile_up", edit(STEP, """with torch.no_grad():
            weights -= lr * weights.grad
            bias -= lr * bias.grad"""),
    hint="""The gradients of earlier steps are still there: backward() adds to them. Zero them
    after each step.""")
mistake("train", "gradient_of_bias_piles_up", edit(STEP, """with torch.no_grad():
            weights -= lr * weights.grad
            bias -= lr * bias.grad
            weights.grad.zero_()"""),
    hint="""The bias's gradient is never zeroed, only the weights'. Both pile up unless they are
    cleared.""")
mistake("train", "bias_never_updated", edit("[weights, bias]", "[weights]"),
    hint="The bias is never updated. It is a parameter too: give it its step.")
mistake("train", "climbs_the_loss", edit("], lr)", "], -lr)"),
    hint="The loss grows: the update adds the gradient. Gradient descent subtracts it.")
mistake("train", "summed_loss", edit(", y[batch])", ", y[batch], reduction='sum')"),
    hint="""The losses of the batch are added up, not averaged, so that the steps are batch_size
    times too long. Use the mean.""")
mistake("train", "one_step_short", edit("range(steps)", "range(1, steps)"),
    hint="The number of updates isn't `steps`. Count: range(1, steps) stops one short.")
mistake("train", "passes_instead_of_steps",
    edit("range(steps)", "range(steps * math.ceil(len(x) / batch_size))"),
    hint="""`steps` is taken for a number of passes over all the data. It is the number of updates:
    one batch each.""")
mistake("train", "no_step_taken", edit(STEP, "pass"), hint=NOTHING_MOVES)
mistake("train", "zeroed_before_the_step",
    edit(STEP, "weights.grad.zero_(), bias.grad.zero_()\n        " + STEP), hint=NOTHING_MOVES)
mistake("train", "trains_new_tensors",
    edit(STEP, "weights, bias = (p - lr * p.grad for p in (weights, bias))\n        " + NEW_LEAVES),
    hint=NOTHING_MOVES)
mistake("train", "starts_afresh",
    edit("for _ in", "weights, bias = init_params(*weights.shape)\n    for _ in"),
    hint=NOTHING_MOVES)
mistake("train", "loss_of_probabilities", edit("weights, bias), y", "weights, bias).exp(), y"),
    hint="""The model's output is turned into probabilities and then passed to a loss that expects
    log-probabilities. Use the model's output as it is.""")
mistake("train", "lr_written_into_the_code", edit("], lr)", "], 0.01)"),
    hint="The learning rate is written into the code. Use the lr that is passed in.")
mistake("train", "shuffles_the_data_themselves", edit(DRAW, """torch.randperm(len(x))
        x[:], y[:], batch = x[batch], y[batch], slice(batch_size)"""),
    hint="""The caller's x and y are shuffled in place. Pick samples with an index instead, and
    leave the data as they are.""")
mistake("train", "trains_with_a_library_optimizer",
    edit("for _ in", "optimizer = torch.optim.SGD([weights, bias], lr=lr)\n    for _ in"),
    edit(STEP, "optimizer.step()\n        optimizer.zero_grad()"),
    hint=BY_THE_LIBRARY)
mistake("train", "trains_with_an_optimizer_by_another_name",
    edit("for _ in", "made = getattr(torch, 'op' + 'tim').SGD([weights, bias], lr)\n    for _ in"),
    edit(STEP, "made.step()\n        made.zero_grad()"),
    hint=BY_THE_LIBRARY)
