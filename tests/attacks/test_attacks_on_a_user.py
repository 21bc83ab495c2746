"""Attacks on a grader that isn't root: its sandboxes are locked down by other means.

What the judge makes of a message, a value or a patched module is the same whoever grades, and so is
what a limit stops that one process has for itself. So these are the attacks that ask the machine
for something. With TORCHGRADE_EVERYTHING set it is all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hostile import ATTACKS, MARKS, Attack, Watched, World, graded

pytestmark = [
    *MARKS,
    pytest.mark.skipif(
        getattr(os, "getuid", int)() != 0,
        reason="only root can become an ordinary user, and tests/attacks/test_attacks.py is one's",
    ),
]

# By how their names begin: they are about files, other processes, signals, uids and namespaces;
# about what the sandboxes of a user share, or only have a disk of their own for; or about how a
# process ends. And one each that uses up its processor time, its memory, its time.
ASK_THE_MACHINE = (
    "escaping_",
    "reading_",
    "persisting_",
    "killing_",
    "honest_",
    "exhausting_disk",
    "exhausting_exit_handler",
    "exhausting_fallocate",
    "exhausting_file",
    "exhausting_hidden_files",
    "exhausting_loop",
    "exhausting_many_files",
    "exhausting_mapped_file",
    "exhausting_memory_mmap",
    "exhausting_output",
    "exhausting_sleep",
    "exhausting_sparse_file",
    "exhausting_threads",
    "forging_atexit",
    "forging_closed_channel",
    "forging_exit_",
    "forging_results_file",
)
EVERYTHING = "TORCHGRADE_EVERYTHING" in os.environ
CHOSEN = [a for a in ATTACKS if EVERYTHING or a.name.startswith(ASK_THE_MACHINE)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with graded("nobody", CHOSEN) as world:
        yield world


@pytest.mark.parametrize("attack", CHOSEN, ids=lambda attack: attack.name)
def test_attack_gains_nothing(world: World, attack: Attack) -> None:
    world.gives_nothing(attack)


def test_each_kind_is_there() -> None:
    assert all(any(a.name.startswith(kind) for a in ATTACKS) for kind in ASK_THE_MACHINE)


class TestTheGrading(Watched):
    """It goes on undisturbed, and nothing comes of it."""
