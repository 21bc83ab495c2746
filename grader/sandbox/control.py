"""What the judge asks of the zygote, and what it answers."""

from __future__ import annotations

import msgspec

from grader.lockdown.limits import Limits
from grader.lockdown.records import Profile

PACKET = 1 << 16
STUDENT_CODE = "grader.sandbox.worker"


class Orders(msgspec.Struct):
    """How every sandbox is to be locked down.

    `readable`: paths it may read besides Python, torch and its work folder. Without `isolate` it
    keeps only the limits on its resources.
    """

    limits: Limits
    readable: list[str]
    isolate: bool = True


class Ready(msgspec.Struct):
    """The zygote is warm, and this is the isolation that its sandboxes will have."""

    profile: Profile


class Fork(msgspec.Struct, tag="fork"):
    """Fork a sandbox that works in `folder`; the descriptors of channel and output come along.

    `program` is the module that it runs once it is locked down, and not imported before.
    """

    folder: str
    program: str = STUDENT_CODE


class Reap(msgspec.Struct, tag="reap"):
    """Kill a sandbox with all that it started, and say how it ended."""

    pid: int


class Reaped(msgspec.Struct):
    """How a sandbox ended: its wait status; CPU seconds; peak memory in bytes."""

    status: int
    cpu_seconds: float
    peak_bytes: int


Request = Fork | Reap
