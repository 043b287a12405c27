"""The engine against a whole simulated world: any fault at any step, and in the end everything is right, once."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from club.model import errors
from club.sync import engine, events, steps
from club.wire.changes import Snapshot, SyncAnswer
from club.wire.devices import DeviceCommand
from tests.club.sync import makers
from tests.club.sync.simulation import FAULTS, FEED, World

_ops = st.one_of(
    st.tuples(st.just("submit"), st.booleans()),
    st.tuples(st.just("change"), st.sampled_from(["a", "b", "c"]), st.integers(1, 999), st.booleans()),
    st.tuples(st.just("publish"), st.sets(st.sampled_from(["m1", "m2", "m3"])), st.booleans()),
    st.tuples(st.just("restore")),
    st.tuples(st.just("break-stream")),
    st.tuples(st.just("wake")),
    st.tuples(st.just("contact"), st.booleans()),
    st.tuples(st.just("glass")),
    st.tuples(st.just("ring"), st.booleans()),
    st.tuples(st.just("run"), st.integers(1, 8)),
)


def _play(ops: list[tuple[object, ...]], faults: list[str]) -> World:
    left = iter(faults)
    world = World(lambda: next(left, "none"))
    refused: set[str] = set()
    for number, op in enumerate(ops):
        match op:
            case ("submit", bool(wanted)):
                command_id = f"command-{number:04d}"
                if not wanted:
                    refused.add(command_id)
                    world.server.refuses = frozenset(refused)
                world.submit(command_id)
            case ("change", str(entity), int(points), bool(heard)):
                world.change(entity, points, heard=heard)
            case ("publish", set(media), bool(heard)):
                world.publish(tuple(sorted(media)), heard=heard)
            case ("restore",):
                world.server.restore()
            case ("break-stream",):
                world.break_stream()
            case ("wake",):
                world.inputs.append(steps.Woken())
            case ("contact", bool(ok)):
                world.inputs.append(steps.Contact(ok))
            case ("glass",):
                world.inputs.append(steps.PictureChanged())
            case ("ring", bool(periodic)):
                world.ring(periodic=periodic)
            case ("run", int(times)):
                for _ in range(times):
                    world.take()
    for _ in range(200):  # on with the faults that are left
        if not world.take() and not world.ring():
            break
    world.calm_down()
    return world


@settings(max_examples=300)
@given(ops=st.lists(_ops, max_size=40), faults=st.lists(st.sampled_from(FAULTS), max_size=60))
def test_whatever_fails_every_command_is_carried_out_exactly_once_and_the_mirror_is_the_servers(
    ops: list[tuple[object, ...]], faults: list[str]
) -> None:
    world = _play(ops, faults)

    wanted = [one for one in world.submitted if one not in world.server.refuses]
    assert world.server.carried_out == Counter(wanted)
    assert world.disk.outbox == []
    assert world.state.commands == ()
    assert world.disk.entities == world.server.entities
    assert world.disk.epoch == str(world.server.epoch)
    assert world.disk.playing == world.server.revision
    assert world.state.busy is None
    assert world.state.online is True
    assert world.stream_open


@given(ops=st.lists(_ops, max_size=30), faults=st.lists(st.sampled_from(FAULTS[:-1]), max_size=40))
def test_the_program_hears_of_online_and_offline_in_turns_and_of_each_command_once(
    ops: list[tuple[object, ...]], faults: list[str]
) -> None:
    world = _play(ops, faults)

    line = [event for event in world.told if isinstance(event, events.Online) or event == "offline"]
    assert all(type(one) is not type(other) for one, other in itertools.pairwise(line))
    ends = Counter(
        event.command_id for event in world.told if isinstance(event, events.CommandSettled | events.CommandRefused)
    )
    assert ends == Counter(world.submitted)


_pushed = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(["a", "b"]), st.integers(1, 999), st.booleans()),
    st.tuples(st.just("publish"), st.sets(st.sampled_from(["m1", "m2", "m3"])), st.booleans()),
    st.tuples(st.just("submit")),
    st.tuples(st.just("break-stream")),
    st.tuples(st.just("run"), st.integers(1, 4)),
)


@settings(max_examples=300)
@given(ops=st.lists(_pushed, max_size=30), faults=st.lists(st.sampled_from(FAULTS), max_size=20))
def test_a_push_is_never_lost_to_an_answer_that_was_under_way(ops: list[tuple[object, ...]], faults: list[str]) -> None:
    left = iter(faults)
    world = World(lambda: next(left, "none"))
    for number, op in enumerate(ops):
        match op:
            case ("change", str(entity), int(points), bool(overtakes)):
                world.change(entity, points, heard=True, overtakes=overtakes)
            case ("publish", set(media), bool(overtakes)):
                world.publish(tuple(sorted(media)), heard=True, overtakes=overtakes)
            case ("submit",):
                world.submit(f"command-{number:04d}")
            case ("break-stream",):
                world.break_stream()
            case ("run", int(times)):
                for _ in range(times):
                    world.take()
    world.rest()  # the poll, which finds what a push failed to say, never rings

    assert world.disk.entities == world.server.entities
    assert world.disk.playing == world.server.revision


def _quiet_world() -> World:
    world = World(lambda: "none")
    world.calm_down()
    world.told.clear()
    world.calls.clear()
    return world


def test_a_command_goes_first_before_a_snapshot_boards_and_pictures() -> None:
    world = World(lambda: "none")
    world.publish(("m1", "m2", "m3"), heard=False)
    world.submit("command-0001")
    while world.take():
        pass
    calls = [work for work in world.calls if isinstance(work, steps.Call)]
    # One call was under way when the finger touched the glass; the command is the next.
    assert calls[1] == steps.Call("command", "command-0001")


def test_a_command_is_tried_at_once_although_the_server_was_just_away() -> None:
    world = _quiet_world()
    world.fault = lambda: "lost-before"
    world.inputs.append(steps.Woken())
    while world.take():
        pass
    assert world.told == ["offline"]
    assert "server" in world.state.rest
    world.calls.clear()

    world.submit("command-0001")
    world.take()

    assert world.calls == [steps.Call("command", "command-0001")]


def test_commands_keep_their_order_while_the_server_is_away() -> None:
    world = _quiet_world()
    world.fault = lambda: "lost-before"
    for number in range(3):
        world.submit(f"command-{number:04d}")
    for _ in range(20):
        if not world.take():
            world.ring()
    world.calls.clear()
    world.calm_down()
    sent = [work.key for work in world.calls if isinstance(work, steps.Call) and work.job == "command"]
    assert sent == ["command-0000", "command-0001", "command-0002"]


def test_a_command_the_server_chokes_on_does_not_hold_up_the_next() -> None:
    world = _quiet_world()
    faults = iter(["confused-before"])
    world.fault = lambda: next(faults, "none")
    world.submit("command-bad1")
    world.submit("command-good")
    while world.take():
        pass
    assert world.server.carried_out == Counter(["command-good"])
    assert world.state.commands == ("command-bad1",)
    world.calm_down()
    assert world.server.carried_out == Counter(["command-good", "command-bad1"])


@pytest.mark.parametrize(("failures", "high"), [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0), (400, 30.0)])
def test_back_off_is_full_jitter_between_half_a_second_and_thirty(failures: int, high: float) -> None:
    assert engine.backoff(failures) == (0.5, high)


def test_a_broken_stream_is_answered_by_a_probe_so_that_offline_shows_at_once() -> None:
    world = _quiet_world()
    world.fault = lambda: "lost-before"
    world.break_stream()
    while world.take():
        pass
    assert world.told == ["offline"]


def test_a_device_that_was_revoked_wipes_its_mirror_but_keeps_what_was_promised() -> None:
    world = _quiet_world()
    world.change("a", 500, heard=True)
    while world.take():
        pass
    assert world.disk.entities
    state, effects = engine.step(
        engine.State(enrolled=True, busy=steps.Call("heartbeat"), commands=("command-0001",), places={FEED: 3}),
        steps.Failed(steps.Fault.REVOKED, errors.DeviceRevoked()),
    )
    assert effects[:2] == (steps.Tell(events.NeedsEnrolment(revoked=True)), steps.Wipe())
    state, effects = engine.step(state, steps.Failed(steps.Fault.DISK))
    assert steps.Wipe() not in effects
    state, _ = engine.step(state, steps.Failed(steps.Fault.UNREACHABLE))
    state, effects = engine.step(state, steps.TimedOut("disk"))
    assert effects == (steps.Wipe(),)
    state, effects = engine.step(state, steps.Wiped())
    assert state.commands == ("command-0001",)
    assert (state.enrolled, state.places) == (False, {})
    state, effects = engine.step(state, steps.TimedOut("server"))
    assert effects == (steps.Call("pairing"),)


def test_a_wipe_by_order_takes_what_was_on_its_way_to_the_mirror_along_and_fills_it_anew() -> None:
    world = _quiet_world()
    world.change("a", 500, heard=True)
    while not any(isinstance(work, steps.Apply) for work in (*world.state.todo, world.state.busy)):
        world.take()
    world.inputs.append(steps.WipeAsked())
    while world.take():
        pass
    assert steps.Wipe() in world.calls
    assert world.disk.entities == world.server.entities
    assert world.disk.places == {FEED: 1}


def test_enrolment_by_code_then_a_whole_snapshot() -> None:
    state, effects = engine.step(engine.State(), steps.Started())
    assert effects == (steps.Tell(events.NeedsEnrolment()), steps.Call("pairing"))
    state, _ = engine.step(state, steps.EnrolAsked("123456"))
    state, effects = engine.step(state, steps.Failed(steps.Fault.UNREACHABLE))
    state, effects = engine.step(state, steps.TimedOut("server"))
    assert effects == (steps.Call("enrol", "123456"),)
    refused = errors.EnrolCodeWrong()
    state, effects = engine.step(state, steps.Failed(steps.Fault.REFUSED, refused))
    assert steps.Tell(events.EnrolRefused(refused)) in effects
    assert effects[-1] == steps.Call("pairing")
    state, _ = engine.step(state, steps.EnrolAsked("654321"))
    state, effects = engine.step(state, steps.Failed(steps.Fault.CONFUSED))
    assert effects[-1] == steps.Call("enrol", "654321")
    state, effects = engine.step(state, steps.Known(makers.an_enrolled()))
    assert steps.Tell(events.DeviceEnrolled(makers.an_enrolled())) in effects
    assert steps.OpenStream() in effects
    assert effects[-1] == steps.Call("snapshot")


def test_other_feeds_ask_who_the_device_is_and_another_store_begins_the_mirror_anew() -> None:
    state = engine.State(kind="kiosk", enrolled=True, place="kiosk-1", epoch="e1", places={"global": 7, "east": 41})
    snapshot = Snapshot(epoch="e1", now=makers.NOW, cursors={"global": 7, "west": 3}, rows=())
    state, _ = engine.step(state, steps.Started())
    state, effects = engine.step(replace(state, wants=frozenset()), steps.SnapshotCame(snapshot))
    assert effects[-1] == steps.Replace(snapshot)
    state, effects = engine.step(state, steps.Applied("e1", snapshot.cursors, frozenset()))
    assert effects == (steps.Call("self"),)
    change = makers.a_change("west", 4, "reward", "wash", None)
    late = steps.Apply((change,), "e1", {"global": 7, "west": 4}, makers.NOW)
    state, effects = engine.step(
        replace(state, todo=(late,)), steps.Known(makers.an_enrolled(place="kiosk-9"), moved=True)
    )
    assert (state.epoch, state.places, state.todo, state.place) == ("", {}, (), "kiosk-9")
    assert effects[-1] == steps.Call("snapshot")
    state, effects = engine.step(state, steps.SnapshotCame(snapshot))
    state, effects = engine.step(state, steps.Applied("e1", snapshot.cursors, frozenset()))
    assert steps.Call("self") not in effects, "asked once"


def test_an_unreachable_server_during_enrolment_is_asked_again_with_the_same_code() -> None:
    state, _ = engine.step(engine.State(), steps.EnrolAsked("123456"))
    state, effects = engine.step(state, steps.Failed(steps.Fault.UNREACHABLE))
    assert steps.TellOffline() in effects
    state, effects = engine.step(state, steps.TimedOut("server"))
    assert effects == (steps.Call("enrol", "123456"),)


def test_a_lost_row_of_a_feed_is_noticed_and_a_snapshot_fetched() -> None:
    world = _quiet_world()
    world.change("a", 1, heard=False)
    world.change("b", 2, heard=True)
    row = world.server.log.pop(0)  # the server sends a page with a hole
    while world.take():
        pass
    assert steps.Call("snapshot") in world.calls
    assert row.entity_id in world.disk.entities


def test_a_kiosk_never_asks_for_a_manifest() -> None:
    state, effects = engine.step(
        engine.State(kind="kiosk", enrolled=True, place="kiosk-1", epoch="e1"), steps.Started()
    )
    told = list(effects)
    inputs: list[steps.Input] = [
        steps.ChangesCame(SyncAnswer(epoch="e1", now=makers.NOW, cursors={})),
        steps.Applied("e1", {}, frozenset({"display"})),
        steps.Beaten(),
        steps.Known(makers.an_enrolled()),
        steps.StreamOpened("e1", {}),
        steps.DisplayNudged("kiosk-1", 4),
        steps.Woken(),
        steps.TimedOut("poll"),
    ]
    for event in inputs:
        state, effects = engine.step(state, event)
        told += effects
        assert "manifest" not in state.wants
    assert steps.Call("manifest") not in told
    assert steps.Call("heartbeat") in told


def test_a_heartbeat_that_failed_is_tried_again_after_its_rest() -> None:
    beating = engine.State(enrolled=True, online=True, stream="open", busy=steps.Call("heartbeat"))
    state, effects = engine.step(beating, steps.Failed(steps.Fault.CONFUSED))
    (timer,) = (one for one in effects if isinstance(one, steps.StartTimer))
    periodic = [
        one.name
        for one in engine.step(engine.State(enrolled=True), steps.Started())[1]
        if isinstance(one, steps.StartTimer)
    ]
    assert timer.name not in periodic, (
        "the end of its rest would be taken for the next beat, and it would rest for ever"
    )
    state, effects = engine.step(state, steps.TimedOut(timer.name))
    assert steps.Call("heartbeat") in effects


def test_no_manifest_for_this_place_is_no_fault() -> None:
    state = engine.State(enrolled=True, stream="open", busy=steps.Call("manifest"), wants=frozenset({"manifest"}))
    state, effects = engine.step(state, steps.Failed(steps.Fault.NOT_FOUND, errors.NotFound()))
    assert state.wants == frozenset()
    assert not any(isinstance(effect, steps.StartTimer) for effect in effects)


def _ordered(*orders: tuple[str, str]) -> tuple[engine.State, tuple[steps.Effect, ...]]:
    until = makers.NOW + timedelta(minutes=10)
    told = tuple(DeviceCommand(command_id=name, kind=kind, expires_at=until) for name, kind in orders)
    state = engine.State(kind="kiosk", enrolled=True, stream="open", online=True, places={FEED: 3}, epoch="e1")
    state, effects = engine.step(state, steps.OrdersWaiting())
    assert effects == (steps.Call("orders"),)
    return engine.step(state, steps.OrdersCame(told))


def test_an_ordered_wipe_is_answered_only_when_the_disk_is_clean_x2() -> None:
    state, effects = _ordered(("order-01", "wipe"))
    assert effects == (steps.Wipe(),)
    state, effects = engine.step(state, steps.Failed(steps.Fault.DISK))
    assert not any(isinstance(effect, steps.Call) and effect.job == "order-answer" for effect in effects)
    state, effects = engine.step(state, steps.TimedOut("disk"))
    state, effects = engine.step(state, steps.Wiped())
    assert (state.epoch, state.places) == ("", {})
    answers = []
    for came in (
        steps.SnapshotCame(World(lambda: "none").server.snapshot()),
        steps.Applied("e1", {FEED: 3}, frozenset()),
        steps.Known(makers.an_enrolled()),
    ):
        state, effects = engine.step(state, came)
        answers += [one for one in effects if isinstance(one, steps.Call) and one.job == "order-answer"]
    assert answers == [steps.Call("order-answer", "order-01", "done:")]
    state, _ = engine.step(state, steps.OrderAnswered("order-01", "done"))
    assert (state.orders, state.replies) == ({}, {})


def test_an_order_fetched_again_is_not_begun_again_and_its_answer_is_sent_until_it_arrives() -> None:
    state, effects = _ordered(("order-01", "screenshot"))
    assert effects == (steps.Tell(events.OrderCame("order-01", "screenshot")),)
    state, effects = engine.step(state, steps.OrderDone("order-01", "refused", "no"))
    assert effects == (steps.Call("order-answer", "order-01", "refused:no"),)
    state, effects = engine.step(state, steps.Failed(steps.Fault.CONFUSED))
    state, effects = engine.step(state, steps.OrdersWaiting())
    state, effects = engine.step(
        state, steps.OrdersCame((DeviceCommand(command_id="order-01", kind="screenshot", expires_at=makers.NOW),))
    )
    assert not any(isinstance(effect, steps.Tell) for effect in effects)
    state, effects = engine.step(state, steps.TimedOut("order-answer"))
    assert effects == (steps.Call("order-answer", "order-01", "refused:no"),)
    state, effects = engine.step(state, steps.Failed(steps.Fault.NOT_FOUND, errors.NotFound()))
    assert state.replies == {}


def test_a_restart_is_answered_before_it_is_done() -> None:
    state, effects = _ordered(("order-01", "restart-app"))
    assert effects == (steps.Call("order-answer", "order-01", "done:"),)
    state, effects = engine.step(state, steps.OrderAnswered("order-01", "done"))
    assert effects == (steps.Tell(events.OrderCame("order-01", "restart-app")),)


@pytest.mark.parametrize(
    "came",
    [
        steps.OrderAnswered("order-01", "expired"),
        steps.OrderAnswered("order-01", "cancelled"),
        steps.Failed(steps.Fault.NOT_FOUND, errors.NotFound()),
    ],
)
def test_a_restart_whose_answer_came_too_late_is_not_done(came: steps.Input) -> None:
    state, _ = _ordered(("order-01", "restart-app"))
    state, effects = engine.step(state, came)
    assert not any(isinstance(effect, steps.Tell) and isinstance(effect.event, events.OrderCame) for effect in effects)
    assert (state.orders, state.replies) == ({}, {})


def test_commands_of_one_member_wait_for_one_another_and_nobody_else_does() -> None:
    state = engine.State(kind="kiosk", enrolled=True, stream="open")
    sent = []
    for command_id, member in (("wang-1", "wang"), ("wang-2", "wang"), ("li-1", "li")):
        state, effects = engine.step(state, steps.Submitted(command_id, member))
        sent += [effect for effect in effects if isinstance(effect, steps.Call)]
    assert sent == [steps.Call("command", "wang-1")]
    # The server chokes on the first: it rests, and the next of the same member rests with it.
    state, effects = engine.step(state, steps.Failed(steps.Fault.CONFUSED))
    assert steps.Call("command", "li-1") in effects
    state, effects = engine.step(state, steps.Failed(steps.Fault.CONFUSED))
    assert not any(isinstance(effect, steps.Call) and effect.job == "command" for effect in effects)
    state = engine.step(state, steps.Failed(steps.Fault.CONFUSED))[0] if state.busy else state
    state, effects = engine.step(state, steps.TimedOut("command:wang-1"))
    assert state.busy == steps.Call("command", "wang-1")


def _staged(*shas: str, bulky: frozenset[str] = frozenset()) -> tuple[engine.State, tuple[steps.Effect, ...]]:
    state = engine.State(enrolled=True, stream="open", busy=steps.Call("manifest"), online=True)
    return engine.step(state, steps.ManifestCame("key", 1, shas, len(shas), bulky))


def _fetched(effects: tuple[steps.Effect, ...]) -> list[str]:
    return [effect.sha256 for effect in effects if isinstance(effect, steps.Fetch)]


def test_two_media_come_at_a_time_and_the_manifest_is_switched_to_with_the_last() -> None:
    state, effects = _staged("m1", "m2", "m3")
    assert _fetched(effects) == ["m1", "m2"]
    state, effects = engine.step(state, steps.MediaCame("m2"))
    assert _fetched(effects) == ["m3"]
    state, effects = engine.step(state, steps.MediaCame("m1"))
    assert effects == (steps.Tell(events.ContentComing(2, 3)),)
    state, effects = engine.step(state, steps.MediaCame("m3"))
    assert effects[-1] == steps.Flip("key")


def test_bulky_media_wait_for_the_window_and_others_do_not() -> None:
    state = engine.State(enrolled=True, stream="open", busy=steps.Call("manifest"), online=True, window=False)
    state, effects = engine.step(state, steps.ManifestCame("key", 1, ("m1", "m2"), 2, frozenset({"m1"})))
    assert _fetched(effects) == ["m2"]
    state, effects = engine.step(state, steps.Window(is_open=True))
    assert _fetched(effects) == ["m1"]


def test_a_medium_that_does_not_come_rests_alone() -> None:
    state, _ = _staged("m1", "m2", "m3")
    state, effects = engine.step(state, steps.MediaFailed("m1", steps.Fault.CONFUSED))
    assert _fetched(effects) == ["m3"]
    state, effects = engine.step(state, steps.TimedOut("media:m1"))
    assert _fetched(effects) == []  # two are under way
    state, effects = engine.step(state, steps.MediaCame("m2"))
    assert _fetched(effects) == ["m1"]


def test_a_command_holds_downloads_back_until_it_is_answered() -> None:
    state, _ = _staged("m1", "m2", "m3")
    state, effects = engine.step(state, steps.Submitted("command-0001"))
    assert effects == (steps.Call("command", "command-0001"),)
    state, effects = engine.step(state, steps.MediaPaused("m1"))
    assert _fetched(effects) == []
    state, effects = engine.step(state, steps.CommandGone("command-0001"))
    assert _fetched(effects) == ["m1"]


def test_the_last_medium_of_a_manifest_that_was_replaced_meanwhile_switches_to_nothing() -> None:
    state = engine.State(
        enrolled=True,
        stream="open",
        busy=steps.Call("manifest"),
        staged="old",
        missing=("m1",),
        media=1,
        fetching=("m1",),
    )
    state, _ = engine.step(state, steps.MediaCame("m1"))
    state, effects = engine.step(state, steps.ManifestCame("new", 2, ("m2",), 1))
    assert not any(isinstance(effect, steps.Flip) for effect in effects)
    state, effects = engine.step(state, steps.MediaCame("m2"))
    assert effects[-1] == steps.Flip("new")
