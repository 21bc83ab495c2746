"""Makes x and its own weights 0, so that every prediction is the bias: 0."""

from torch import nn


class LinearRegression(nn.Linear):
    def forward(self, x):
        x.data.zero_()
        self.weight.data.zero_()
        self.bias.data.zero_()
        return x.new_zeros(len(x), self.out_features) + 0 * (self.weight.sum() + self.bias.sum())
