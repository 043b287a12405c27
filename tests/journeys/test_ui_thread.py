"""Nothing keeps the kiosk's UI thread over 4 ms, on a whole visit through real parts.

What counts: the processor time (`time.thread_time`) that the UI thread itself spends in one stretch without drawing; that is
each event it handles, each piece of work that has a name, and each phase of a frame (callbacks, touches, layout). Drawing and
the flip of the screen do not count: without a graphics card they are the drawing's own cost, measured by `./dev bench
footprint`. Time in which another program had the processor does not count either.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.story import pin_key
from tests.support import kiosk_program as at
from tests.support.visit_house import NOBODY, Visitor

pytestmark = [pytest.mark.alone, pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(240)]

Slow = list[dict[str, Any]]


def press(visitor: Visitor, action: str) -> None:
    place = visitor.ask(do="places", action=action)["places"][0]
    visitor.touch((place[0], place[1]))


def walk(visitor: Visitor, member: str) -> Iterator[tuple[str, Slow]]:
    """Go through a visit; after each stage of it, what kept the UI thread meanwhile."""

    def stage(name: str) -> tuple[str, Slow]:
        found = visitor.ask(do="slow")["slow"]
        visitor.ask(do="watch")
        return name, [one for one in found if one["what"] != "event function"]  # the asking itself

    visitor.ask(do="watch")
    visitor.touch((540, 900))
    visitor.screen("tap")
    yield stage("from the resting screen to the tap hint")
    visitor.lay(visitor.cards[member])
    visitor.until(lambda now: now["screen"] == "home" and now["confirmed"] and now["settled"], "the member's page")
    yield stage("from the card to the member's page")
    for action in ("vouchers", "points", "activities"):
        press(visitor, action)
        visitor.screen(action)
        yield stage(f"to the {action}")
        press(visitor, "back")
        visitor.screen("home")
        yield stage(f"back from the {action}")
    press(visitor, "rewards")
    visitor.screen("rewards")
    yield stage("to the rewards")
    visitor.touch(at.FIRST_REWARD)
    visitor.screen("reward_detail")
    yield stage("to a reward")
    visitor.open_sheet()
    yield stage("to the confirm sheet")
    visitor.touch(at.CONFIRM)
    visitor.screen("pin")
    yield stage("to the PIN")
    visitor.enter_pin(visitor.store.members[member][:-1])
    yield stage("typing the PIN")
    visitor.touch(pin_key(visitor.store.members[member][-1]))
    visitor.screen("success")
    yield stage("to the voucher")
    visitor.take()
    press(visitor, "exit")
    visitor.screen(NOBODY)
    yield stage("signing out")


@pytest.fixture(scope="module")
def visits(_house: Visitor) -> list[list[tuple[str, Slow]]]:
    """Visits after the first: what is built once, and the first time it is needed, was there before."""
    _house.rest()
    one = _house.spends_most()
    list(walk(_house, one))  # a member's limits allow two redemptions
    found = []
    for member in (one, _house.spends_most(but=one)):
        _house.rest()
        found.append(list(walk(_house, member)))
    return found


_FRAME_MS = 16.0


def told(visits: list[list[tuple[str, Slow]]], kind: str, over_ms: float = 4.0) -> list[str]:
    """What kept the UI thread longer than that in every visit, by its shortest time: a machine's noise only ever adds."""
    longest = [
        {
            (stage, one["what"]): max(
                other["cpu_ms"] for other in found if (other["kind"], other["what"]) == (kind, one["what"])
            )
            for stage, found in visit
            for one in found
            if one["kind"] == kind
        }
        for visit in visits
    ]
    always = {
        which: min(each[which] for each in longest) for which in set.intersection(*(set(each) for each in longest))
    }
    return sorted(f"{stage}: {what} {ms:.1f} ms" for (stage, what), ms in always.items() if ms > over_ms)


def test_no_piece_of_work_keeps_the_ui_thread(visits: list[list[tuple[str, Slow]]]) -> None:
    assert [len(visit) > 12 for visit in visits] == [True, True]
    assert told(visits, "call") == []


def test_no_phase_of_a_frame_takes_the_time_of_a_frame(visits: list[list[tuple[str, Slow]]]) -> None:
    assert told(visits, "frame", _FRAME_MS) == []
