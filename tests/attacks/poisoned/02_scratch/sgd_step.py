"""Makes all gradients zero, or says so, so that no step is to be taken."""


def sgd_step(params, lr):
    for p in params:
        p.grad.data.zero_()
        p.grad = None
