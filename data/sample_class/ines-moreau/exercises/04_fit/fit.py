import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    means = []
    for _ in range(epochs):
        batch_losses = []
        for xb, yb in zip(torch.split(x_train, bs), torch.split(y_train, bs)):
            model.zero_grad()
            pred = model(xb)
            loss = loss_func(pred, yb)
            loss.backward()
            for p in model.parameters():
                p.data = p.data - lr * p.grad
            batch_losses.append(float(loss))
        means.append(sum(batch_losses) / len(batch_losses))
    return means
