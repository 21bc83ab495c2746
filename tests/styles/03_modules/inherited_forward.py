"""A base class of the student's own keeps the formula; weights small rather than scaled."""

import torch as th
from torch.nn import Module, Parameter, init


class _Affine(Module):
    def __init__(self, shape, bias):
        super().__init__()
        self.register_parameter("kernel", Parameter(init.normal_(th.empty(*shape), std=0.01)))
        self.register_parameter("bias", Parameter(th.zeros(shape[1])) if bias else None)

    def forward(self, inputs):
        product = inputs @ self.kernel
        if self.bias is None:
            return product
        return th.add(product, self.bias)


class Mnist_Logistic(_Affine):
    def __init__(self):
        super().__init__((784, 10), True)


class MyLinear(_Affine):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__((in_features, out_features), bias)
