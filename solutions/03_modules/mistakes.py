"""Known wrong answers for modules.py, each with the hint that it earns."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.mistakes import mistake

WEIGHTS = torch.randn(784, 10) / math.sqrt(784)
BIAS = torch.zeros(10)


# ----------------------------------------------------------------------------- Mnist_Logistic


@mistake(
    "Mnist_Logistic",
    hint="The weights and bias are plain tensors: model.parameters() finds only what is an "
    "nn.Parameter, so an optimizer would get nothing to train.",
)
class logistic_of_plain_tensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = (torch.randn(784, 10) / math.sqrt(784)).requires_grad_()
        self.bias = torch.zeros(10, requires_grad=True)

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The division comes after nn.Parameter, and its result is a plain tensor again: so the "
    "weights aren't a parameter. Scale the numbers first, then wrap them.",
)
class logistic_scaled_after_wrapping(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10)) / math.sqrt(784)
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The weights are a parameter and the bias isn't: a plain tensor stays out of "
    "model.parameters(), so the bias would never be trained.",
)
class logistic_with_plain_bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = torch.zeros(10, requires_grad=True)

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The weights come straight from randn: with 784 inputs the scores get huge and the first "
    "loss is far above log(10). Divide the weights by the root of the number of inputs.",
)
class logistic_unscaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The weights are multiplied by the root of 784 where they should be divided by it.",
)
class logistic_scaled_the_wrong_way(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) * math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="forward gives log-probabilities. F.cross_entropy takes the logarithm of softmax by "
    "itself, so the model must hand it the raw scores.",
)
class logistic_with_log_softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return F.log_softmax(xb @ self.weights + self.bias, dim=-1)


@mistake(
    "Mnist_Logistic",
    hint="forward gives probabilities between 0 and 1. The loss applies softmax by itself: return "
    "the raw scores.",
)
class logistic_with_softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return torch.softmax(xb @ self.weights + self.bias, dim=1)


@mistake(
    "Mnist_Logistic",
    hint="The scores are squeezed between 0 and 1 by a sigmoid. Logits are raw: any number, of "
    "either sign.",
)
class logistic_with_sigmoid(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return torch.sigmoid(xb @ self.weights + self.bias)


@mistake(
    "Mnist_Logistic",
    hint="There is a bias parameter, but forward never adds it: so it gets no gradient.",
)
class logistic_bias_forgotten(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights


@mistake(
    "Mnist_Logistic",
    hint="The model has weights alone. Each of the ten digits also needs a bias of its own.",
)
class logistic_without_bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))

    def forward(self, xb):
        return xb @ self.weights


@mistake(
    "Mnist_Logistic",
    hint="One bias is shared by all ten digits: adding the same number to every score changes no "
    "prediction. Make one for each digit.",
)
class logistic_one_shared_bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="nn.Linear does the work here. In this exercise the weights and bias are your own "
    "nn.Parameters; nn.Linear comes in exercise 05.",
)
class logistic_on_nn_linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="forward uses the parameters' .data, which autograd doesn't follow: backward() can't "
    "bring them a gradient. Use the parameters themselves.",
)
class logistic_on_data(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights.data + self.bias.data


@mistake(
    "Mnist_Logistic",
    hint="forward runs under no_grad, so its result has no graph and nothing can be trained.",
)
class logistic_under_no_grad(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        with torch.no_grad():
            return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The parameters sit in a Python list, and nn.Module doesn't look into lists. Make each an "
    "attribute of its own.",
)
class logistic_parameters_in_a_list(nn.Module):
    def __init__(self):
        super().__init__()
        weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.params = [weights, nn.Parameter(torch.zeros(10))]

    def forward(self, xb):
        weights, bias = self.params
        return xb @ weights + bias


@mistake(
    "Mnist_Logistic",
    hint="The parameters are made with requires_grad=False, so they are frozen: they get no "
    "gradient.",
)
class logistic_frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(10), requires_grad=False)

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="forward draws new weights at every call, so the model forgets whatever it learned. Make "
    "the parameters once, in __init__.",
)
class logistic_drawn_in_forward(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="super().__init__() is missing: nn.Module must be set up before it can take parameters.",
)
class logistic_without_super(nn.Module):
    def __init__(self):
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The class doesn't inherit from nn.Module, so it has no parameters() and isn't a model.",
)
class logistic_not_a_module:
    def __init__(self):
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def __call__(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="forward gives the predicted digit. Return the ten scores: argmax comes later, and has no "
    "gradient.",
)
class logistic_gives_the_digit(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return (xb @ self.weights + self.bias).argmax(dim=1)


@mistake(
    "Mnist_Logistic",
    hint="Every model is built on the same two global tensors: nn.Parameter wraps a tensor and "
    "doesn't copy it, so to train one model changes them all. Draw the numbers in __init__.",
)
class logistic_on_global_tensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(WEIGHTS)
        self.bias = nn.Parameter(BIAS)

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="forward turns its input into float32, so a model in float64 no longer works: leave the "
    "dtype as it comes.",
)
class logistic_casts_to_float32(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb.float() @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="forward expects batches of exactly 64. The last batch of an epoch is shorter: take "
    "the number of rows as it comes.",
)
class logistic_for_batches_of_64(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb.reshape(64, 784) @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="squeeze() drops the batch dimension when there is only one digit. The result is (N, 10) "
    "for every N, also for 1.",
)
class logistic_squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return (xb @ self.weights + self.bias).squeeze()


@mistake(
    "Mnist_Logistic",
    hint="forward changes xb in place, so the caller's own data changes with every call.",
)
class logistic_changes_its_input(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        with torch.no_grad():
            xb -= xb.mean()
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="There is a hidden layer. Logistic regression is one step: the pixels times one matrix of "
    "784 × 10, plus a bias.",
)
class logistic_with_hidden_layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights1 = nn.Parameter(torch.randn(784, 32) / math.sqrt(784))
        self.bias1 = nn.Parameter(torch.zeros(32))
        self.weights2 = nn.Parameter(torch.randn(32, 10) / math.sqrt(32))
        self.bias2 = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return (xb @ self.weights1 + self.bias1).relu() @ self.weights2 + self.bias2


# ----------------------------------------------------------------------------------- MyLinear


@mistake(
    "MyLinear",
    hint="The weight and bias are plain tensors: parameters() finds only what is an nn.Parameter, "
    "so an optimizer would get nothing to train.",
)
class linear_of_plain_tensors(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = torch.randn(in_features, out_features, requires_grad=True)
        self.bias = torch.zeros(out_features, requires_grad=True) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="The weight is a parameter and the bias isn't: a plain tensor stays out of parameters(), "
    "so the bias would never be trained.",
)
class linear_with_plain_bias(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = torch.zeros(out_features, requires_grad=True) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="nn.Linear does the work here. Make the weight and the bias yourself, as nn.Parameters, "
    "and multiply in forward.",
)
class linear_around_nn_linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.layer = nn.Linear(in_features, out_features, bias=bias)

    def forward(self, xb):
        return self.layer(xb)


@mistake(
    "MyLinear",
    hint="A class that inherits from nn.Linear is nn.Linear under another name. Inherit from "
    "nn.Module and write the layer yourself.",
)
class linear_inherits_nn_linear(nn.Linear):
    pass


@mistake(
    "MyLinear",
    hint="There is a bias parameter, but forward never adds it: so it gets no gradient.",
)
class linear_bias_forgotten(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        if bias:
            self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, xb):
        return xb @ self.weight


@mistake(
    "MyLinear",
    hint="The layer never has a bias, whatever `bias` says. It is there unless bias=False.",
)
class linear_never_a_bias(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))

    def forward(self, xb):
        return xb @ self.weight


@mistake(
    "MyLinear",
    hint="The bias is there when bias=False and missing when bias=True: the test is the wrong way "
    "round.",
)
class linear_bias_the_wrong_way_round(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = None if bias else nn.Parameter(torch.zeros(out_features))

    def forward(self, xb):
        out = xb @ self.weight
        return out if self.bias is None else out + self.bias


@mistake(
    "MyLinear",
    hint="`self.bias = bias` keeps the True that was passed in, and True counts as 1 in a sum. "
    "Make a parameter of out_features numbers where `bias` is True.",
)
class linear_bias_is_the_flag(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = bias

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="The bias is as long as the input. It is added to the output, so it has out_features "
    "numbers.",
)
class linear_bias_of_input_size(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(in_features)) if bias else 0

    def forward(self, xb):
        return (xb + self.bias) @ self.weight


@mistake(
    "MyLinear",
    hint="One bias is shared by all outputs. Each output has one of its own: out_features numbers.",
)
class linear_one_shared_bias(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(1)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="in_features and out_features are exchanged: the layer takes in_features numbers a row.",
)
class linear_sizes_exchanged(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(in_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="The weight has shape (out, in), as in nn.Linear, and forward multiplies without turning "
    "it: that needs its transpose.",
)
class linear_transpose_forgotten(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="The sizes are those of the digits whatever is asked for. Use in_features and "
    "out_features.",
)
class linear_for_digits_only(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="forward detaches the weight from the graph, so backward() can't reach it.",
)
class linear_detached(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight.detach() + self.bias


@mistake(
    "MyLinear",
    hint="forward wraps its input in a new tensor, which cuts the graph: layers before this one "
    "would get no gradient.",
)
class linear_cuts_the_graph(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb.detach().clone() @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="The result goes through a ReLU, which loses every negative number. A linear layer ends "
    "with the sum.",
)
class linear_with_relu(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return torch.relu(xb @ self.weight + self.bias)


@mistake(
    "MyLinear",
    hint="The parameters are made at the first forward. An optimizer that is built before that "
    "finds none: make them in __init__.",
)
class linear_parameters_made_in_forward(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.sizes = in_features, out_features

    def forward(self, xb):
        if not hasattr(self, "weight"):
            self.weight = nn.Parameter(torch.randn(self.sizes))
            self.bias = nn.Parameter(torch.zeros(self.sizes[1]))
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="Weight and bias are buffers: they are saved with the model, but not trained. What is to "
    "be trained is an nn.Parameter.",
)
class linear_of_buffers(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.register_buffer("weight", torch.randn(in_features, out_features))
        self.register_buffer("bias", torch.zeros(out_features))

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="`*` multiplies number by number. Each output is a sum over all the inputs: that is a "
    "matrix product.",
)
class linear_elementwise(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb * self.weight + self.bias


@mistake(
    "MyLinear",
    hint="forward draws new weights at every call, so whatever was learned is lost. Make the "
    "parameters once, in __init__.",
)
class linear_redrawn(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        nn.init.normal_(self.weight)
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="`made={}` is one dictionary for all layers of the class, so two layers of the same size "
    "share their weight. Make a new parameter for each layer.",
)
class linear_layers_share(nn.Module):
    def __init__(self, in_features, out_features, bias=True, made={}):
        super().__init__()
        size = in_features, out_features
        self.weight = nn.Parameter(made.setdefault(size, torch.randn(size)))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="forward turns its input into float32, so a layer in float64 no longer works: leave the "
    "dtype as it comes.",
)
class linear_casts_to_float32(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb.float() @ self.weight + self.bias


@mistake(
    "MyLinear",
    hint="squeeze() drops the dimensions of size 1. The result is (N, out_features), also where "
    "N or out_features is 1.",
)
class linear_squeezed(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return (xb @ self.weight + self.bias).squeeze()


@mistake(
    "MyLinear",
    hint="forward divides by the root of in_features at every call. Scale the weight once, when it "
    "is made.",
)
class linear_scales_in_forward(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight / math.sqrt(xb.shape[-1]) + self.bias


@mistake(
    "MyLinear",
    hint="forward sums over the batch as well, and gives a single row for all of them. Each row of "
    "the input has a row of its own in the output.",
)
class linear_sums_the_batch(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return (xb @ self.weight + self.bias).sum(0)


@mistake("MyLinear", hint="super().__init__() is missing: nn.Module must be set up first.")
class linear_without_super(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb):
        return xb @ self.weight + self.bias
