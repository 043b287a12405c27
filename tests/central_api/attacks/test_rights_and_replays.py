"""A display's key opens no member's data, and what was sent once opens nothing a second time (N3, N5, X2)."""

import json

import pytest
from msgspec.structs import replace

from central_api import background
from central_api.cards import repository as cards
from central_api.devices import service as devices
from central_api.feed import service as feed
from club.wire import codec
from club.wire.cards import CardSession, StepUp
from club.wire.changes import Change, Snapshot, SyncAnswer
from club.wire.devices import NO_CARD_KEY, Enrolled
from club.wire.signing import from_text
from tests.support.central import WANG, Card, Club, Device, a_redeem, code_of, facts_of, new_id, read


def _of_members(answer: Snapshot) -> int:
    return sum(row.entity == "member" for row in answer.rows)


def test_a_display_opens_no_card_session_and_redeems_nothing(club: Club) -> None:
    kiosk, tv = club.device("kiosk-1"), club.device("tv-1")
    session = kiosk.session(club.card())
    command = a_redeem(session)
    ask = StepUp(
        command_id=command.command_id, session_id=session.session_id, body_sha256="0" * 64, pin=club.demo.pins[WANG]
    )
    one = f"/v1/card-sessions/{session.session_id}"
    answers = [
        tv.open(club.card().evidence(2000)),
        tv.get(one),
        tv.get(f"{one}/history"),
        tv.send("DELETE", one),
        tv.post("/v1/step-ups", ask),
        tv.redeem(command),
    ]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(403, "not_allowed")] * 6
    assert facts_of(answers[0]) == {"needs": "kiosk"}
    assert kiosk.get(one).status_code == 200


def test_a_display_is_told_of_no_member(club: Club) -> None:
    kiosk, tv = club.device("kiosk-1"), club.device("tv-1")
    mirrored, shown = read(kiosk.get("/v1/snapshot"), Snapshot), read(tv.get("/v1/snapshot"), Snapshot)
    assert (_of_members(mirrored) > 0, _of_members(shown)) == (True, 0)
    assert len(shown.rows) == len(mirrored.rows) - _of_members(mirrored)


def test_a_display_learns_that_the_feed_has_grown_but_not_by_whom(club: Club) -> None:
    kiosk, tv = club.device("kiosk-1"), club.device("tv-1")
    before = read(tv.get("/v1/snapshot"), Snapshot)
    club.redeemed(kiosk, a_redeem(kiosk.session(club.card())))
    background.publish_due(club.context)
    after = ",".join(f"{name}:{seq}" for name, seq in before.cursors.items())
    target = f"/v1/sync?epoch={before.epoch}&after={after}"
    told, grown = read(tv.get(target), SyncAnswer), read(kiosk.get(target), SyncAnswer)

    def of_members(answer: SyncAnswer) -> list[Change]:
        return [change for change in answer.changes if change.entity == "member"]

    assert told.cursors == grown.cursors != before.cursors
    assert [change.seq for change in told.changes] == [change.seq for change in grown.changes]
    assert of_members(grown)
    assert [(change.entity_id, change.is_gone) for change in of_members(told)] == [(feed.WITHHELD, True)]


def test_a_display_is_given_no_key_to_cards(club: Club) -> None:
    kiosk, tv = club.device("kiosk-1"), club.device("tv-1")
    keys = [from_text(read(device.get("/v1/devices/self"), Enrolled).card_key) for device in (kiosk, tv)]
    assert keys == [club.context.keyring.card_key("east"), NO_CARD_KEY]


def test_a_tap_sent_again_is_no_way_back_into_a_session_that_was_ended(club: Club) -> None:
    kiosk, tap, session_id = club.device(), club.card().tap(), new_id()
    first = read(kiosk.open(tap, session_id), CardSession)
    assert read(kiosk.open(tap, session_id), CardSession) == first
    kiosk.send("DELETE", f"/v1/card-sessions/{session_id}")
    assert code_of(kiosk.open(tap, session_id)) == "session_ended"


def test_a_tap_sent_again_is_no_way_back_into_a_session_nobody_used(club: Club) -> None:
    kiosk, tap, session_id = club.device(), club.card().tap(), new_id()
    read(kiosk.open(tap, session_id), CardSession)
    club.clock.forward(club.context.settings.sessions.card_minutes * 60 + 1)
    assert code_of(kiosk.open(tap, session_id)) == "session_ended"


def test_a_tap_sent_again_does_not_beat_a_block(club: Club) -> None:
    kiosk, card, session_id = club.device(), club.card(), new_id()
    tap = card.tap()
    read(kiosk.open(tap, session_id), CardSession)
    with club.context.db.write() as tx:
        cards.set_state(tx, cards.card(tx, card.uid).id, {"state": "blocked"})
    assert code_of(kiosk.open(tap, session_id)) == "card_blocked"


def test_a_revoked_device_is_not_let_in_by_the_code_it_used(club: Club) -> None:
    device = club.new_device()
    digits = "314159"
    with club.context.db.write() as tx:
        devices.make_code(
            tx,
            club.context.keyring,
            place="kiosk-1",
            now=club.clock.now(),
            minutes=10,
            digits=digits,
            code_id=new_id(),
        )
    assert club.enrol(device, digits).status_code == 200
    assert club.enrol(device, digits).status_code == 200  # asked again: the same answer
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    assert code_of(club.enrol(device, digits)) == "device_revoked"
    assert code_of(device.get("/v1/devices/self")) == "device_revoked"


@pytest.mark.parametrize("change", ["command", "quantity", "price", "session", "device"])
def test_a_grant_lets_through_nothing_but_its_own_command(club: Club, change: str) -> None:
    kiosk, other = club.device("kiosk-1"), club.device("kiosk-2")
    session = kiosk.session(club.card())
    granted = club.granted(kiosk, a_redeem(session))
    second = kiosk.session(_later(club))
    forged = {
        "command": replace(granted, command_id=new_id()),
        "quantity": replace(granted, quantity=2),
        "price": replace(granted, unit_points=1),
        "session": replace(granted, session_id=second.session_id),
        "device": granted,
    }[change]
    sender: Device = other if change == "device" else kiosk
    answer = sender.redeem(forged)
    assert code_of(answer) == ("session_ended" if change == "device" else "grant_wrong")
    fresh = json.loads(kiosk.get(f"/v1/card-sessions/{session.session_id}").content)
    assert fresh["member"]["points"] == session.member.points
    assert kiosk.redeem(granted).status_code == 200


def _later(club: Club) -> Card:
    card = club.card()
    card.counter = 500
    return card


def test_nobody_redeems_with_the_command_of_another_kiosk(club: Club) -> None:
    kiosk, other = club.device("kiosk-1"), club.device("kiosk-2")
    granted = club.granted(kiosk, a_redeem(kiosk.session(club.card())))
    assert kiosk.redeem(granted).status_code == 200
    assert code_of(other.redeem(granted)) == "idempotency_conflict"
    assert code_of(kiosk.send("POST", "/v1/redemptions", codec.encode(granted), key=new_id())) == "malformed"
