"""Records of a lock-down: the layers of a machine, and what is prepared before the fork."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from grader.lockdown import landlock, seccomp
from grader.lockdown.limits import MIB, Limits

COUNTED_FILES, COUNTED_SHARE = 256, 64
"""How many files there may be where they are counted, and the part of the disk space that each may
take (a MiB is always enough). All together may take some times that space; it is watched too."""

Status = Literal["on", "missing", "not needed"]


class LockdownError(RuntimeError):
    """A promised layer doesn't hold: this sandbox must not run student code."""


@dataclass(frozen=True)
class Layer:
    """One layer of isolation on this machine, as `grader doctor` shows it."""

    name: str
    gives: str
    """What the layer gives."""

    status: Status
    why: str = ""
    """Why it is missing or not needed; empty if it is on."""

    remedy: str = ""
    """How to get it, if there is a way."""


@dataclass(frozen=True)
class Profile:
    """The isolation that this machine gives: a name, and its layers one by one."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def full(self) -> bool:
        """Whether no layer is missing."""
        return all(layer.status != "missing" for layer in self.layers)

    def promises(self, name: str) -> bool:
        """Whether a sandbox with this profile has the layer of this name."""
        return any(layer.name == name and layer.status == "on" for layer in self.layers)


def bounded(limits: Limits, profile: Profile) -> Limits:
    """The limits of its sandboxes. If files are counted, they may be only few and small."""
    if not profile.promises("counted files"):
        return limits
    return replace(
        limits,
        scratch_files=min(limits.scratch_files, COUNTED_FILES),
        file_bytes=min(limits.file_bytes, max(limits.scratch_bytes // COUNTED_SHARE, MIB)),
    )


@dataclass(frozen=True)
class Lockdown:
    """Everything that can be made ready before the fork; `apply.prepare` builds it."""

    profile: Profile
    limits: Limits
    fence: landlock.Fence | None
    filter: seccomp.Filter | None
    neighbours: int | None
    """The tasks that the user already has, see `limits.restrict`."""

    uids: range | None
    """The uids to choose from, or None if the sandbox keeps the grader's."""

    closed: bool
    """Whether Python lies in a folder that another user can't enter."""

    parent: int
    """The id of the process that a sandbox must not outlive."""
