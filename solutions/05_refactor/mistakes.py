"""Known wrong answers for refactor.py, each with the hint that it earns."""
# ruff: noqa: F821 - what another target's name stands for is the reference's

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn, optim

from grader.assignment.mistakes import mistake

SHARED_LAYER = nn.Linear(784, 10)
SHARED_MODEL = nn.Linear(784, 10)


# --------------------------------------------------------------------------------- Mnist_Logistic


@mistake(
    "Mnist_Logistic",
    hint="The weights and bias are parameters of your own, as in exercise 03. Here "
    "nn.Linear takes their place.",
)
class logistic_by_hand(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


@mistake(
    "Mnist_Logistic",
    hint="The parameters have nn.Linear's own shapes, but no nn.Linear makes them. Let "
    "it do the work.",
)
class logistic_by_hand_as_nn_linear_keeps_it(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 784) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return F.linear(xb, self.weight, self.bias)


@mistake(
    "Mnist_Logistic",
    hint="forward gives log-probabilities. F.cross_entropy takes the logarithm of "
    "softmax by itself: return what the layer gives.",
)
class logistic_with_log_softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return F.log_softmax(self.lin(xb), dim=1)


@mistake(
    "Mnist_Logistic",
    hint="forward gives probabilities between 0 and 1. The loss applies softmax by "
    "itself: return what the layer gives.",
)
class logistic_with_softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(784, 10), nn.Softmax(dim=1))

    def forward(self, xb):
        return self.net(xb)


@mistake(
    "Mnist_Logistic",
    hint="A ReLU after the layer turns every negative score into 0. Return what the layer gives.",
)
class logistic_with_relu(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return torch.relu(self.lin(xb))


@mistake(
    "Mnist_Logistic",
    hint="The layer has no bias. nn.Linear makes one by itself unless it is told not to.",
)
class logistic_without_bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10, bias=False)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="nn.Linear takes the number of inputs first and the number of outputs second: "
    "784 pixels go in.",
)
class logistic_sizes_exchanged(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(10, 784)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="The layer has a single output. There are ten digits, and each needs a score.",
)
class logistic_one_output(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 1)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="There is a hidden layer. Logistic regression is one linear layer and nothing else.",
)
class logistic_with_hidden_layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 32)
        self.lin = nn.Linear(32, 10)

    def forward(self, xb):
        return self.lin(torch.relu(self.hidden(xb)))


@mistake(
    "Mnist_Logistic",
    hint="forward makes a new layer at each call, so the model forgets what it learned. "
    "Make the layer once, in __init__.",
)
class logistic_layer_made_in_forward(nn.Module):
    def __init__(self):
        super().__init__()
        self.sizes = 784, 10

    def forward(self, xb):
        self.lin = nn.Linear(*self.sizes)
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="The layer sits in a Python list, and nn.Module doesn't look into lists: so the"
    " model has no parameters.",
)
class logistic_layer_in_a_list(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(784, 10)]

    def forward(self, xb):
        return self.layers[0](xb)


@mistake(
    "Mnist_Logistic",
    hint="The layer's parameters are frozen (requires_grad is False): they get no gradient.",
)
class logistic_layer_frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10).requires_grad_(False)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="Every model is built on the same layer, made once for the whole file: to train"
    " one model trains them all.",
)
class logistic_layer_shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = SHARED_LAYER

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="forward runs under no_grad, so its result has no graph and nothing can be trained.",
)
class logistic_under_no_grad(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        with torch.no_grad():
            return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="forward detaches its result: the graph ends there, and no gradient reaches the layer.",
)
class logistic_detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb).detach()


@mistake(
    "Mnist_Logistic",
    hint="forward gives the predicted digit. Return the ten scores: argmax comes later, "
    "and has no gradient.",
)
class logistic_gives_the_digit(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb).argmax(dim=1)


@mistake("Mnist_Logistic", hint="forward computes the scores, but doesn't return them.")
class logistic_returns_nothing(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="super().__init__() is missing: nn.Module must be set up before it can take a layer.",
)
class logistic_without_super(nn.Module):
    def __init__(self):
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="The weights are drawn anew from randn, unscaled: the first loss is far above "
    "log(10). nn.Linear's own are fine.",
)
class logistic_redrawn_too_large(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)
        nn.init.normal_(self.lin.weight)

    def forward(self, xb):
        return self.lin(xb)


@mistake(
    "Mnist_Logistic",
    hint="forward turns its input into float32, so a model in float64 no longer works: "
    "leave the dtype as it comes.",
)
class logistic_casts_to_float32(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb.float())


