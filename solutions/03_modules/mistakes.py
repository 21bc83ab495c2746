"""Known wrong answers for modules.py, each with the hint that it earns."""

# fmt: off

from grader.assignment.mistakes import edit, mistake, whole

WEIGHTS = "nn.Parameter(torch.randn(784, 10) / math.sqrt(784))"
BIAS = "nn.Parameter(torch.zeros(10))"
MAKE_BIAS = "self.bias = nn.Parameter(torch.zeros(10))"
SCORES = "xb @ self.weights + self.bias"
WEIGHT = "nn.Parameter(torch.randn(in_features, out_features) / math.sqrt(in_features))"
MAKE_LINEAR_BIAS = "self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0"
OUTPUT = "xb @ self.weight + self.bias"

# ----------------------------------------------------------------------------- Mnist_Logistic

NO_PARAMETERS = """model.parameters() finds nothing to train. Each parameter must be an
    nn.Parameter and an attribute of its own: plain tensors stay out, and nn.Module doesn't look
    into lists."""
mistake("Mnist_Logistic", "logistic_of_plain_tensors",
    edit(WEIGHTS, "(torch.randn(784, 10) / math.sqrt(784)).requires_grad_()"),
    edit(BIAS, "torch.zeros(10, requires_grad=True)"), hint=NO_PARAMETERS)
mistake("Mnist_Logistic", "logistic_parameters_in_a_list",
    edit("self.weights = " + WEIGHTS, "self.params = [" + WEIGHTS + ", " + BIAS + "]"),
    edit(MAKE_BIAS, ""), edit(SCORES, "xb @ self.params[0] + self.params[1]"), hint=NO_PARAMETERS)
ONLY_THE_BIAS = """model.parameters() finds the bias alone. The weights must be an nn.Parameter that
    __init__ makes: the result of a calculation such as nn.Parameter(t) / 2 is a plain tensor again,
    and what forward makes anew at each call can't learn."""
mistake("Mnist_Logistic", "logistic_scaled_after_wrapping",
    edit(WEIGHTS, "nn.Parameter(torch.randn(784, 10)) / math.sqrt(784)"), hint=ONLY_THE_BIAS)
mistake("Mnist_Logistic", "logistic_drawn_in_forward", edit("self.weights = " + WEIGHTS, ""),
    edit("return ", "self.weights = " + WEIGHTS + "\n        return "), hint=ONLY_THE_BIAS)
ONLY_THE_WEIGHTS = """model.parameters() finds the weights alone. Each of the ten digits also needs
    a bias of its own, an nn.Parameter: a plain tensor would never be trained."""
mistake("Mnist_Logistic", "logistic_with_plain_bias",
    edit(BIAS, "torch.zeros(10, requires_grad=True)"), hint=ONLY_THE_WEIGHTS)
mistake("Mnist_Logistic", "logistic_without_bias", edit(MAKE_BIAS, ""), edit(" + self.bias", ""),
    hint=ONLY_THE_WEIGHTS)
mistake("Mnist_Logistic", "logistic_unscaled", edit(" / math.sqrt(784)", ""),
    hint="""The weights are far too large: with 784 inputs the scores get huge and the first loss is
    far above log(10). Divide what randn gives by the root of the number of inputs.""")
mistake("Mnist_Logistic", "logistic_scaled_the_wrong_way", edit("/ math.sqrt", "* math.sqrt"),
    hint="The weights are multiplied by the root of 784 where they should be divided by it.")
mistake("Mnist_Logistic", "logistic_with_log_softmax",
    edit(SCORES, "F.log_softmax(" + SCORES + ", dim=-1)"),
    hint="""forward gives log-probabilities. F.cross_entropy takes the logarithm of softmax by
    itself, so the model must hand it the raw scores.""")
mistake("Mnist_Logistic", "logistic_with_softmax",
    edit(SCORES, "torch.softmax(" + SCORES + ", dim=1)"),
    hint="""forward gives probabilities between 0 and 1. The loss applies softmax by itself: return
    the raw scores.""")
