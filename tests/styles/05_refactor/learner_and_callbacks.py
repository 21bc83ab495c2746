"""A learner with a recorder; a weighted sampler; an optimizer by functools.partial."""

import statistics
from functools import partial

import torch
from torch import nn, optim
from torch.utils.data import BatchSampler, WeightedRandomSampler


class Base(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.build(*args, **kwargs)

    def forward(self, *inputs):
        (x,) = inputs
        return self.layer(x)


class Mnist_Logistic(Base):
    def build(self, n_in=784, n_out=10):
        self.layer = nn.Linear(n_in, n_out, dtype=torch.float32)
        nn.init.kaiming_uniform_(self.layer.weight, nonlinearity="linear")


plain_sgd = partial(optim.SGD, momentum=0.0, weight_decay=0.0)


def get_model(lr=0.5, make=plain_sgd):
    model = Mnist_Logistic().to("cpu").train()
    opt = make(model.parameters(), lr=lr)
    opt.zero_grad()
    return model, opt


class Recorder:
    def __init__(self):
        self.rows = []

    def after_batch(self, loss, n):
        self.rows.append((loss.detach().clone(), n))

    def mean(self):
        return statistics.fmean(float(loss) for loss, _ in self.rows)


class Learner:
    def __init__(self, model, opt, loss_func):
        self.model, self.opt, self.loss_func = model, opt, loss_func

    def one_batch(self, xb, yb):
        loss = self.loss_func(self.model(xb), yb)
        loss.backward(retain_graph=True)
        self.opt.step()
        self.opt.zero_grad(set_to_none=False)
        return loss

    def epoch(self, batches):
        recorder = Recorder()
        for xb, yb in batches:
            recorder.after_batch(self.one_batch(xb, yb), len(xb))
        return recorder.mean()


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    learner = Learner(model, opt, loss_func)
    batches = list(zip(*(t.split(bs) for t in (x_train, y_train)), strict=True))
    return [learner.epoch(batches) for _ in range(epochs)]


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    learner = Learner(model, opt, loss_func)
    sampler = WeightedRandomSampler(torch.ones(len(x)), steps * batch_size, replacement=True)
    for drawn in BatchSampler(sampler, batch_size, drop_last=True):
        learner.one_batch(x[drawn], y[drawn])
