"""A process that compiles nothing does without torch's compiler, and gets the same from torch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WARM = """
import copy, sys, torch
from grader.lockdown.kernel import LINUX, count_threads
from grader.sandbox.zygote import warm_up
from grader.torchside.accelerator import simulated

def optimized():
    "What each optimizer and torch.func come to."
    torch.manual_seed(1)
    x = torch.randn(6, 3)
    for name in sorted(torch.optim.__all__):
        cls = getattr(torch.optim, name)
        if not isinstance(cls, type) or name in ("Optimizer", "SparseAdam"):
            continue
        model = torch.nn.Linear(3, 2)
        if name == "Muon":
            optimizer = cls([model.weight])
        else:
            optimizer = cls(model.parameters(), lr=0.1)
        def closure():
            optimizer.zero_grad()
            loss = model(x).square().sum()
            loss.backward()
            return loss
        optimizer.step(closure)
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        with torch.no_grad():
            optimizer.step(torch.enable_grad()(closure))
            assert not torch.is_grad_enabled()
        assert torch.is_grad_enabled()
        yield name, cls.step.__qualname__, model.weight.tolist()
    grown = torch.ones(3, requires_grad=True) * 1
    optimizer = torch.optim.SGD([grown], lr=0.1, differentiable=True)
    grown.grad = torch.ones(3)
    optimizer.step()
    yield grown.requires_grad, type(grown.grad_fn).__name__
    square = torch.func.grad(lambda t: t.square().sum())
    yield square(x).tolist(), torch.func.jacrev(torch.sin)(x[0]).tolist()

warm_up()
values = torch.ones(2, device=simulated()) + 1
without = [*optimized()]
assert not LINUX or count_threads() == 1  # a forked child would wait forever for another
for module in ("torch._dynamo", "torch.distributed.tensor"):
    assert module not in sys.modules, module

assert torch._dynamo.config.cache_size_limit > 0  # imports it
assert sys.modules["torch._dynamo"] is torch._dynamo
assert [*optimized()] == without and len(without) > 9

import torch.distributed as dist, torch.distributed.tensor as tensors
from torch.testing._internal.distributed.fake_pg import FakeStore
dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=2)
mesh = dist.device_mesh.init_device_mesh("cpu", (2,))
half = tensors.distribute_tensor(torch.arange(4.0), mesh, [tensors.Shard(0)])
assert type(half + half) is tensors.DTensor and (half + half).to_local().tolist() == [0, 2]
assert (values + values).tolist() == [4, 4]
print("fine")
"""


def test_as_warm_as_a_zygote() -> None:
    """Optimizers and `torch.func` come to the same before and after the compiler is imported.

    And what torch has for many machines works where the simulated accelerator came before it.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", WARM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("fine\n")
