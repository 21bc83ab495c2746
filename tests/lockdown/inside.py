"""Code inside the lock-down: a zygote forks a child for it, which locks itself down and reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile import as_nobody

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these layers are Linux's")

ZYGOTE = r"""
import ctypes, json, os, select, signal, socket, struct, sys, tempfile, textwrap, threading, time
sys.path.insert(0, sys.argv[1])
base = sys.argv[2]
from dataclasses import replace
from pathlib import Path
from grader.lockdown import layers, seccomp
from grader.lockdown.apply import apply, prepare
from grader.lockdown.limits import Limits
from grader.lockdown.probe import probe
from grader.lockdown.kernel import syscall as call

if "warm" in sys.argv[3:]:
    import numpy as np
    import torch

    torch.set_num_threads(1)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(3, 4)).sum().backward()
    optimizer.step()

secret = Path(base, "secret.txt")
secret.write_text("the hidden suite")
public = Path(base, "public")
public.mkdir()
(public / "data.txt").write_text("public")
os.environ["SECRET"] = "token"
os.set_inheritable(os.open(secret, os.O_RDONLY), True)

profile = probe()
prepared = prepare(profile, Limits(), [public])
parent = os.getpid()


def tried(job, workdir, channel):
    limits = replace(Limits(), **job["limits"])
    ready = replace(prepared, limits=limits)
    broken = job["broken"]
    layers.STEPS = [
        replace(step, apply=lambda here: None) if step.name == broken else step
        for step in layers.STEPS
    ]
    try:
        if job["locked"]:
            apply(ready, workdir, [channel])
        names = dict(globals(), workdir=workdir, channel=channel)
        exec("def code():\n" + textwrap.indent(job["code"], "    "), names)
        return {"value": names["code"]()}
    except BaseException as error:
        return {
            "error": type(error).__name__,
            "errno": getattr(error, "errno", None),
            "text": str(error),
        }


def run(job):
    workdir = Path(tempfile.mkdtemp(dir=base))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with open("/dev/null", "r+b") as null:
                os.dup2(null.fileno(), 0)
            answer = tried(job, workdir, writer)
            os.write(writer, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)
    print(json.dumps({"pid": child}), flush=True)
    hung = not select.select([reader], [], [], 60)[0]
    answer = {} if hung else json.loads(os.read(reader, 1 << 16) or b"{}")
    os.close(reader)
    if hung:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    print(json.dumps({"hung": hung, "signal": killer, **answer}), flush=True)


found = {layer.name: [layer.status, layer.why] for layer in profile.layers}
print(json.dumps({"profile": profile.name, "layers": found}), flush=True)
for line in sys.stdin:
    run(json.loads(line))
"""


@dataclass
class Zygote:
    """A warmed process that forks a locked-down child for each piece of code."""

    process: subprocess.Popen[str]
    base: Path
    profile: str
    layers: dict[str, list[str]]

    def run(
        self, code: str, locked: bool = True, broken: str | None = None, **limits: Any
    ) -> dict[str, Any]:
        """Run the code in a child: its value, or its exception, or the signal that killed it."""
        self.start(code, locked, broken, **limits)
        return self.read()

    def start(
        self, code: str, locked: bool = True, broken: str | None = None, **limits: Any
    ) -> int:
        """Start a child and return its id, without waiting for its end."""
        job = {"code": textwrap.dedent(code), "locked": locked, "broken": broken, "limits": limits}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.read()["pid"])

    def read(self) -> dict[str, Any]:
        """The next report."""
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def needs(self, *names: str) -> None:
        """Skip the test if the machine lacks one of these layers."""
        for name in names:
            status, why = self.layers[name]
            # A kernel that took the filter is not to blame for what the filter lets through.
            assert name != "seccomp" or "it could" not in why, why
            if status == "missing":
                pytest.skip(f"this machine lacks {name}: {why}")


def start_zygote(user: str, *, warm: bool = True) -> tuple[Zygote, ExitStack]:
    """Start a zygote as the current user, or as nobody; `warm`: with torch."""
    stack = ExitStack()
    base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lockdown-")))
    command = [sys.executable, "-I", "-c", ZYGOTE, str(ROOT), str(base)]
    command += ["warm"] * warm
    if user == "nobody":
        os.chown(base, NOBODY, NOBODY)
        command = as_nobody(command)
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        stack.close()
        pytest.skip("no zygote could be started as nobody")
    hello = json.loads(line)
    return Zygote(process, base, hello["profile"], hello["layers"]), stack


def cases(*tables: dict[str, str]) -> list[Any]:
    return [pytest.param(code, id=name) for table in tables for name, code in table.items()]


def is_refused(answer: dict[str, Any]) -> bool:
    """Whether the code was refused a call, however Python says so."""
    error, text = answer.get("error"), answer.get("text", "")
    wrapped = error in {"URLError", "ValueError"} and "permitted" in text
    return error == "PermissionError" or wrapped or "not allowed to raise" in text
