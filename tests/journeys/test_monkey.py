"""A seeded monkey on real windows: no exception, no dead end, nothing of a member left behind (K13, X2)."""

import os
from pathlib import Path

import pytest

from tests.support import monkey, monkey_plan
from tests.support.fingers import Fingers
from tests.support.visit_house import open_house

pytestmark = [pytest.mark.window, pytest.mark.reader]

PROGRAMS = frozenset({"central-api", "kiosk", "lounge"})
EVERY_RUN = 20260516
"""The seed of each commit's run; the long one takes another each time and names it when it finds something."""


def let_loose(folder: Path, seed: int, count: int) -> monkey.Monkey:
    with (
        open_house(folder, programs=PROGRAMS, kiosk_settings=monkey.SETTINGS) as visitor,
        Fingers(visitor.store.kiosk_glass.env) as fingers,
    ):
        visitor.rest()
        beast = monkey.Monkey(visitor, fingers, seed, count)
        beast.run()
        return beast


def seed_or(usual: int) -> int:
    return int(os.environ.get("MONKEY_SEED", usual))


@pytest.mark.timeout(900)
def test_five_thousand_events(tmp_path: Path) -> None:
    beast = let_loose(tmp_path, seed_or(EVERY_RUN), 5_000)
    assert beast.done >= 5_000
    # It went somewhere, and it was looked at when nobody was there.
    assert {"attract", "home", "rewards", "reward_detail", "pin"} <= set(beast.seen)
    assert beast.searched > 20


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_fifty_thousand_events(tmp_path: Path) -> None:
    beast = let_loose(tmp_path, seed_or(monkey.random_seed()), 50_000)
    assert beast.done >= 50_000
    assert {"attract", "home", "rewards", "reward_detail", "pin", "success", "vouchers"} <= set(beast.seen)


def test_a_seed_is_a_plan() -> None:
    """What was found is found again: no event hangs on anything but the seed."""
    one, same = (list(monkey_plan.plan(7, 3_000)) for _ in range(2))
    assert one == same
    assert one != list(monkey_plan.plan(8, 3_000))
    events = [event for burst in one for event in burst]
    assert sum(map(monkey_plan.size, events)) >= 3_000
    assert {type(event) for event in events} == set(monkey_plan.Event.__args__)
