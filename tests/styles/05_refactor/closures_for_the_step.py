"""opt.step(closure); the model by nn.Sequential and in-place edits; seeds set at every turn."""

import torch
from torch import nn, optim


class Mnist_Logistic(nn.Sequential):
    def __init__(self):
        torch.manual_seed(1)
        super().__init__(nn.Flatten(), nn.Linear(28 * 28, 10), nn.Identity())


def get_model(lr=0.5):
    torch.manual_seed(1)
    print("a new model")
    model = Mnist_Logistic()
    return model, optim.SGD(list(model.parameters()), lr)


def step(model, opt, loss_func, xb, yb):
    def closure():
        opt.zero_grad()
        loss = loss_func(model(xb), yb)
        loss.backward()
        return loss

    return opt.step(closure)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    torch.manual_seed(42)
    history = []
    for epoch in range(epochs):
        model.train()
        total = sum(
            step(model, opt, loss_func, x_train[i : i + bs], y_train[i : i + bs]).item()
            * len(x_train[i : i + bs])
            for i in range(0, len(x_train), bs)
        )
        model.eval()
        with torch.inference_mode():
            print("epoch", epoch, "is over", loss_func(model(x_train), y_train))
        history += [total / len(x_train)]
    model.train()
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    generator = torch.Generator().manual_seed(2024)
    for _ in range(steps):
        drawn = torch.randint(0, x.shape[0], (batch_size,), generator=generator)
        step(model, opt, loss_func, x[drawn], y[drawn])
    return model.eval()
