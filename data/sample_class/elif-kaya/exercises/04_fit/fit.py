# elif kaya
import torch
from torch.utils.data import DataLoader, TensorDataset


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=bs, shuffle=False)
    parameters = list(model.parameters())

    def epoch():
        weighted, seen = 0.0, 0
        for xb, yb in loader:
            scores = model(xb)
            loss = loss_func(scores, yb)
            grads = torch.autograd.grad(loss, parameters)
            for p, g in zip(parameters, grads):
                p.data -= lr * g
            weighted += float(loss) * len(xb)  # the short batch counts less
            seen += len(xb)
        return weighted / seen

    return [epoch() for _ in range(epochs)]
