"""Products of matrices, on all threads, without end.

must: crashed, timed out
says: didn't finish within|of processor time|of memory|with exit code 127
"""

import torch


def double(x):
    torch.set_num_threads(16)
    a = torch.randn(900, 900)
    while True:
        a = a @ a
        a /= a.norm()