@mistake(
    "Mnist_Logistic",
    hint="squeeze() drops the batch dimension when there is only one digit. The result "
    "is (N, 10) for every N, also for 1.",
)
class logistic_squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb).squeeze()


@mistake(
    "Mnist_Logistic",
    hint="forward changes xb in place, so the caller's own data changes with every call.",
)
class logistic_changes_its_input(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        with torch.no_grad():
            xb -= xb.mean()
        return self.lin(xb)


# -------------------------------------------------------------------------------------- get_model


@mistake(
    "get_model",
    hint="The optimizer has a learning rate of 0.5 whatever `lr` says: pass it on.",
)
def lr_not_passed_on(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=0.5)


@mistake(
    "get_model",
    hint="The optimizer gets no lr, so it uses one of its own. Pass yours on.",
)
def lr_left_out(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters())


@mistake(
    "get_model",
    hint="Without being told, the learning rate is 0.1. The exercise asks for 0.5.",
)
def another_default(lr=0.1):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The optimizer comes first and the model second. It is the other way round.",
)
def optimizer_first(lr=0.5):
    model = Mnist_Logistic()
    return optim.SGD(model.parameters(), lr=lr), model


@mistake(
    "get_model",
    hint="Only the model is returned: the loop needs the optimizer as well.",
)
def model_alone(lr=0.5):
    model = Mnist_Logistic()
    optim.SGD(model.parameters(), lr=lr)
    return model


@mistake(
    "get_model",
    hint="A dictionary is returned, and `model, opt = get_model()` would give its keys. "
    "Return a pair.",
)
def returns_a_dict(lr=0.5):
    model = Mnist_Logistic()
    return {"model": model, "opt": optim.SGD(model.parameters(), lr=lr)}


