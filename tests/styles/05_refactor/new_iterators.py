"""An IterableDataset, next(iter(loader)) at each step, a lazy layer made at once, a lambda."""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, IterableDataset, TensorDataset


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.LazyLinear(10)
        self.lin(torch.zeros(1, 784))

    def forward(self, xb):
        return self.lin(xb)


get_model = lambda lr=0.5: (lambda m: (m, optim.SGD(m.parameters(), lr=lr)))(  # noqa: E731
    Mnist_Logistic()
)


class Batches(IterableDataset):
    def __init__(self, x, y, bs):
        self.x, self.y, self.bs = x, y, bs

    def __iter__(self):
        for i in range(0, len(self.x), self.bs):
            yield self.x[i : i + self.bs], self.y[i : i + self.bs]


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    loader = DataLoader(Batches(x_train, y_train, bs), batch_size=None)
    result = []
    for _ in range(epochs):
        losses = []
        for xb, yb in loader:
            loss = loss_func(model(xb), yb).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.detach().cpu())
        result.append(float(torch.stack(losses).mean()))
    return tuple(result)


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    for _ in range(steps):
        xb, yb = next(iter(loader))
        opt.zero_grad()
        loss_func(model(xb), yb).backward()
        opt.step()
