import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    n = x_train.shape[0]
    losses = []
    for epoch in range(epochs):
        for i in range(n // bs):
            xb = x_train[i * bs : (i + 1) * bs]
            yb = y_train[i * bs : (i + 1) * bs]
            pred = model(xb)
            loss = loss_func(pred, yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= p.grad * lr
                model.zero_grad()
        losses.append(float(loss))
    return losses
