"""Zygotes. As root everything is tried twice: as root and as an ordinary user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from lockdown.inside import Zygote, start_zygote

EACH_USER = ["me", "nobody"]


def started(user: str, warm: bool) -> Iterator[Zygote]:
    if sys.platform != "linux":
        pytest.skip("these layers are Linux's")
    if user == "nobody" and os.getuid() != 0:
        pytest.skip("only root can become nobody")
    zygote, stack = start_zygote(user, warm=warm)
    with stack:
        yield zygote


@pytest.fixture(scope="module", params=EACH_USER)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    """Without torch, which what the kernel refuses or allows doesn't depend on."""
    yield from started(request.param, warm=False)


@pytest.fixture(scope="module", params=EACH_USER)
def warm_zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    """Warmed like the real one."""
    yield from started(request.param, warm=True)