mistake("Mnist_Logistic", "logistic_with_sigmoid", edit(SCORES, "torch.sigmoid(" + SCORES + ")"),
    hint="""The scores are squeezed between 0 and 1 by a sigmoid. Logits are raw: any number, of
    either sign.""")
mistake("Mnist_Logistic", "logistic_bias_forgotten", edit(" + self.bias", ""),
    hint="There is a bias parameter, but forward never adds it: so it gets no gradient.")
mistake("Mnist_Logistic", "logistic_one_shared_bias", edit("zeros(10)", "zeros(1)"),
    hint="""One bias is shared by all ten digits: adding the same number to every score changes no
    prediction. Make one for each digit.""")
mistake("Mnist_Logistic", "logistic_on_nn_linear", edit(WEIGHTS, "nn.Linear(784, 10)"),
    edit(MAKE_BIAS, ""), edit(SCORES, "self.weights(xb)"),
    hint="""One of PyTorch's own layers does the work here. In this exercise the weights and bias
    are your own nn.Parameters; nn.Linear comes in exercise 05.""")
NO_GRAPH = """The answer has no graph that leads back to the parameters, so backward() can't bring
    them a gradient. Use the parameters themselves: no .data, detach() or no_grad()."""
mistake("Mnist_Logistic", "logistic_on_data",
    edit(SCORES, "xb @ self.weights.data + self.bias.data"),
    hint=NO_GRAPH)
mistake("Mnist_Logistic", "logistic_under_no_grad",
    edit("return ", "with torch.no_grad():\n            return "),
    hint=NO_GRAPH)
mistake("Mnist_Logistic", "logistic_frozen",
    edit("math.sqrt(784))", "math.sqrt(784), requires_grad=False)"),
    edit("zeros(10))", "zeros(10), requires_grad=False)"),
    hint="""The parameters are made with requires_grad=False, so they are frozen: they get no
    gradient.""")
mistake("Mnist_Logistic", "logistic_without_super", edit("super().__init__()", ""),
    hint="""super().__init__() is missing: nn.Module must be set up before it can take
    parameters.""")
mistake("Mnist_Logistic", "logistic_not_a_module", edit("(nn.Module)", ""),
    edit("super().__init__()", ""), edit("def forward", "def __call__"),
    hint="""The class doesn't inherit from nn.Module, so it has no parameters() and isn't a
    model.""")
mistake("Mnist_Logistic", "logistic_gives_the_digit",
    edit(SCORES, "(" + SCORES + ").argmax(dim=1)"),
    hint="""forward gives the predicted digit. Return the ten scores: argmax comes later, and has no
    gradient.""")
mistake("Mnist_Logistic", "logistic_on_shared_tensors",
    edit("(self)", "(self, weights=torch.randn(784, 10) / 28, bias=torch.zeros(10))"),
    edit(WEIGHTS, "nn.Parameter(weights)"), edit(BIAS, "nn.Parameter(bias)"),
    hint="""Every model is built on the same tensors: nn.Parameter wraps a tensor and doesn't copy
    it, so to train one model changes them all. Draw the numbers in __init__.""")
FLOAT32 = """forward turns its input into float32, so nothing works any more once the parameters are
    in float64: leave the dtype as it comes."""
mistake("Mnist_Logistic", "logistic_casts_to_float32", edit("xb @", "xb.float() @"), hint=FLOAT32)
mistake("Mnist_Logistic", "logistic_for_batches_of_64", edit("xb @", "xb.reshape(64, 784) @"),
    hint="""forward expects batches of exactly 64. The last batch of an epoch is shorter: take the
    number of rows as it comes.""")
mistake("Mnist_Logistic", "logistic_squeezed", edit(SCORES, "(" + SCORES + ").squeeze()"),
    hint="""squeeze() drops the batch dimension when there is only one digit. The result is (N, 10)
    for every N, also for 1.""")
