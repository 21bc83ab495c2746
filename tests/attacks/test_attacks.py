"""All attacks of `corpus/`, graded by whoever runs the tests: root in a container, as a rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hostile import ATTACKS, MARKS, Attack, Watched, World, graded

pytestmark = MARKS


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with graded("me", ATTACKS) as world:
        yield world


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_gains_nothing(world: World, attack: Attack) -> None:
    world.gives_nothing(attack)


class TestTheGrading(Watched):
    """It goes on undisturbed, and nothing comes of it."""
