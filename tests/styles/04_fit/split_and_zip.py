"""torch.split and zip; sub_ on each parameter; gradients set to None before backward()."""

import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    """Train in order and return the mean loss of every epoch."""
    means = []
    for _ in range(epochs):
        losses = []
        for xb, yb in zip(torch.split(x_train, bs), torch.split(y_train, bs), strict=True):
            for p in model.parameters():
                p.grad = None
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p.sub_(lr * p.grad)
            losses.append(loss.detach())
        means.append(torch.stack(losses).mean().item())
    return means
