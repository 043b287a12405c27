"""Adding a device by the code on its screen: one code for ten minutes, entered once, guessed at little (C9)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central_api.devices import enrolled, incidents, pairing
from central_api.devices import service as devices
from central_api.devices.tables import pairings
from central_api.staff.tables import audit
from club.wire import codec
from club.wire.devices import AskPairing, DeviceKind, Enrolled, Pairing
from tests.support.central import Club, Device, code_of, new_id, read

EAST = ("east",)


def asking(device: Device, kind: DeviceKind = "kiosk", **other: str) -> AskPairing:
    identity = device.identity
    fields = {"device_id": identity.device_id, "public_key": identity.public_key, **other}
    return AskPairing(kind=kind, version="0.1.0", **fields)


def ask(device: Device, kind: DeviceKind = "kiosk") -> Pairing:
    return read(device.post("/v1/devices/pairings", asking(device, kind)), Pairing)


def enter(club: Club, code: str, place: str = "kiosk-1", staff: str = "1001") -> enrolled.Device | pairing.Refused:
    with club.context.db.write() as tx:
        return pairing.enter(tx, code, place, staff=staff, stores=EAST, code_id=new_id(), now=club.clock.now())


def test_a_code_entered_beside_a_free_place_lets_the_device_in(club: Club) -> None:
    device = club.new_device()
    shown = ask(device)
    assert not shown.enrolled
    assert shown.expires_at == club.clock.now() + timedelta(minutes=10)
    assert code_of(device.get("/v1/devices/self")) == "device_unknown"
    entered = enter(club, f" {shown.code[:3].lower()}-{shown.code[3:]} ")
    assert entered == enrolled.Device(device.identity.device_id, "kiosk", "kiosk-1", "east")
    again = ask(device)
    assert (again.enrolled, again.code) == (True, shown.code)
    assert read(device.get("/v1/devices/self"), Enrolled).place == "kiosk-1"
    with club.context.db.read() as tx:
        acts = [(row.actor, row.act, row.subject) for row in tx.rows(select(audit).where(audit.c.act.like("device.%")))]
    assert acts == [("staff:1001", "device.pair", "place:kiosk-1")]


def test_asking_again_gives_the_same_code_until_it_is_over_then_another(club: Club) -> None:
    device = club.new_device()
    first = ask(device)
    club.clock.forward(599)
    assert ask(device) == first
    club.clock.forward(1)
    second = ask(device)
    assert second.code != first.code
    assert enter(club, first.code) == pairing.Refused("wrong", tries_left=4)
    assert isinstance(enter(club, second.code), enrolled.Device)


def test_a_device_that_asks_twice_at_once_has_one_code(club: Club) -> None:
    device = club.new_device()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: ask(device).code, range(6)))
    assert len(set(found)) == 1
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(pairings)) == 1


def test_only_who_has_the_key_may_ask_for_an_id(club: Club) -> None:
    device, thief = club.new_device(), club.new_device()
    ask(device)
    foreign = thief.identity
    signed_by_another = thief.post("/v1/devices/pairings", asking(device))
    assert code_of(signed_by_another) == "signature_wrong"
    wrong_key = device.post("/v1/devices/pairings", asking(device, public_key=foreign.public_key))
    assert code_of(wrong_key) == "signature_wrong"
    other_id = device.post("/v1/devices/pairings", asking(device, device_id=foreign.device_id))
    assert code_of(other_id) == "signature_wrong"
    late = asking(device)
    club.clock.forward(3600)
    answer = device.send(
        "POST", "/v1/devices/pairings", codec.encode(late), at=club.clock.now() - timedelta(minutes=30)
    )
    assert code_of(answer) == "clock_skew"


def test_ten_screens_of_one_address_may_wait_and_the_eleventh_comes_later(club: Club) -> None:
    waiting = [club.new_device() for _ in range(pairing.OPEN_PER_SOURCE)]
    codes = {ask(device).code for device in waiting}
    assert len(codes) == len(waiting)
    late = club.new_device()
    answer = late.post("/v1/devices/pairings", asking(late))
    assert (answer.status_code, code_of(answer)) == (503, "unavailable")
    assert ask(waiting[0]).code in codes
    club.clock.forward(600)
    assert not ask(late).enrolled


def test_five_wrong_codes_pause_that_person_for_a_minute_and_nobody_else(club: Club) -> None:
    shown = ask(club.new_device())
    wrong = "000000" if shown.code != "000000" else "111111"
    told = [enter(club, wrong) for _ in range(5)]
    assert told == [pairing.Refused("wrong", tries_left=left) for left in (4, 3, 2, 1)] + [pairing.Refused("paused")]
    club.clock.forward(59)
    assert enter(club, shown.code) == pairing.Refused("paused")
    assert isinstance(enter(club, shown.code, staff="1000"), enrolled.Device)
    club.clock.forward(1)
    assert enter(club, wrong) == pairing.Refused("wrong", tries_left=4)


@pytest.mark.parametrize(
    ("place", "reason"),
    [("tv-1", "kind"), ("nowhere", "place"), ("tv-4", "kind")],
)
def test_a_place_must_suit_the_screen(club: Club, place: str, reason: str) -> None:
    found = enter(club, ask(club.new_device()).code, place)
    assert isinstance(found, pairing.Refused)
    assert found.reason == reason


def test_a_place_of_another_store_is_none(club: Club) -> None:
    shown = ask(club.new_device())
    with club.context.db.write() as tx:
        found = pairing.enter(
            tx, shown.code, "kiosk-1", staff="2012", stores=("west",), code_id=new_id(), now=club.clock.now()
        )
    assert found == pairing.Refused("place")


def test_a_place_somebody_stands_in_is_taken_until_that_device_is_revoked(club: Club) -> None:
    first = club.device("kiosk-1")
    shown = ask(club.new_device())
    assert enter(club, shown.code) == pairing.Refused("taken")
    with club.context.db.write() as tx:
        assert "kiosk-1" not in {row.slug for row in pairing.free_places(tx, EAST)}
        devices.revoke(tx, first.identity.device_id, club.clock.now(), by="staff:1000")
        assert "kiosk-1" in {row.slug for row in pairing.free_places(tx, EAST)}
    assert isinstance(enter(club, shown.code), enrolled.Device)


def test_of_two_who_choose_one_place_at_once_one_gets_it(club: Club) -> None:
    codes = [ask(club.new_device()).code for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda code: enter(club, code, "kiosk-2", staff="1000"), codes))
    assert sum(isinstance(one, enrolled.Device) for one in found) == 1
    assert [one for one in found if isinstance(one, pairing.Refused)] == [pairing.Refused("taken")] * 3


def test_a_revoked_device_is_let_in_again_by_a_new_code(club: Club) -> None:
    device = club.new_device()
    used = ask(device).code
    enter(club, used)
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    assert code_of(device.get("/v1/devices/self")) == "device_revoked"
    club.clock.forward(600)
    shown = ask(device)
    assert not shown.enrolled
    assert isinstance(enter(club, shown.code), enrolled.Device)
    assert read(device.get("/v1/devices/self"), Enrolled).place == "kiosk-1"


def test_codes_have_no_symbols_that_look_alike() -> None:
    assert pairing.new_code(lambda below: below - 1) == "YYYYYY"
    drawn = iter(range(32))
    assert not set("IOSZ") & {symbol for _ in range(5) for symbol in pairing.new_code(lambda _: next(drawn))}


def test_another_machine_takes_a_place_over_in_one_moment_and_the_place_goes_on(club: Club) -> None:
    old, new = club.device("kiosk-1"), club.new_device()
    with club.context.db.write() as tx:
        incidents.open_one(tx, old.identity.device_id, "kiosk-1", "disk", {"mib": 9}, club.clock.now())
    shown = ask(new)
    assert enter(club, shown.code) == pairing.Refused("taken")
    with club.context.db.write() as tx:
        found = pairing.enter(
            tx,
            shown.code,
            "kiosk-1",
            staff="1001",
            stores=EAST,
            code_id=new_id(),
            now=club.clock.now(),
            replace=True,
        )
    assert found == enrolled.Device(new.identity.device_id, "kiosk", "kiosk-1", "east")
    assert code_of(old.get("/v1/devices/self")) == "device_revoked"
    assert read(new.get("/v1/devices/self"), Enrolled).place == "kiosk-1"
    with club.context.db.read() as tx:
        (incident,) = incidents.of_place(tx, "kiosk-1")
        (record,) = tx.rows(select(audit).where(audit.c.act == "device.replace"))
    assert (incident.device, incident.closed_at) == (old.identity.device_id, club.clock.now()), (
        "the place's history stays"
    )
    assert record.facts == {
        "device": new.identity.device_id,
        "kind": "kiosk",
        "before": old.identity.device_id,
    }
