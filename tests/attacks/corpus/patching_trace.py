"""Traces every function, to see and change what the worker's frames hold.

must: failed
rest: any
"""

import sys
import threading

import torch


def trace(frame, event, argument):
    for name, value in frame.f_locals.items():
        if isinstance(value, torch.Tensor) and not value.requires_grad:
            value.data.mul_(1)
    return trace


sys.settrace(trace)
threading.settrace(trace)


def double(x):
    return x
