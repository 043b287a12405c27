"""Devices are let in once by a code, known by their signature, and shut out when revoked (C9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central_api.devices import repository
from central_api.devices import service as devices
from central_api.staff.tables import audit
from club.model import errors
from club.model.ids import new_id
from club.wire import signing
from club.wire.codec import encode
from club.wire.devices import Enrolled, Heartbeat, HeartbeatAnswer, OnGlass
from tests.support.central import Club, Device, code_of, facts_of, read

WRONG = (401, "enrol_code_wrong")


def a_code(club: Club, digits: str = "271828", place: str = "kiosk-1") -> str:
    with club.context.db.write() as tx:
        devices.make_code(
            tx, club.context.keyring, place=place, now=club.clock.now(), minutes=10, digits=digits, code_id=new_id()
        )
    return digits


def refusal(club: Club, digits: str, device: Device | None = None, kind: str = "kiosk") -> tuple[int, str]:
    answer = club.enrol(device or club.new_device(), digits, kind)
    return answer.status_code, code_of(answer)


def standing(club: Club) -> int:
    with club.context.db.read() as tx:
        return len(repository.standing(tx, ["east"]))


def test_a_code_lets_one_device_in_and_tells_it_who_it_is(club: Club) -> None:
    digits, device = a_code(club), club.new_device()
    found = read(club.enrol(device, digits), Enrolled)
    assert (found.place, found.kind, found.store.slug, found.store.name.zh) == ("kiosk-1", "kiosk", "east", "城东店")
    assert (found.store.club.zh, found.store.time_zone) == ("行舟会", "Asia/Shanghai")
    assert signing.from_text(found.card_key) == club.context.keyring.card_key("east")
    assert read(device.get("/v1/devices/self"), Enrolled) == found
    assert read(club.enrol(device, digits), Enrolled) == found, "a lost answer is asked for again"
    assert refusal(club, digits) == WRONG


def test_a_code_lapses(club: Club) -> None:
    first, second = a_code(club), a_code(club, "314159", "kiosk-2")
    club.clock.forward(timedelta(minutes=9, seconds=59).total_seconds())
    assert read(club.enrol(club.new_device(), first), Enrolled).place == "kiosk-1"
    club.clock.forward(1)
    assert refusal(club, second) == WRONG
    assert standing(club) == 1


def test_a_code_is_for_one_kind_of_device(club: Club) -> None:
    digits = a_code(club, place="tv-1")
    assert refusal(club, digits, kind="kiosk") == WRONG
    assert standing(club) == 0
    assert read(club.enrol(club.new_device(), digits, "lounge"), Enrolled).place == "tv-1"


def test_a_code_is_made_for_a_place_that_exists(club: Club) -> None:
    with pytest.raises(errors.NotFound, match="kiosk-1, kiosk-2, tv-1"):
        a_code(club, place="kiosk-9")


def test_only_the_codes_keyed_hash_is_kept(club: Club) -> None:
    digits = a_code(club)
    with club.context.db.write() as tx:
        row = repository.code(tx, club.context.keyring.code_hash(digits))
    assert digits not in str(row)


def test_another_key_does_not_take_over_a_device(club: Club) -> None:
    device = club.device()
    other = club.new_device()
    thief = Device(other.http, type(other.identity)(device.identity.device_id, other.identity._key), club.clock)
    assert refusal(club, a_code(club), thief) == WRONG
    assert device.get("/v1/devices/self").status_code == 200


def test_a_device_nobody_enrolled_is_unknown(club: Club) -> None:
    answer = club.new_device().get("/v1/devices/self")
    assert (answer.status_code, code_of(answer)) == (401, "device_unknown")


def test_an_unsigned_request_is_refused(club: Club) -> None:
    for method, target in (
        ("GET", "/v1/snapshot"),
        ("GET", "/v1/sync"),
        ("GET", "/v1/stream"),
        ("POST", "/v1/heartbeats"),
    ):
        answer = club.http.request(method, target, content=b"{}" if method == "POST" else None)
        assert answer.status_code in (400, 401), (target, answer.text)
        assert code_of(answer) in ("device_unknown", "malformed")


@pytest.mark.parametrize("changed", ["target", "body", "key", "signature"])
def test_a_request_changed_on_its_way_is_refused(club: Club, changed: str) -> None:
    device = club.device()
    body = encode(Heartbeat(version="0.1.0", at=club.clock.now()))
    headers = device.identity.sign(method="POST", target="/v1/heartbeats", body=body, at=club.clock.now())
    target = "/v1/heartbeats"
    if changed == "target":
        target += "?x=1"
    elif changed == "body":
        body = body.replace(b"0.1.0", b"0.1.1")
    elif changed == "key":
        headers[signing.KEY_HEADER] = "another-key"
    else:
        headers[signing.SIGNATURE_HEADER] = headers[signing.SIGNATURE_HEADER][:-4] + "AAAA"
    answer = club.http.post(target, content=body, headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "signature_wrong")


@pytest.mark.parametrize("away", [-301, 301])
def test_a_read_signed_at_another_time_is_told_the_servers(club: Club, away: int) -> None:
    device = club.device()
    answer = device.send("GET", "/v1/devices/self", at=club.clock.now() + timedelta(seconds=away))
    assert (answer.status_code, code_of(answer)) == (401, "clock_skew")
    assert facts_of(answer) == {"now": club.clock.now().isoformat(), "seconds": 301}
    assert device.send("GET", "/v1/devices/self", at=club.clock.now() + timedelta(seconds=299)).status_code == 200


def test_a_revoked_device_is_shut_out(club: Club) -> None:
    device = club.device()
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    answer = device.get("/v1/snapshot")
    assert (answer.status_code, code_of(answer)) == (403, "device_revoked")
    with club.context.db.read() as tx:
        log = tx.rows(select(audit.c.actor, audit.c.act, audit.c.subject).order_by(audit.c.id))
    name = f"device:{device.identity.device_id}"
    assert [tuple(row) for row in log][-2:] == [
        (name, "device.enrol", "place:kiosk-1"),
        ("staff:1000", "device.revoke", name),
    ]
    with pytest.raises(errors.NotFound), club.context.db.write() as tx:
        devices.revoke(tx, "no-such-device", club.clock.now(), by="staff:1000")


def test_a_device_of_a_newer_wire_is_told_to_wait(club: Club) -> None:
    device = club.device()
    headers = device.identity.sign(method="GET", target="/v1/devices/self", body=b"", at=club.clock.now())
    headers[signing.VERSION_HEADER] = str(signing.WIRE_VERSION + 1)
    answer = club.http.get("/v1/devices/self", headers=headers)
    assert (answer.status_code, code_of(answer)) == (426, "wire_unknown")
    assert facts_of(answer) == {"oldest": 1, "newest": signing.WIRE_VERSION}


def test_a_heartbeat_is_kept_and_answered_with_the_time(club: Club) -> None:
    device = club.device("tv-1")
    glass = OnGlass(what="b-lakeside 3", since=club.clock.now(), frames=7200)
    beat = Heartbeat(version="0.1.0", at=club.clock.now(), on_glass=glass, manifest_revision=4, outbox=0)
    assert read(device.post("/v1/heartbeats", beat), HeartbeatAnswer).now == club.clock.now()
    assert club.context.beats.marks(device.identity.device_id, club.clock.now())[-1] == "heard"
    with club.context.db.read() as tx:
        row = repository.device(tx, device.identity.device_id)
    assert (row.on_glass, row.frames, row.manifest_revision) == ("b-lakeside 3", 7200, 4)
    assert row.seen_at == club.clock.now()
