"""A process that has imported torch and holds no secret; it forks a sandbox in milliseconds.

`grader.judge.forked` starts it in a clean environment. It talks with the judge over one socket
(`grader.sandbox.control`), reads no message of student code, and ends when the judge ends.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import linecache
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import torch
from torch import nn

from grader.lockdown.apply import apply, prepare, shield
from grader.lockdown.limits import lift
from grader.lockdown.records import Lockdown
from grader.sandbox.control import PACKET, READY, Fork, Orders, Reap, Reaped, ZygoteRequest
from grader.sandbox.huge_pages import WORTH_IT, use_huge_pages
from grader.sandbox.worker import refuse
from grader.torchside.eager import without_compiler
from grader.torchside.seeding import seed_everything
from grader.wire.channel import Channel


def warm_up() -> None:
    """Import and run once what honest submissions use, with one thread.

    A parallel operator here would leave threads behind that a forked child waits for forever.
    """
    without_compiler()
    seed_everything(0)  # imports numpy.random
    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    inputs, targets = torch.randn(6, 4), torch.randint(0, 3, (6,))
    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        chosen = optimizer(model.parameters(), lr=0.01)
        chosen.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward(torch.ones(()))  # with a gradient it imports more
        chosen.step()
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    list(torch.utils.data.DataLoader(dataset, batch_size=2))
    repr(inputs)
    compile(ast.parse("import torch"), "<warm-up>", "exec")
    linecache.clearcache()  # otherwise each fork would copy it, and then clear it


def main(control: socket.socket) -> None:
    """Serve until the judge's end of `control` closes."""
    orders = msgspec.json.decode(control.recv(PACKET), type=Orders)
    orders.allow()
    lift()
    warm_up()
    shield()
    lockdown = prepare(orders.profile, orders.limits, [Path(path) for path in orders.readable])
    gc.freeze()
    gc.enable()
    control.send(READY)
    decoder = msgspec.json.Decoder(ZygoteRequest)
    children: set[int] = set()
    forks = 0
    while True:
        packet, descriptors, _, _ = socket.recv_fds(control, PACKET, 3)
        if not packet:
            break
        match decoder.decode(packet):
            case Fork(folder, program):
                if forks == WORTH_IT:
                    use_huge_pages()
                forks += 1
                pid = os.fork()
                if pid == 0:
                    control.close()
                    _become_sandbox(descriptors, Path(folder), program, lockdown)
                children.add(pid)
                for descriptor in descriptors:
                    os.close(descriptor)
                control.send(str(pid).encode())
            case Reap(pid):
                children.remove(pid)
                control.send(msgspec.json.encode(_reap(pid)))
    for pid in children:
        _reap(pid)
    os._exit(0)  # there is nothing left to do, and to take torch apart takes a third of a second


def _reap(pid: int) -> Reaped:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return Reaped(status, usage.ru_utime + usage.ru_stime)


def _become_sandbox(descriptors: list[int], folder: Path, program: str, lockdown: Lockdown) -> None:
    """Never returns: whatever happens, the process ends here."""
    channel, output, counter = descriptors
    code = 70
    try:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.dont_write_bytecode = True
        ours = Channel(socket.socket(fileno=channel))
        try:
            apply(lockdown, folder, [channel], counter)
        except Exception as error:
            refuse(ours, error)
        else:
            importlib.import_module(program).serve(ours, folder)
            code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
