"""The loss that is kept comes from a forward pass of its own; NumPy takes the means."""

import numpy as np
import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    full, rest = divmod(len(x_train), bs)
    kept = np.zeros((epochs, full + bool(rest)))
    for epoch in range(epochs):
        for batch in range(kept.shape[1]):
            part = slice(batch * bs, (batch + 1) * bs)
            with torch.no_grad():
                kept[epoch, batch] = loss_func(model(x_train[part]), y_train[part])
            loss_func(model(x_train[part]), y_train[part]).backward()
            model.load_state_dict(
                {name: p.detach() - lr * p.grad for name, p in model.named_parameters()},
                strict=False,
            )
            [setattr(p, "grad", None) for p in model.parameters()]
        model.eval()
        with torch.no_grad():
            print(epoch, loss_func(model(x_train), y_train).item())
        model.train()
    return list(kept.mean(axis=1))
