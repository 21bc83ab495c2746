from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, xb):
        return self.layer(xb)


class MyLinear(nn.Linear):
    pass
