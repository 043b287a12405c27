"""A device that nobody knows shows a code until staff enter it, then fetches its content by itself (C9, lounge-17)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from club.model import errors
from club.sync import engine, events, steps
from club.wire.devices import Pairing
from tests.club.sync import makers
from tests.club.sync.small_club import SmallClub, a_club
from tests.club.sync.test_worker import Device

EXPIRES = makers.NOW + timedelta(minutes=10)


def a_pairing(code: str = "7K2M9Q", *, enrolled: bool = False) -> steps.PairingCame:
    return steps.PairingCame(Pairing(code=code, expires_at=EXPIRES, enrolled=enrolled))


def asking() -> engine.State:
    state, effects = engine.step(engine.State(), steps.Started())
    assert effects == (steps.Tell(events.NeedsEnrolment()), steps.Call("pairing"))
    return state


def test_a_code_is_told_once_and_asked_about_every_few_seconds() -> None:
    state, effects = engine.step(asking(), a_pairing())
    assert steps.Tell(events.PairingCode("7K2M9Q", EXPIRES)) in effects
    assert steps.StartTimer("pairing", 3.0, 3.0) in effects
    assert not any(isinstance(effect, steps.Work) for effect in effects)
    state, effects = engine.step(state, steps.TimedOut("pairing"))
    assert effects == (steps.Call("pairing"),)
    state, effects = engine.step(state, a_pairing())
    assert effects == (steps.StartTimer("pairing", 3.0, 3.0),)
    state, _ = engine.step(state, steps.TimedOut("pairing"))
    _, effects = engine.step(state, a_pairing("4PX0TW"))
    assert steps.Tell(events.PairingCode("4PX0TW", EXPIRES)) in effects


def test_once_entered_the_device_asks_who_it_is_and_begins_with_a_snapshot() -> None:
    state, effects = engine.step(asking(), a_pairing(enrolled=True))
    assert effects[-1] == steps.Call("self")
    _, effects = engine.step(state, steps.Known(makers.an_enrolled()))
    assert steps.Tell(events.DeviceEnrolled(makers.an_enrolled())) in effects
    assert effects[-1] == steps.Call("snapshot")


@pytest.mark.parametrize("fault", list(steps.Fault))
def test_whatever_is_answered_the_next_question_waits(fault: steps.Fault) -> None:
    refusal = errors.DeviceRevoked() if fault is steps.Fault.REVOKED else None
    state, effects = engine.step(asking(), steps.Failed(fault, refusal))
    assert not any(isinstance(effect, steps.Work) for effect in effects)
    timer = next(effect for effect in effects if isinstance(effect, steps.StartTimer))
    _, effects = engine.step(state, steps.TimedOut(timer.name))
    assert steps.Call("pairing") in effects


def test_a_device_that_is_not_known_after_all_asks_for_a_code_again() -> None:
    state, _ = engine.step(asking(), a_pairing(enrolled=True))
    state, effects = engine.step(state, steps.Failed(steps.Fault.UNKNOWN, errors.DeviceUnknown()))
    assert not any(isinstance(effect, steps.Work) for effect in effects)
    _, effects = engine.step(state, steps.TimedOut("pairing"))
    assert effects == (steps.Call("pairing"),)


def test_a_code_given_at_start_goes_before_one_to_show() -> None:
    state, effects = engine.step(asking(), steps.EnrolAsked("123456"))
    assert effects == ()
    _, effects = engine.step(state, a_pairing())
    assert steps.Call("enrol", "123456") in effects


@pytest.fixture
def club() -> Iterator[SmallClub]:
    with a_club() as made:
        made.known = False
        yield made


@pytest.fixture
def device(club: SmallClub, tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path, club.server.address, kind="lounge")
    yield made
    made.close()


def test_from_the_code_on_the_screen_to_the_boards(club: SmallClub, device: Device) -> None:
    manifest = club.publish(1, b"picture one", b"picture two")
    device.worker.start()
    device.until(events.NeedsEnrolment)
    assert device.until(events.PairingCode) == events.PairingCode("7K2M9Q", EXPIRES)
    club.pairing_codes.append("4PX0TW")
    assert device.until(events.PairingCode).code == "4PX0TW"
    club.entered = True
    assert device.until(events.DeviceEnrolled).enrolled == club.enrolled
    coming = [device.until(events.ContentComing) for _ in range(3)]
    assert [(one.done, one.total) for one in coming] == [(0, 2), (1, 2), (2, 2)]
    assert device.until(events.ManifestReady).manifest == manifest
    assert device.worker.mirror.enrolled() == club.enrolled
