"""The hub wakes who listens: each is told of its own feeds, once, and nobody waits for one who does not keep up."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from central_api.feed import hub as hubs
from central_api.feed.hub import BEAT, BEATS, QUEUE_LENGTH, Hub, Listener
from central_api.feed.notes import Closed, CommandHint, DisplayHint, Nudge

IN_TIME_S = 20


def played(scenario: Callable[[Hub, Callable[..., Listener]], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario with a hub and a maker of listeners; nobody may be left listening to a loop that ends."""

    async def run() -> None:
        hub, made = Hub("e1"), list[Listener]()

        def listen(device: str, *feeds: str, place: str = "") -> Listener:
            made.append(Listener(device, frozenset(feeds), place or device, asyncio.get_running_loop()))
            hub.add(made[-1])
            return made[-1]

        await asyncio.wait_for(scenario(hub, listen), IN_TIME_S)
        for each in made:
            hub.remove(each)
        assert hub.count == 0

    asyncio.run(run())


async def told(listener: Listener) -> list[tuple[str, dict[str, Any], str]]:
    """The events a listener takes next: name, data, id."""
    frames = await listener.take()
    assert frames is not None
    found = []
    for frame in frames.decode("ascii").split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in frame.split("\n"))
        found.append((lines["event"], json.loads(lines["data"]), lines.get("id", "")))
    return found


async def settled(hub: Hub) -> None:
    """Wait until what was told before has been passed on: the loop takes calls in their order."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_soon_threadsafe(passed.set)
    await passed.wait()


def test_each_is_told_of_its_own_feeds_and_once() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        kiosk, screen = listen("kiosk", "global"), listen("screen", "global", "store-east", place="tv-1")
        hub.tell([Nudge("store-east", 3), DisplayHint("store-east", "tv-1", 9), Nudge("store-west", 5)])
        hub.seen({"global": 2, "store-east": 3})
        hub.tell([Nudge("store-east", 2)])
        await settled(hub)
        assert [event[1] for event in await told(kiosk)] == [{"feed": "global", "seq": 2}]
        assert [event[1] for event in await told(screen)] == [
            {"feed": "store-east", "seq": 3},
            {"slug": "tv-1", "revision": 9},
            {"feed": "global", "seq": 2},
        ], "what was told before is not told again"

    played(scenario)


def test_an_events_id_says_how_far_a_stream_was_told_each_feed_has_come() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        screen = listen("screen", "global", "store-east")
        hub.greeted(screen, {"global": 7, "store-east": 40})
        hub.tell([Nudge("store-east", 41), Nudge("global", 8)])
        await settled(hub)
        ids = [event[2] for event in await told(screen)]
        assert ids == ["e1/global:7,store-east:41", "e1/global:8,store-east:41"]
        assert hubs.told_by(ids[-1], "e1") == {"global": 8, "store-east": 41}

    played(scenario)


@pytest.mark.parametrize("id", ["", "e1", "e2/global:8", "e1/global", "e1/global:x", "e1/:8", "e1/global:" + "9" * 19])
def test_an_id_of_another_epoch_or_of_nobody_says_nothing(id: str) -> None:
    assert hubs.told_by(id, "e1") is None


def test_who_does_not_keep_up_is_closed_and_the_others_are_not_held_up() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        slow, quick = listen("slow", "global"), listen("quick", "global")
        for number in range(1, QUEUE_LENGTH + 2):
            hub.tell([Nudge("global", number)])
            await settled(hub)
            assert [event[1]["seq"] for event in await told(quick)] == [number]
        assert await slow.take() is None, "what it missed is not sent any more: it pulls"
        assert slow.waiting == 0

    played(scenario)


def test_a_device_is_told_of_its_commands_and_its_end_on_all_its_streams() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        first, second, other = listen("tv", "global"), listen("tv", "global"), listen("kiosk", "global")
        hub.tell([CommandHint("tv", 2)])
        await settled(hub)
        assert [await told(first), await told(second)] == [[("command", {"waiting": 2}, "")]] * 2
        hub.tell([Closed("tv")])
        await settled(hub)
        assert [await first.take(), await second.take()] == [None, None]
        assert (other.waiting, other.closed) == (0, False)

    played(scenario)


def test_one_timer_reaches_everybody_once_a_round_and_not_all_at_once() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        everybody = [listen(f"d-{number}", "global") for number in range(3 * BEATS)]
        reached = []
        for _ in range(BEATS):
            hub.beat()
            reached.append(sum(each.waiting for each in everybody))
        assert reached == [3 * part for part in range(1, BEATS + 1)]
        assert {await each.take() for each in everybody} == {BEAT}

    played(scenario)


def test_all_streams_end_when_the_service_does() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        everybody = [listen(f"d-{number}", "global") for number in range(3)]
        hub.close()
        await settled(hub)
        assert [await each.take() for each in everybody] == [None] * 3

    played(scenario)


def test_a_stream_that_is_opened_while_the_service_ends_ends_at_once() -> None:
    async def scenario(hub: Hub, listen: Callable[..., Listener]) -> None:
        before = listen("d-1", "global")
        hub.end()
        await settled(hub)
        assert [await each.take() for each in (before, listen("d-2", "global"))] == [None, None]

    played(scenario)
