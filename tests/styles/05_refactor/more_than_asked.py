"""Measures accuracy after each epoch, prints, sets seeds, changes modes; starts on import."""

import time

import torch
from torch import nn, optim

print("loaded")
torch.manual_seed(42)


class Mnist_Logistic(nn.Module):
    n_classes = 10

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, self.n_classes)
        self.name = "logistic"
        self.loss_fn = nn.CrossEntropyLoss()

    def predict(self, x):
        with torch.no_grad():
            return self(x).argmax(-1)

    def forward(self, xb):
        xb = torch.flatten(xb, start_dim=1) if xb.dim() > 2 else xb
        return self.fc1(xb.to(self.fc1.weight.device))


def get_model(lr=0.5):
    torch.manual_seed(0)
    model = Mnist_Logistic()
    print(model, [name for name, _ in model.named_parameters()])
    return [model, optim.SGD([{"params": [p]} for p in model.parameters()], lr)]


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64, verbose=True, **kwargs):
    assert len(x_train) == len(y_train)
    device = next(model.parameters()).device
    history = {"loss": []}
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        model.train()
        running, seen = 0.0, 0
        for start in range(0, len(x_train), bs):
            x = x_train[start : start + bs].to(device)
            y = y_train[start : start + bs].to(device)
            loss = loss_func(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            running += loss * len(x)
            seen += len(x)
        model.eval()
        with torch.no_grad():
            out = model(x_train)
        if verbose and y_train.dim() == 1:
            right = (out.argmax(1) == y_train).float().mean()
            print(f"\r{epoch}: {right:.3f} in {time.perf_counter() - started:.1f} s", end="")
        history["loss"].append((running / seen).item())
    return history["loss"]


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    torch.manual_seed(1)
    model.train()
    losses = []
    for step in range(1, steps + 1):
        drawn = torch.randint(x.shape[0], size=[batch_size])
        loss = loss_func(model(x[drawn, :]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
        if step % 10 == 0:
            print("step", step, "loss", losses[-1])
    model.eval()
    return losses
