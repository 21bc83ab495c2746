"""As the lessons print it: Variable, cuda where there is one, MSELoss, a line an epoch."""

import torch
from torch.autograd import Variable


def dz_dw(w):
    w = Variable(torch.FloatTensor([float(w)]), requires_grad=True)
    y = w**2
    z = 10 * y + 25
    z.backward()
    return w.grad[0]


class LinearRegression(torch.nn.Module):
    def __init__(self, input_size, output_size):
        super(LinearRegression, self).__init__()  # noqa: UP008
        self.linear = torch.nn.Linear(input_size, output_size)

    def forward(self, x):
        out = self.linear(x)
        return out  # noqa: RET504


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model.to(device)
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for epoch in range(epochs):
        inputs = Variable(x.to(device))
        labels = Variable(y.to(device))
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        print("epoch {}, loss {}".format(epoch, loss.item()))  # noqa: UP032
    return losses


def predict(model, x):
    with torch.no_grad():
        if next(model.parameters()).is_cuda:
            return model(Variable(x.cuda())).cpu().data.numpy()
        return model(Variable(x)).data.numpy()
