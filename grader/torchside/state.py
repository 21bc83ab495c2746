"""Torch's global state, which code may leave changed: switches, defaults and generators."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import torch


@dataclass(frozen=True)
class State:
    """Torch's own state at one moment; `restore` brings it back.

    `differences` leaves the generator out: tests may draw from it.
    """

    gradients: bool
    inference: bool
    anomaly: bool
    default_dtype: torch.dtype
    default_device: torch.device
    threads: int
    deterministic: bool
    deterministic_warns_only: bool
    cudnn_deterministic: bool
    cudnn_benchmark: bool
    generator: torch.Tensor = field(compare=False)

    def restore(self) -> None:
        """Restore torch's state at that moment, except inference mode, which can't be left here."""
        torch.set_grad_enabled(self.gradients)
        now = snapshot()
        if now.anomaly != self.anomaly:
            torch.autograd.set_detect_anomaly(self.anomaly)
        if now.default_dtype != self.default_dtype:
            torch.set_default_dtype(self.default_dtype)
        if now.default_device != self.default_device:
            here = self.default_device
            # None, because a default device costs time for every tensor that is made.
            torch.set_default_device(None if here.type == "cpu" else here)
        if now.threads != self.threads:
            torch.set_num_threads(self.threads)
        switches = (self.deterministic, self.deterministic_warns_only)
        if (now.deterministic, now.deterministic_warns_only) != switches:
            torch.use_deterministic_algorithms(switches[0], warn_only=switches[1])
        torch.backends.cudnn.deterministic = self.cudnn_deterministic
        torch.backends.cudnn.benchmark = self.cudnn_benchmark
        torch.set_rng_state(self.generator)


def snapshot() -> State:
    """Torch's state now."""
    return State(
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_anomaly_enabled(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
        torch.get_rng_state(),
    )


def differences(before: State, after: State) -> list[str]:
    """The differences between two states, such as "default dtype"; the generator doesn't count."""
    return [
        part.name.replace("_", " ")
        for part in fields(State)
        if part.compare and getattr(before, part.name) != getattr(after, part.name)
    ]