@mistake("get_model", hint="The model and the optimizer are made, but not returned.")
def returns_nothing(lr=0.5):
    model = Mnist_Logistic()
    optim.SGD(model.parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The optimizer is given the parameters of a second, new model, so its steps "
    "never reach the one that is returned.",
)
def optimizer_of_another_model(lr=0.5):
    return Mnist_Logistic(), optim.SGD(Mnist_Logistic().parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The optimizer holds copies of the parameters, so its steps never reach the model itself.",
)
def optimizer_of_a_copy(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(
        [p.detach().clone().requires_grad_() for p in model.parameters()], lr=lr
    )


@mistake(
    "get_model",
    hint="Only the weights are given to the optimizer: the bias would never move. Pass "
    "all of model.parameters().",
)
def weights_only(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD([next(model.parameters())], lr=lr)


@mistake(
    "get_model",
    hint="Only the last parameter is given to the optimizer: the weights would never "
    "move. Pass all of model.parameters().",
)
def bias_only(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(list(model.parameters())[-1:], lr=lr)


@mistake(
    "get_model",
    hint="The optimizer is Adam, whose steps aren't lr times the gradient. The exercise "
    "asks for optim.SGD.",
)
def adam(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.Adam(model.parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The optimizer has momentum: each step repeats a part of those before. Plain "
    "SGD has the learning rate and nothing else.",
)
def with_momentum(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr, momentum=0.9)


@mistake(
    "get_model",
    hint="The optimizer has weight decay, which pulls the parameters towards zero at "
    "each step. Plain SGD has the learning rate and nothing else.",
)
def with_weight_decay(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr, weight_decay=1e-4)


@mistake("get_model", hint="The optimizer maximizes: it climbs, and the loss grows.")
def maximizes(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr, maximize=True)


@mistake(
    "get_model",
    hint="`Mnist_Logistic` without parentheses is the class. Call it to make a model.",
)
def class_not_model(lr=0.5):
    model = Mnist_Logistic
    return model, optim.SGD(model().parameters(), lr=lr)


@mistake(
    "get_model",
    hint="`optim.SGD` itself is returned. It must be made: with the parameters and the "
    "learning rate.",
)
def optimizer_not_made(lr=0.5):
    return Mnist_Logistic(), optim.SGD


@mistake(
    "get_model",
    hint="Every call returns the same model, made once for the whole file. A new call "
    "should start anew.",
)
def one_model_for_all(lr=0.5):
    return SHARED_MODEL, optim.SGD(SHARED_MODEL.parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The model's parameters are frozen (requires_grad is False): backward() gives "
    "them no gradient.",
)
def frozen(lr=0.5):
    model = Mnist_Logistic().requires_grad_(False)
    return model, optim.SGD(model.parameters(), lr=lr)


@mistake(
    "get_model",
    hint="The learning rate is divided by the batch size. The loss is a mean already: "
    "pass lr on as it is.",
)
def rate_shared_out(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr / 64)


# -------------------------------------------------------------------------------------------- fit


@mistake(
    "fit",
    hint="Gradients are never cleared: backward() adds to what is there, so each step "
    "uses the sum of all gradients so far.",
)
def never_zeroed(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Gradients are cleared once an epoch. backward() adds to them at every batch, "
    "so they must be cleared at every batch.",
)
def zeroed_once_an_epoch(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        opt.zero_grad()
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="zero_grad() stands between backward() and step(), so there is no gradient left"
    " to follow.",
)
def zeroed_before_the_step(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.zero_grad()
            opt.step()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="step() comes before backward(), and zero_grad() after it: the step never sees "
    "a gradient.",
)
def stepped_before_backward(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            opt.step()
            loss.backward()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="The gradients are computed, but opt.step() is never called.")
def never_stepped(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="backward() is never called, so the optimizer has no gradients to follow.",
)
def no_backward(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake("fit", hint="opt.step() is called twice for each batch.")
def stepped_twice(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="step() stands outside the loop over the batches, so the gradients of a whole "
    "epoch add up for a single step.",
)
def stepped_once_an_epoch(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            losses.append(loss.item())
        opt.step()
        opt.zero_grad()
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The parameters are updated by hand, with the learning rate alone. opt.step() "
    "knows the rest: momentum, decay, or whatever its method is.",
)
def updates_by_hand(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= opt.param_groups[0]["lr"] * p.grad
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="A new SGD is made inside fit, and the optimizer that was passed in is never used.",
)
def makes_its_own_optimizer(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    opt = optim.SGD(model.parameters(), lr=0.5)
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
    hint="The optimizer is made anew in each epoch, so what it remembers (momentum, "
    "Adam's averages) is lost.",
)
def new_optimizer_each_epoch(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        opt = type(opt)(model.parameters(), lr=opt.param_groups[0]["lr"])
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
    hint="`len(x_train) // bs` counts only whole batches: the last, short one is never used.",
)
def last_batch_dropped(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train) // bs * bs, bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / max(len(losses), 1))
    return history


@mistake(
    "fit",
    hint="`len(x_train) // bs + 1` is one batch too many where bs divides the number of "
    "samples: the mean over an empty batch is NaN.",
)
def empty_batch_at_the_end(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for k in range(len(x_train) // bs + 1):
            i = k * bs
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
    hint="The slice doesn't depend on the loop: every step trains on the first batch.",
)
def first_batch_only(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[:bs], y_train[:bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The inputs move on from batch to batch and the targets don't: the images get "
    "the labels of others.",
)
def targets_not_in_step(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb = x_train[i : i + bs]
            yb = y_train[: len(xb)]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each epoch makes one step on all of the data. Split it into batches of bs.",
)
def whole_set_at_once(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        loss = loss_func(model(x_train), y_train)
        loss.backward()
        opt.step()
        opt.zero_grad()
        history.append(loss.item())
    return history


@mistake(
    "fit",
    hint="The batches are drawn in random order. In fit they are taken in order; "
    "train_random is the one that draws.",
)
def shuffled(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        order = torch.randperm(len(x_train))
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[order[i : i + bs]], y_train[order[i : i + bs]]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The losses are rounded. Return them as they are, and round when you print them.",
)
def rounds_the_losses(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for start in range(0, len(x_train), bs):
            xb, yb = x_train[start : start + bs], y_train[start : start + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(round(sum(losses) / len(losses), 2))
    return history


@mistake(
    "fit",
    hint="loss_func gets the targets first and the predictions second. Squared errors don't mind, "
    "but others do: the predictions come first.",
)
def targets_first(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for start in range(0, len(x_train), bs):
            xb, yb = x_train[start : start + bs], y_train[start : start + bs]
            loss = loss_func(yb, model(xb))
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="The losses are measured on all of the data when the epoch is over. Take the mean of the "
    "losses that the batches had on the way.",
)
def measured_after_the_epoch(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        for start in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[start : start + bs]), y_train[start : start + bs])
            loss.backward()
            opt.step()
            opt.zero_grad()
        with torch.no_grad():
            history.append(loss_func(model(x_train), y_train).item())
    return history


@mistake(
    "fit",
    hint="chunk(bs) makes bs batches. Batches of bs samples each are asked for: that is split.",
)
def chunks_for_batches(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for xb, yb in zip(x_train.chunk(bs), y_train.chunk(bs)):
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Each loss is measured again after its step. Return what the batch had before it: that "
    "loss is there already.",
)
def measured_after_each_step(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            with torch.no_grad():
                losses.append(loss_func(model(xb), yb).item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="Every batch counts as bs samples, the short one at the end too: then the mean over the "
    "samples is wrong. Weigh each loss by the samples that the batch really has.",
)
def short_batch_counted_full(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        total = 0.0
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            total += bs * loss.item()
        history.append(total / len(x_train))
    return history


@mistake(
    "fit",
    hint="The range ends one sample early: where a single sample is left for the last batch, it is "
    "never used.",
)
def one_left_over_is_lost(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train) - 1, bs):
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
    hint="In the end the model goes back to the epoch with the lowest loss. Take every step, and "
    "leave the model where that leads.",
)
def goes_back_to_the_best(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history, best = [], copy.deepcopy(model.state_dict())
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
        if history[-1] == min(history):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return history


@mistake("fit", hint="The batch size is 64 whatever `bs` says.")
def batch_size_ignored(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    bs = 64
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
    hint="There is one pass through the data whatever `epochs` says: the outer loop is missing.",
)
def epochs_ignored(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    losses = []
    for i in range(0, len(x_train), bs):
        xb, yb = x_train[i : i + bs], y_train[i : i + bs]
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
    return [sum(losses) / len(losses)]


@mistake(
    "fit",
    hint="`return` stands inside the loop over the epochs and ends it after the first one.",
)
def returns_in_the_loop(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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


@mistake("fit", hint="The loss is F.cross_entropy whatever `loss_func` was given.")
def always_cross_entropy(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="A copy of the model goes forward and backward, but the optimizer holds the "
    "parameters of the original, which gets no gradient.",
)
def trains_a_copy(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    model = copy.deepcopy(model)
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
    hint="The model is put into eval mode before it is trained: layers such as BatchNorm"
    " and Dropout then don't do their work.",
)
def in_eval_mode(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    model.eval()
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


@mistake("fit", hint="The data is normalised in place: the caller's own tensors change.")
def normalises_the_data(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    x_train -= x_train.mean()
    x_train /= x_train.std()
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
    hint="Each batch is turned into float32, so a model in float64 can't be trained: "
    "leave the dtype as it comes.",
)
def casts_to_float32(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb.float()), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="fit trains the model, but returns None: it should return the mean loss of each epoch.",
)
def fit_returns_nothing(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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


@mistake(
    "fit",
    hint="The losses are tensors that still hold their graphs, and with them a lot of "
    "memory. `.item()` makes a Python float of each.",
)
def returns_tensors(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss)
        history.append(sum(losses) / len(losses))
    return history


@mistake(
    "fit",
    hint="There is a loss for every batch in the list. It should hold one number for "
    "each epoch: their mean.",
)
def returns_every_batch(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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
        history += losses
    return history


@mistake(
    "fit",
    hint="Only the last epoch's loss is returned. Keep one for each epoch, in a list.",
)
def returns_the_last_loss(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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
    return history[-1]


@mistake(
    "fit",
    hint="Each number is the loss of the epoch's last batch, not the mean over its batches.",
)
def last_batch_for_the_mean(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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
        history.append(losses[-1])
    return history


@mistake(
    "fit",
    hint="Each number is the sum of the epoch's losses: divide it by how many there are.",
)
def sum_for_the_mean(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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
        history.append(sum(losses))
    return history


@mistake(
    "fit",
    hint="The sum of the batches' losses is divided by the number of samples. Each loss "
    "is a mean already: divide by the number of batches, or weigh each loss by its "
    "batch's size.",
)
def sum_divided_by_samples(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
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
        history.append(sum(losses) / len(x_train))
    return history


@mistake(
    "fit",
    hint="The list of losses is made once and never emptied, so each epoch's mean counts"
    " all epochs so far.",
)
def losses_run_on(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    losses = []
    for _ in range(epochs):
        for i in range(0, len(x_train), bs):
            xb, yb = x_train[i : i + bs], y_train[i : i + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


# ----------------------------------------------------------------------------------- train_random


@mistake(
    "train_random",
    hint="Gradients are never cleared: backward() adds to what is there, so each step "
    "uses the sum of all gradients so far.",
)
def random_never_zeroed(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()


@mistake(
    "train_random",
    hint="zero_grad() stands between backward() and step(), so there is no gradient left"
    " to follow.",
)
def random_zeroed_before_the_step(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.zero_grad()
        opt.step()


@mistake("train_random", hint="The gradients are computed, but opt.step() is never called.")
def random_never_stepped(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.zero_grad()


@mistake("train_random", hint="range(1, steps) makes one step too few.")
def random_one_step_short(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(1, steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="`steps` whole passes through the data are made. A step is one batch and one update.",
)
def steps_taken_for_epochs(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        order = torch.randperm(len(x))
        for drawn in order.split(batch_size):
            loss = loss_func(model(x[drawn]), y[drawn])
            loss.backward()
            opt.step()
            opt.zero_grad()


@mistake(
    "train_random",
    hint="There is one pass through the data, of as many batches as it has, whatever `steps` says.",
)
def one_pass_only(model, opt, loss_func, x, y, steps, batch_size):
    for drawn in torch.randperm(len(x)).split(batch_size):
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The batch is drawn before the loop, so every step trains on the same samples. "
    "Draw a new one at each step.",
)
def drawn_once(model, opt, loss_func, x, y, steps, batch_size):
    drawn = torch.randint(len(x), (batch_size,))
    for _ in range(steps):
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The seed is set inside the loop, so the same batch comes up at every step.",
)
def seeded_at_each_step(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        torch.manual_seed(0)
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The batches are walked through from the start. Here they are drawn at random.",
)
def in_order(model, opt, loss_func, x, y, steps, batch_size):
    for step in range(steps):
        start = step * batch_size % len(x)
        xb, yb = x[start : start + batch_size], y[start : start + batch_size]
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="Every step trains on the first batch_size samples. Draw the samples at random.",
)
def first_batch_always(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        loss = loss_func(model(x[:batch_size]), y[:batch_size])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The indices are drawn below batch_size, so only the first few samples are ever"
    " used. Draw them below len(x).",
)
def drawn_from_the_first_few(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(batch_size, (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="torch.randint leaves its upper end out already: with len(x) - 1 the last "
    "sample is never drawn.",
)
def last_sample_never_drawn(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x) - 1, (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The inputs and the targets are drawn separately, so the images get the labels "
    "of others. Draw the indices once and use them for both.",
)
def drawn_apart(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        xb = x[torch.randint(len(x), (batch_size,))]
        yb = y[torch.randint(len(y), (batch_size,))]
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="Each step uses a single sample. A batch has batch_size of them.",
)
def one_sample_a_step(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (1,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake("train_random", hint="Each batch has 64 samples whatever `batch_size` says.")
def batch_size_always_64(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (64,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake("train_random", hint="Each step uses all of the data: no batch is drawn.")
def whole_set_each_step(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        loss = loss_func(model(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The parameters are updated by hand, with the learning rate alone. opt.step() "
    "knows the rest: momentum, Adam's averages, or whatever its method is.",
)
def random_by_hand(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= opt.param_groups[0]["lr"] * p.grad
        opt.zero_grad()


@mistake(
    "train_random",
    hint="An optimizer is made inside the function, and the one that was passed in is never used.",
)
def random_makes_its_own_optimizer(model, opt, loss_func, x, y, steps, batch_size):
    opt = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake("train_random", hint="The loss is F.cross_entropy whatever `loss_func` was given.")
def random_always_cross_entropy(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = F.cross_entropy(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="Each batch is turned into float32, so a model in float64 can't be trained: "
    "leave the dtype as it comes.",
)
def random_casts_to_float32(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn].float()), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The data itself is shuffled, in place: the caller's own tensors change. Draw "
    "indices and leave the data where it is.",
)
def shuffles_the_data_itself(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        order = torch.randperm(len(x))
        x.copy_(x[order])
        y.copy_(y[order])
        loss = loss_func(model(x[:batch_size]), y[:batch_size])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="A copy of the model goes forward and backward, but the optimizer holds the "
    "parameters of the original, which gets no gradient.",
)
def trains_a_random_copy(model, opt, loss_func, x, y, steps, batch_size):
    model = copy.deepcopy(model)
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="One sample is drawn and repeated. Draw each of the batch_size samples by itself.",
)
def one_sample_repeated(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (1,)).repeat(batch_size)
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="The optimizer is made anew at each step, so what it remembers (momentum, Adam's "
    "averages) is lost.",
)
def new_optimizer_each_step(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        opt = type(opt)(model.parameters(), lr=opt.param_groups[0]["lr"])
        drawn = torch.randint(len(x), (batch_size,))
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()


@mistake(
    "train_random",
    hint="There is a step after each sample of the batch. A batch is one loss and one step.",
)
def step_for_each_sample(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        for drawn in torch.randint(len(x), (batch_size, 1)):
            loss = loss_func(model(x[drawn]), y[drawn])
            loss.backward()
            opt.step()
            opt.zero_grad()
