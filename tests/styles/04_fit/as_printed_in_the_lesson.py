"""As the lesson prints it: counted batches, the update under no_grad, model.zero_grad() after."""

import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    n, c = x_train.shape  # noqa: RUF059
    history = []
    for epoch in range(epochs):  # noqa: B007
        total = 0.0
        for i in range((n - 1) // bs + 1):
            start_i = i * bs
            end_i = start_i + bs
            xb = x_train[start_i:end_i]
            yb = y_train[start_i:end_i]
            pred = model(xb)
            loss = loss_func(pred, yb)

            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= p.grad * lr
                model.zero_grad()
            total += loss.item()
        history.append(total / ((n - 1) // bs + 1))
    return history
