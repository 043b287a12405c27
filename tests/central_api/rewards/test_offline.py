"""Redeeming while the club cannot be reached: off by default, within the store's limits, settled once, and never at the member's cost (A14)."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from central_api.cards import repository as cards
from central_api.ledger import service as ledger
from central_api.rewards import limits
from central_api.rewards.offline import rules, settling
from central_api.rewards.offline.rules import Rules
from club.model import errors
from club.sync import events
from club.sync.offline_desk import Handed, Wish
from club.wire.cards import CardSession, Evidence
from club.wire.offline import OfflineRedeem, OfflineSettled, read_qr
from tests.support.central import WANG, WANG_UID, Club, code_of, new_id, read
from tests.support.quiet_device import QuietDevice

WASH, PRICE = "quick-wash", 300
_counters = itertools.count(1)  # a card counts its taps
OPEN = Rules(enabled=True, floor_points=600, hours=24, quotas={WASH: 3, "detail-wash": 5})


on_sqlite = pytest.mark.parametrize("club", ["sqlite"], indirect=True)
"""What the device alone decides needs no second database."""


def _allow(club: Club, rule: Rules = OPEN, starts: timedelta = timedelta(0)) -> None:
    now = club.clock.now()
    with club.context.db.write() as tx:
        rules.put(
            tx,
            club.context.keyring,
            "east",
            rule,
            starts=now + starts,
            by="staff:1001",
            now=now,
            new_id=club.context.new_id,
        )


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.rest()
    yield made
    made.close()


def _offline(kiosk: QuietDevice) -> None:
    """The mirror is fresh, and the cable is out."""
    kiosk.pass_by(90)
    kiosk.cable.cut = True
    kiosk.pass_by(90)


def _back(kiosk: QuietDevice) -> None:
    kiosk.cable.cut = False
    kiosk.pass_by(180)


def _wish(club: Club, reward: str = WASH, evidence: Evidence | None = None, pin: str = "", tap: str = "") -> Wish:
    return Wish(
        new_id(),
        tap or new_id(),
        reward,
        evidence or club.card().evidence(next(_counters)),
        pin or club.demo.pins[WANG],
    )


def _settled(kiosk: QuietDevice) -> list[OfflineSettled]:
    answers = [event.answer for event in kiosk.told if isinstance(event, events.CommandSettled)]
    return [one for one in answers if isinstance(one, OfflineSettled)]


def _points(club: Club) -> int:
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        return ledger.balances(tx, WANG, date(2026, 5, 16)).points


def _reason(kiosk: QuietDevice, wish: Wish) -> str:
    with pytest.raises(errors.OfflineRefused) as caught:
        kiosk.offline.redeem(wish)
    return caught.value.text("reason")


@on_sqlite
def test_nothing_is_handed_out_unless_the_store_turned_it_on(club: Club, kiosk: QuietDevice) -> None:
    _offline(kiosk)
    assert _reason(kiosk, _wish(club)) == "off"


@on_sqlite
def test_nothing_is_handed_out_while_the_club_can_be_reached(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    kiosk.pass_by(90)
    assert _reason(kiosk, _wish(club)) == "off"


@on_sqlite
def test_rules_begin_when_they_are_dated_also_during_an_outage(club: Club, kiosk: QuietDevice) -> None:
    _allow(club, starts=timedelta(hours=1))
    _offline(kiosk)
    assert _reason(kiosk, _wish(club)) == "off"
    kiosk.pass_by(3600)
    assert kiosk.offline.redeem(_wish(club)).voucher.reward == WASH


def test_what_was_handed_out_is_paid_once_and_the_voucher_is_the_members(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    _offline(kiosk)
    before = _points(club)
    handed = kiosk.offline.redeem(_wish(club))
    assert handed.voucher.points == PRICE
    _back(kiosk)
    (settled,) = _settled(kiosk)
    assert (settled.points_taken, settled.shortfall, settled.reason) == (PRICE, 0, "")
    assert _points(club) == before - PRICE
    home = read(kiosk.device.open(club.card().evidence(next(_counters))), CardSession)
    assert [one.state for one in home.member.vouchers if one.code == handed.voucher.code] == ["issued"]
    with club.context.db.read() as tx:
        assert settling.staff_list(tx, "east") == []
        assert settling.store_account(tx, "east") == 0
    assert kiosk.doing.outbox.pending() == ()


@on_sqlite
def test_the_vouchers_qr_proves_itself_without_a_server(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    _offline(kiosk)
    handed = kiosk.offline.redeem(_wish(club))
    entity = kiosk.doing.mirror.offline()
    assert entity is not None
    assert read_qr(handed.qr, entity.device_keys) == handed.voucher
    body, _, signature = handed.qr.rpartition(".")
    with pytest.raises(errors.DeviceUnknown):
        read_qr(handed.qr, {})
    other = club.device("kiosk-1").identity
    with pytest.raises(errors.SignatureWrong):
        read_qr(handed.qr, {handed.voucher.device: other.public_key})
    for wrong in ("", "XZV1:7K2M9Q4T63", body, f"{body}.{signature[:-2]}"):
        with pytest.raises((errors.Malformed, errors.SignatureWrong)):
            read_qr(wrong, entity.device_keys)


@on_sqlite
def test_a_card_spends_the_floor_limit_in_an_outage_and_no_more_however_often_it_flickers(
    club: Club, kiosk: QuietDevice
) -> None:
    _allow(club)
    _offline(kiosk)
    kiosk.offline.redeem(_wish(club))
    kiosk.offline.redeem(_wish(club))
    assert _reason(kiosk, _wish(club)) == "floor"
    kiosk.boot()  # the power fails: the outage goes on
    assert _reason(kiosk, _wish(club)) == "floor"
    _back(kiosk)
    assert len(_settled(kiosk)) == 2
    kiosk.cable.cut = True
    kiosk.pass_by(90)
    assert (
        kiosk.offline.redeem(_wish(club)).voucher.points == PRICE
    )  # another outage, for which the club was asked between


@on_sqlite
@pytest.mark.parametrize(
    ("rule", "reward", "reason"),
    [
        (Rules(enabled=True, floor_points=9000, quotas={WASH: 1}), WASH, "stock"),
        (Rules(enabled=True, floor_points=9000, quotas={WASH: 9}), "detail-wash", "reward"),
        (Rules(enabled=False, quotas={WASH: 9}), WASH, "off"),
        (Rules(enabled=True, floor_points=9000, hours=0, quotas={WASH: 9}), WASH, "long"),
    ],
    ids=["quota", "not-marked", "off", "too-long"],
)
def test_each_limit_of_the_store_holds(club: Club, kiosk: QuietDevice, rule: Rules, reward: str, reason: str) -> None:
    _allow(club, rule)
    _offline(kiosk)
    if reason == "stock":
        kiosk.offline.redeem(_wish(club))
    assert _reason(kiosk, _wish(club, reward)) == reason
    error = kiosk.offline.look(club.card().evidence(next(_counters))).refused[reward]
    assert error is not None
    assert error.text("reason") == reason


@on_sqlite
def test_a_card_on_the_blocked_list_gets_nothing(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    kiosk.pass_by(90)
    card_hash = kiosk.doing.mirror.card_hash(WANG_UID)
    assert card_hash is not None
    member = kiosk.doing.mirror.member(card_hash)
    assert member is not None
    _offline(kiosk)
    blocked = msgspec.structs.replace(member, card_state="blocked")
    _mirrored(kiosk, card_hash, blocked)
    assert _reason(kiosk, _wish(club)) == "card"


def _mirrored(kiosk: QuietDevice, card_hash: str, value: object) -> None:
    from club.wire import codec
    from club.wire.changes import Change

    mirror = kiosk.doing.mirror
    row = Change(
        feed="store-east", seq=1, entity="member", entity_id=card_hash, payload=msgspec.Raw(codec.encode(value))
    )
    mirror.apply([row], epoch=mirror.epoch(), places=mirror.places(), at=kiosk.clock.now())


@on_sqlite
def test_a_card_that_can_prove_itself_gets_nothing_for_its_number_alone(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    _offline(kiosk)
    assert _reason(kiosk, _wish(club, evidence=Evidence(uid=WANG_UID, family="ntag424"))) == "card"
    assert kiosk.offline.redeem(_wish(club)).voucher.reward == WASH


@on_sqlite
def test_a_row_of_wire_version_1_is_read_and_needs_no_proof(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    kiosk.pass_by(90)
    card_hash = kiosk.doing.mirror.card_hash(WANG_UID)
    assert card_hash is not None
    known = kiosk.doing.mirror.member(card_hash)
    assert known is not None
    assert known.assurance == "cryptogram"
    _offline(kiosk)
    old = {name: value for name, value in msgspec.to_builtins(known).items() if name != "assurance"}
    _mirrored(kiosk, card_hash, old)
    read_again = kiosk.doing.mirror.member(card_hash)
    assert read_again == msgspec.structs.replace(known, assurance="uid")


@on_sqlite
def test_the_same_touch_gives_the_same_voucher_also_after_a_power_cut(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    _offline(kiosk)
    wish = _wish(club)
    first = kiosk.offline.redeem(wish)
    kiosk.boot()
    assert kiosk.offline.redeem(wish) == first
    _back(kiosk)
    assert [one.code for one in _settled(kiosk)] == [first.voucher.code]


@on_sqlite
def test_evidence_and_pin_lie_sealed_on_the_disk(club: Club, kiosk: QuietDevice) -> None:
    _allow(club)
    _offline(kiosk)
    evidence = club.card().evidence(next(_counters))
    kiosk.offline.redeem(_wish(club, evidence=evidence))
    kept = kiosk.on_disk()
    assert (evidence.sun_url or "").encode() not in kept
    assert WANG_UID.encode() not in kept
    assert club.demo.pins[WANG].encode() not in kept


def _handed(club: Club, kiosk: QuietDevice, pin: str = "") -> Handed:
    _allow(club)
    _offline(kiosk)
    return kiosk.offline.redeem(_wish(club, pin=pin))


def _short(club: Club, kiosk: QuietDevice, reason: str, taken: int = 0) -> OfflineSettled:
    """It was settled with that reason, the store bears the rest, and its staff see it."""
    (settled,) = _settled(kiosk)
    assert (settled.reason, settled.points_taken, settled.shortfall) == (reason, taken, PRICE - taken)
    with club.context.db.write() as tx:
        (row,) = settling.staff_list(tx, "east")
        assert (row.command, row.code, row.reason) == (settled.command_id, settled.code, reason)
        assert settling.store_account(tx, "east") == PRICE - taken
        assert settling.looked_into(tx, row.command, by="staff:1001", now=club.clock.now())
        assert not settling.looked_into(tx, row.command, by="staff:1002", now=club.clock.now())
        assert settling.staff_list(tx, "east") == []
    return settled


def test_a_wrong_pin_is_the_stores_loss_and_not_the_members(club: Club, kiosk: QuietDevice) -> None:
    before = _points(club)
    _handed(club, kiosk, pin="000000")
    _back(kiosk)
    _short(club, kiosk, "pin")
    assert _points(club) == before


def test_a_card_that_was_reported_lost_before_is_the_stores_loss(club: Club, kiosk: QuietDevice) -> None:
    before = _points(club)
    _handed(club, kiosk)
    with club.context.db.write() as tx:
        card = cards.card(tx, WANG_UID)
        cards.set_state(tx, card.id, {"state": "blocked", "reason": "lost", "blocked_since": date(2026, 5, 16)})
    _back(kiosk)
    _short(club, kiosk, "blocked")
    assert _points(club) == before


def test_points_that_were_spent_meanwhile_are_the_stores_loss_and_what_is_left_is_taken(
    club: Club, kiosk: QuietDevice
) -> None:
    _handed(club, kiosk)
    with club.context.db.write() as tx:
        ledger.lock_member(tx, WANG)
        today = date(2026, 5, 16)
        rest = ledger.balances(tx, WANG, today).points - 120
        occasion = ledger.Occasion("redeem", club.clock.now(), reference="elsewhere-0001")
        ledger.spend(tx, WANG, rest, today, occasion, new_id=club.context.new_id)
    _back(kiosk)
    _short(club, kiosk, "points", taken=120)
    assert _points(club) == 0


def test_what_is_above_the_cards_own_limit_is_the_stores_loss_and_counts_for_the_next(
    club: Club, kiosk: QuietDevice
) -> None:
    before = _points(club)
    _handed(club, kiosk)
    with club.context.db.write() as tx:
        cards.set_state(tx, cards.card(tx, WANG_UID).id, {"limit_points": 120, "limit_per": "day"})
    _back(kiosk)
    _short(club, kiosk, "limit", taken=120)
    assert _points(club) == before - 120
    with club.context.db.read() as tx, pytest.raises(errors.CardLimitReached):
        limits.must_allow(tx, cards.card(tx, WANG_UID).id, 1, club.clock.now(), "east")


def test_a_counter_that_another_tap_used_is_a_replay(club: Club, kiosk: QuietDevice) -> None:
    evidence = club.card().evidence(next(_counters))
    _allow(club)
    _offline(kiosk)
    kiosk.offline.redeem(_wish(club, evidence=evidence, tap="tap-00001"))
    kiosk.offline.redeem(_wish(club, evidence=evidence, tap="tap-00002"))
    _back(kiosk)
    assert sorted(one.reason for one in _settled(kiosk)) == ["", "replayed"]


def test_later_taps_may_have_arrived_first(club: Club, kiosk: QuietDevice) -> None:
    card = club.card()
    first, second = card.evidence(next(_counters)), card.evidence(next(_counters))
    _allow(club)
    _offline(kiosk)
    kiosk.offline.redeem(_wish(club, evidence=first))
    assert kiosk.device.open(second).status_code == 200  # at the other kiosk, which is online
    _back(kiosk)
    assert [one.reason for one in _settled(kiosk)] == [""]


def test_a_cancelled_voucher_gives_back_what_the_member_paid(club: Club, kiosk: QuietDevice) -> None:
    from central_api.rewards import voucher_life
    from central_api.rewards.voucher_life import Counter

    handed = _handed(club, kiosk)
    before = _points(club)
    _back(kiosk)
    assert _points(club) == before - PRICE
    with club.context.db.write() as tx:
        counter = Counter("east", "staff:1001", "", date(2026, 5, 16))
        voucher_life.cancel(tx, handed.voucher.code, counter, now=club.clock.now(), new_id=club.context.new_id)
    assert _points(club) == before


def test_a_command_has_one_answer_for_ever(club: Club, kiosk: QuietDevice) -> None:
    _handed(club, kiosk)
    (pending,) = kiosk.doing.outbox.pending()
    command = kiosk.doing.outbox.command(pending.command_id)
    assert isinstance(command, OfflineRedeem)
    _back(kiosk)
    (settled,) = _settled(kiosk)
    again = kiosk.device.post("/v1/offline-redemptions", command, key=command.command_id)
    assert read(again, OfflineSettled) == settled
    other = msgspec.structs.replace(command, unit_points=1)
    assert (
        code_of(kiosk.device.post("/v1/offline-redemptions", other, key=command.command_id)) == "idempotency_conflict"
    )
    wrong = msgspec.structs.replace(command, command_id=new_id(), code="7K2M9Q4T00")
    assert code_of(kiosk.device.post("/v1/offline-redemptions", wrong, key=wrong.command_id)) == "malformed"


def test_what_another_device_sealed_is_charged_to_nobody(club: Club, kiosk: QuietDevice) -> None:
    _handed(club, kiosk)
    (pending,) = kiosk.doing.outbox.pending()
    command = kiosk.doing.outbox.command(pending.command_id)
    assert isinstance(command, OfflineRedeem)
    moved = msgspec.structs.replace(command, command_id=new_id())  # the seal belongs to the other command
    answer = read(kiosk.device.post("/v1/offline-redemptions", moved, key=moved.command_id), OfflineSettled)
    assert (answer.reason, answer.points_taken, answer.shortfall) == ("seal", 0, PRICE)


@on_sqlite
def test_rules_name_only_what_is_marked_and_begin_in_the_future(club: Club) -> None:
    with pytest.raises(errors.Malformed, match="fuel-card-100"):
        _allow(club, Rules(enabled=True, quotas={"fuel-card-100": 1}))
    with pytest.raises(errors.Malformed, match="later"):
        _allow(club, starts=-timedelta(seconds=1))
    with pytest.raises(errors.Malformed, match="0 or more"):
        _allow(club, Rules(enabled=True, floor_points=-1))
