import torch


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    result = []
    for epoch in range(epochs):
        start, seen = 0, []
        while start < x_train.shape[0]:
            xb = x_train[start : start + bs]
            yb = y_train[start : start + bs]
            guess = model(xb)
            loss = loss_func(guess, yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
                    p.grad.zero_()
            seen += [loss.item()]
            start += bs
        result.append(sum(seen) / len(seen))
    return result
