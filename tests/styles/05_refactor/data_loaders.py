"""DataLoader for both loops: in order for fit; shuffled, begun anew when it ends, for the other."""

from torch import nn
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(in_features=28 * 28, out_features=10)

    def forward(self, x):
        return self.linear(x.view(x.size(0), -1))


def get_model(lr=0.5):
    model = Mnist_Logistic()
    opt = SGD(params=model.parameters(), lr=lr)
    return [model, opt]


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=bs)
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for xb, yb in loader:
            opt.zero_grad()
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            total += loss.item() * len(xb)
        history.append(total / len(x_train))
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    step = 0
    while step < steps:
        for xb, yb in loader:
            opt.zero_grad()
            loss_func(model(xb), yb).backward()
            opt.step()
            step += 1
            if step == steps:
                break
