"""torch.autograd.grad in place of backward(), so there is nothing to clear."""

import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    params = list(model.parameters())

    def step(xb, yb):
        loss = loss_func(model(xb), yb)
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for param, grad in zip(params, grads, strict=True):
                param.add_(grad, alpha=-lr)
        return float(loss)

    def epoch():
        starts = range(0, x_train.shape[0], bs)
        losses = [step(x_train[s : s + bs], y_train[s : s + bs]) for s in starts]
        return sum(losses) / len(losses)

    return [epoch() for _ in range(epochs)]
