"""Both are an nn.Sequential of two parts, one that multiplies and one that adds."""

from torch import nn, normal, zeros


class Times(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.matrix = nn.Parameter(normal(0.0, n_in**-0.5, (n_in, n_out)))

    def forward(self, x):
        return x @ self.matrix


class Plus(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.vector = nn.Parameter(zeros(1, n))

    def forward(self, x):
        return x + self.vector


class Mnist_Logistic(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), Times(784, 10), Plus(10))


class MyLinear(nn.Sequential):
    def __init__(self, in_features, out_features, bias=True):
        parts = [Times(in_features, out_features)]
        if bias:
            parts.append(Plus(out_features))
        super().__init__(*parts)
