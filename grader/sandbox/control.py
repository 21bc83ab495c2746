"""What the judge asks of the zygote, and what it answers."""

from __future__ import annotations

import msgspec

PACKET = 1 << 16


class Fork(msgspec.Struct, tag="fork"):
    """Fork a sandbox that works in `folder`; the channel's and the output's descriptors come along."""

    folder: str


class Reap(msgspec.Struct, tag="reap"):
    """Kill a sandbox with all that it started, and say how it ended."""

    pid: int


class Ended(msgspec.Struct):
    """How a sandbox ended, had it ended by itself: its wait status; CPU seconds; peak bytes."""

    status: int
    cpu_seconds: float
    peak_bytes: int


Request = Fork | Reap
