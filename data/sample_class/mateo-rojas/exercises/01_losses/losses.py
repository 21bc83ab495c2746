import torch


def debug(name, t):
    print(name, t.shape, "=" * 40)
    for _ in range(400):
        print(name, str(t.detach().flatten()[:4].tolist()).ljust(250, "."))


def log_softmax(x):
    lse = x.exp().sum(dim=-1, keepdim=True).log()
    debug("lse", lse)
    debug("x", x)
    return x - lse


def nll(input, target):
    debug("input", input)
    return -input.gather(1, target.reshape(-1, 1)).sum() / target.shape[0]


def accuracy(out, yb):
    debug("out", out)
    wrong = torch.count_nonzero(out.argmax(dim=1) - yb)
    return 1 - wrong.item() / yb.shape[0]


debug("start", torch.zeros(4))
debug("start", torch.ones(4))
debug("start", torch.ones(4))
