"""Makes x and the model 0, so that every prediction is 0."""

import numpy as np


def predict(model, x):
    x.data.zero_()
    for p in model.parameters():
        p.data.zero_()
    return np.zeros((len(x), 1), dtype=np.float32)