mistake("Mnist_Logistic", "logistic_changes_its_input",
    edit("return ", "with torch.no_grad():\n            xb -= xb.mean()\n        return "),
    hint="forward changes xb in place, so the caller's own data changes with every call.")
mistake("Mnist_Logistic", "logistic_with_hidden_layer",
    edit(MAKE_BIAS, MAKE_BIAS + "\n        self.hidden = nn.Parameter(torch.randn(784, 32) / 28)"),
    edit("torch.randn(784, 10) / math.sqrt(784)", "torch.randn(32, 10) / math.sqrt(32)"),
    edit("xb @", "(xb @ self.hidden).relu() @"),
    hint="""There is a hidden layer. Logistic regression is one step: the pixels times one matrix of
    784 × 10, plus a bias.""")

# ----------------------------------------------------------------------------------- MyLinear

NOTHING_TO_TRAIN = """parameters() finds nothing to train. Weight and bias must be nn.Parameters
    that __init__ makes: plain tensors and buffers stay out, and what forward makes comes too late
    for an optimizer."""
mistake("MyLinear", "linear_of_plain_tensors",
    edit(WEIGHT, "torch.randn(in_features, out_features, requires_grad=True)"),
    edit("nn.Parameter(torch.zeros(out_features))",
        "torch.zeros(out_features, requires_grad=True)"),
    hint=NOTHING_TO_TRAIN)
mistake("MyLinear", "linear_parameters_made_in_forward",
    edit("self.weight = " + WEIGHT, "self.sizes = in_features, out_features"),
    edit(MAKE_LINEAR_BIAS, ""),
    edit("return ", """if not hasattr(self, "weight"):
            self.weight = nn.Parameter(torch.randn(self.sizes))
            self.bias = nn.Parameter(torch.zeros(self.sizes[1]))
        return """), hint=NOTHING_TO_TRAIN)
mistake("MyLinear", "linear_of_buffers",
    edit("self.weight = " + WEIGHT,
        'self.register_buffer("weight", torch.randn(in_features, out_features))'),
    edit(MAKE_LINEAR_BIAS, 'self.register_buffer("bias", torch.zeros(out_features))'),
    hint=NOTHING_TO_TRAIN)
NO_BIAS = """parameters() finds the weight alone. Unless bias=False, the bias is a parameter too: an
    nn.Parameter of out_features numbers, as a plain tensor (or True) would never be trained."""
mistake("MyLinear", "linear_with_plain_bias",
    edit("nn.Parameter(torch.zeros(out_features))",
        "torch.zeros(out_features, requires_grad=True)"),
    hint=NO_BIAS)
mistake("MyLinear", "linear_never_a_bias", edit(MAKE_LINEAR_BIAS, ""), edit(" + self.bias", ""),
    hint=NO_BIAS)
mistake("MyLinear", "linear_bias_the_wrong_way_round", edit("if bias", "if not bias"), hint=NO_BIAS)
mistake("MyLinear", "linear_bias_is_the_flag", edit(MAKE_LINEAR_BIAS, "self.bias = bias"),
    hint=NO_BIAS)
READY_MADE = """One of PyTorch's own layers does the work here, under your layer's name. Inherit
    from nn.Module, make the weight and the bias yourself, as nn.Parameters, and multiply in
    forward."""
mistake("MyLinear", "linear_around_nn_linear",
    edit(WEIGHT, "nn.Linear(in_features, out_features, bias)"), edit(MAKE_LINEAR_BIAS, ""),
    edit(OUTPUT, "self.weight(xb)"), hint=READY_MADE)
mistake("MyLinear", "linear_inherits_nn_linear", whole("""
    class MyLinear(nn.Linear):
        pass
    """), hint=READY_MADE)
mistake("MyLinear", "linear_by_nn_conv1d",
    edit(WEIGHT, "nn.Conv1d(in_features, out_features, 1, bias=bias)"), edit(MAKE_LINEAR_BIAS, ""),
    edit(OUTPUT, "self.weight(xb.unsqueeze(-1)).squeeze(-1)"), hint=READY_MADE)
