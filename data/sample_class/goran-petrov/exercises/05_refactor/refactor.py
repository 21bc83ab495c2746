import torch
from torch import nn, optim


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, xb):
        # probabilities
        return torch.softmax(self.linear(xb), dim=1)


def get_model(lr=0.5):
    net = Mnist_Logistic()
    return net, optim.SGD(net.parameters(), lr=lr, momentum=0.9)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for epoch in range(epochs):
        total, n = 0.0, 0
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i : i + bs]), y_train[i : i + bs])
            loss.backward()
            opt.step()
            n += 1
            total += loss.item()
        opt.zero_grad()
        history.append(total / n)
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    for i in range(steps):
        loss = loss_func(
            model(x[torch.randint(0, len(x), (batch_size,))]),
            y[torch.randint(0, len(y), (batch_size,))],
        )
        loss.backward()
        opt.step()
        opt.zero_grad()
