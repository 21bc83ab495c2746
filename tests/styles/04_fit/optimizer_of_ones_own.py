"""An optimizer class of the student's own, with step() and zero_grad()."""

import torch


class _Descent:
    def __init__(self, params, lr):
        self.params, self.lr = list(params), lr

    def step(self):
        with torch.no_grad():
            for p in self.params:
                if p.grad is not None:
                    p -= self.lr * p.grad

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.detach_()
                p.grad.zero_()


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    opt = _Descent(model.parameters(), lr)
    n = len(x_train)
    n_batches = n // bs if n % bs == 0 else n // bs + 1
    result = []
    for _ in range(epochs):
        epoch_loss = torch.zeros(())
        for b in range(n_batches):
            xb, yb = x_train[b * bs : (b + 1) * bs], y_train[b * bs : (b + 1) * bs]
            opt.zero_grad()
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            epoch_loss += loss.detach()
        result.append((epoch_loss / n_batches).item())
    return result