mistake("MyLinear", "linear_bias_forgotten", edit(" + self.bias", ""),
    hint="There is a bias parameter, but forward never adds it: so it gets no gradient.")
mistake("MyLinear", "linear_bias_of_input_size",
    edit("zeros(out_features)", "zeros(in_features)"),
    edit(OUTPUT, "(xb + self.bias) @ self.weight"),
    hint="""The bias is as long as the input. It is added to the output, so it has out_features
    numbers.""")
mistake("MyLinear", "linear_one_shared_bias", edit("zeros(out_features)", "zeros(1)"),
    hint="One bias is shared by all outputs. Each output has one of its own: out_features numbers.")
mistake("MyLinear", "linear_sizes_exchanged",
    edit("randn(in_features, out_features)", "randn(out_features, in_features)"),
    edit("zeros(out_features)", "zeros(in_features)"),
    hint="in_features and out_features are exchanged: the layer takes in_features numbers a row.")
mistake("MyLinear", "linear_transpose_forgotten",
    edit("randn(in_features, out_features)", "randn(out_features, in_features)"),
    hint="""The weight has shape (out, in), as in nn.Linear, and forward multiplies without turning
    it: that needs its transpose.""")
mistake("MyLinear", "linear_for_digits_only",
    edit("randn(in_features, out_features)", "randn(784, 10)"),
    edit("zeros(out_features)", "zeros(10)"),
    hint="""The sizes are those of the digits whatever is asked for. Use in_features and
    out_features.""")
mistake("MyLinear", "linear_detached", edit("self.weight +", "self.weight.detach() +"),
    hint="forward detaches the weight from the graph, so backward() can't reach it.")
mistake("MyLinear", "linear_cuts_the_graph", edit("xb @", "xb.detach().clone() @"),
    hint="""forward cuts its input off from the graph (detach(), .data or a new tensor), so layers
    before this one would get no gradient.""")
mistake("MyLinear", "linear_with_relu", edit(OUTPUT, "torch.relu(" + OUTPUT + ")"),
    hint="""The result goes through a ReLU, which loses every negative number. A linear layer ends
    with the sum.""")
mistake("MyLinear", "linear_elementwise", edit("xb @", "xb *"),
    hint="""`*` multiplies number by number. Each output is a sum over all the inputs: that is a
    matrix product.""")
mistake("MyLinear", "linear_redrawn",
    edit("return ", "nn.init.normal_(self.weight)\n        return "),
    hint="""forward draws new weights at every call, so whatever was learned is lost. Make the
    parameters once, in __init__.""")
mistake("MyLinear", "linear_layers_share",
    edit("bias: bool = True)", "bias: bool = True, made={})"),
    edit("torch.randn(in_features, out_features)",
        "made.setdefault((in_features, out_features), torch.randn(in_features, out_features))"),
    edit(" / math.sqrt(in_features)", ""),
    hint="""Two layers of the same size share numbers, so to train one changes the other: do they
    sit in a default argument, or outside of __init__? Make new parameters for each layer.""")
mistake("MyLinear", "linear_casts_to_float32", edit("xb @", "xb.float() @"), hint=FLOAT32)
mistake("MyLinear", "linear_squeezed", edit(OUTPUT, "(" + OUTPUT + ").squeeze()"),
    hint="""squeeze() drops the dimensions of size 1. The result is (N, out_features), also where N
    or out_features is 1.""")
mistake("MyLinear", "linear_scales_in_forward",
    edit("self.weight +", "self.weight / math.sqrt(xb.shape[-1]) +"),
    hint="""forward divides by the root of in_features at every call. Scale the weight once, when it
    is made.""")
mistake("MyLinear", "linear_sums_the_batch", edit(OUTPUT, "(" + OUTPUT + ").sum(0)"),
    hint="""forward sums over the batch as well, and gives a single row for all of them. Each row of
    the input has a row of its own in the output.""")
mistake("MyLinear", "linear_without_super", edit("super().__init__()", ""),
    hint="super().__init__() is missing: nn.Module must be set up first.")
