"""Cards are pointers: out of stock into hands, blocked at once here and in the mirror, replaced and brought back (N5, N6, K17)."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from central_api.cards import pin_rules
from central_api.cards.tables import card_sessions, cards, pins
from central_api.db import Tx
from central_api.devices.tables import devices, places
from central_api.feed.tables import feed_entities
from central_api.ledger import service as ledger
from central_api.lifecycle import card_desk, repository
from central_api.members.personal import Details
from central_api.members.tables import members
from central_api.security.envelope import Place
from central_api.staff.tables import audit
from club.model import errors
from club.wire.changes import MemberEntity
from tests.support.books import NOW
from tests.support.hall import PIN_HASH, PROGRAMME, Hall

UID, OTHER_UID = "04AABBCCDDEE01", "04AABBCCDDEE02"


def mirrored(hall: Hall, uid: str, store: str = "east") -> MemberEntity | None:
    """What devices of a store know of a card."""
    with hall.db.read() as tx:
        query = select(feed_entities.c.payload).where(feed_entities.c.entity_id == hall.keyring.card_hash(store, uid))
        found = tx.scalar(query)
    return None if found is None else msgspec.json.decode(found, type=MemberEntity)


def state(hall: Hall, card: str) -> tuple[str, str | None]:
    """A card's state and its member."""
    with hall.db.read() as tx:
        row = tx.first(select(cards).where(cards.c.id == card))
    return row.state, row.member


def session(hall: Hall, card: str, member: str) -> str:
    """An open session of a card."""
    with hall.db.write() as tx:
        device = hall.books.new_id()
        tx.execute(insert(places).values(slug="kiosk-1", kind="kiosk", store="east", name={}))
        values = {"id": device, "kind": "kiosk", "place": "kiosk-1", "store": "east", "public_key": "k" * 43}
        tx.execute(insert(devices).values(**values, version="0.1.0", enrolled_at=NOW, enrolled_by="code"))
        name = hall.books.new_id()
        values = {"id": name, "device": device, "store": "east", "card": card, "member": member, "assurance": "uid"}
        tx.execute(insert(card_sessions).values(**values, evidence_sha256="0" * 64, opened_at=NOW, used_at=NOW))
    return name


def ended(hall: Hall, name: str) -> bool:
    """Whether a session is over."""
    with hall.db.read() as tx:
        return tx.scalar(select(card_sessions.c.ended_at).where(card_sessions.c.id == name)) is not None


def test_a_card_goes_out_of_stock_with_its_pin_and_devices_know(hall: Hall) -> None:
    member = hall.member()
    hall.books.earn(member, 70, 0)
    with hall.db.read() as tx:
        assert repository.in_stock(tx) == []
    blank = hall.blank(UID)
    hall.blank(OTHER_UID)
    with hall.db.read() as tx:
        assert [(row.batch, row.family, row.left) for row in repository.in_stock(tx)] == [("2026-05-B", "ntag424", 2)]
    with hall.db.write() as tx:
        card_desk.issue(tx, hall.desk, blank, member, PIN_HASH)
    with hall.db.read() as tx:
        assert [row.left for row in repository.in_stock(tx)] == [1]
        assert tx.scalar(select(pins.c.hash).where(pins.c.card == blank)) == PIN_HASH
    assert state(hall, blank) == ("active", member)
    shown = mirrored(hall, UID)
    assert shown is not None
    assert (shown.card_state, shown.points) == ("active", 70)
    assert mirrored(hall, OTHER_UID) is None, "stock is nobody's business"


def test_a_lost_card_is_blocked_here_and_in_the_mirror_and_its_session_ends(hall: Hall) -> None:
    member = hall.member()
    card = hall.card(member, UID)
    open_one = session(hall, card, member)
    with hall.db.write() as tx:
        card_desk.block(tx, hall.desk, card)
    assert state(hall, card) == ("blocked", member)
    shown = mirrored(hall, UID)
    assert shown is not None
    assert (shown.card_state, shown.blocked_since) == ("blocked", hall.books.today)
    assert ended(hall, open_one)
    hall.books.today += timedelta(days=1)
    with hall.db.write() as tx:
        card_desk.block(tx, hall.desk, card, "other")
        assert tx.scalar(select(cards.c.blocked_since)) == NOW.date(), "the first day stays"


def test_a_replaced_card_is_good_for_nothing_and_points_are_the_members(hall: Hall) -> None:
    member = hall.member()
    hall.books.earn(member, 70, 0)
    old, new = hall.card(member, UID, driver="公冶长丙"), hall.blank(OTHER_UID)
    with hall.db.write() as tx:
        card_desk.replace(tx, hall.desk, old, new, "another-hash")
    assert (state(hall, old), state(hall, new)) == (("replaced", member), ("active", member))
    found = mirrored(hall, UID), mirrored(hall, OTHER_UID)
    assert [one.card_state for one in found if one is not None] == ["replaced", "active"]
    with hall.db.read() as tx:
        assert ledger.balances(tx, member, hall.books.today).points == 70
        assert {row.card: row.hash for row in tx.rows(select(pins))} == {new: "another-hash"}
        sealed = tx.scalar(select(cards.c.driver).where(cards.c.id == new))
        assert hall.vault.open(tx, Place("cards", "driver", new), sealed) == "公冶长丙"
    for pair in ((old, hall.blank()), (new, old)):
        with pytest.raises(errors.CardNotFit), hall.db.write() as tx:
            card_desk.replace(tx, hall.desk, *pair, PIN_HASH)
    assert state(hall, new) == ("active", member)


def test_a_card_that_is_brought_back_can_be_issued_again_and_keeps_its_counter(hall: Hall) -> None:
    member, other = hall.member(), hall.member()
    card = hall.card(member, UID)
    with hall.db.write() as tx:
        tx.execute(cards.update().values(last_counter=41))
        card_desk.bring_back(tx, hall.desk, card)
        card_desk.bring_back(tx, hall.desk, card)
        assert tx.rows(select(pins)) == []
    assert state(hall, card) == ("stock", None)
    assert mirrored(hall, UID) is None
    with hall.db.write() as tx:
        card_desk.issue(tx, hall.desk, card, other, PIN_HASH)
        assert tx.scalar(select(cards.c.last_counter)) == 41
    assert state(hall, card) == ("active", other)


def test_a_company_has_a_card_for_each_driver_with_a_pin_of_its_own(hall: Hall) -> None:
    company = hall.member()
    first, second = hall.card(company, UID, driver="甲某"), hall.card(company, OTHER_UID, driver="乙某")
    with hall.db.write() as tx:
        card_desk.set_pin(tx, hall.desk, second, "second-hash", "id-card")
        card_desk.block(tx, hall.desk, first)
        found = {row.card: row.hash for row in tx.rows(select(pins))}
        rows = {row.id: bytes(row.driver) for row in tx.rows(select(cards))}
        names = {name: hall.vault.open(tx, Place("cards", "driver", name), driver) for name, driver in rows.items()}
    assert found == {first: PIN_HASH, second: "second-hash"}
    assert names == {first: "甲某", second: "乙某"}
    assert (state(hall, first)[0], state(hall, second)[0]) == ("blocked", "active")


def test_a_temporary_card_ends_by_itself(hall: Hall) -> None:
    member = hall.member()
    card = hall.blank(UID)
    with hall.db.write() as tx:
        card_desk.issue(tx, hall.desk, card, member, PIN_HASH, good_until=hall.books.today)
        assert card_desk.end_temporary(tx, hall.desk, hall.books.today) == 0
    hall.books.today += timedelta(days=1)
    with hall.db.write() as tx:
        assert card_desk.end_temporary(tx, hall.desk, hall.books.today) == 1
        assert card_desk.end_temporary(tx, hall.desk, hall.books.today) == 0
        assert tx.scalar(select(cards.c.reason)) == "over"
    assert state(hall, card) == ("blocked", member)


def test_what_does_not_go_together_is_refused_and_changes_nothing(hall: Hall) -> None:
    member, waiting = hall.member(), hall.member()
    with hall.db.write() as tx:
        tx.execute(members.update().where(members.c.id == waiting).values(status="pending"))
    card, blank = hall.card(member, UID), hall.blank(OTHER_UID)
    cases: list[tuple[type[errors.ClubError], Callable[[Tx], None]]] = [
        (errors.CardNotFit, lambda tx: card_desk.issue(tx, hall.desk, card, member, PIN_HASH)),
        (errors.CardNotActive, lambda tx: card_desk.issue(tx, hall.desk, blank, waiting, PIN_HASH)),
        (errors.NotFound, lambda tx: card_desk.issue(tx, hall.desk, blank, "nobody", PIN_HASH)),
        (errors.NotFound, lambda tx: card_desk.block(tx, hall.desk, "no-card")),
        (errors.CardNotFit, lambda tx: card_desk.block(tx, hall.desk, blank)),
        (errors.CardNotFit, lambda tx: card_desk.set_pin(tx, hall.desk, blank, PIN_HASH, "id-card")),
        (errors.CardNotFit, lambda tx: card_desk.replace(tx, hall.desk, blank, blank, PIN_HASH)),
    ]
    for refusal, act in cases:
        with pytest.raises(refusal), hall.db.write() as tx:
            act(tx)
    with pytest.raises(errors.CardNotFit):
        hall.blank(UID)
    assert (state(hall, card), state(hall, blank)) == (("active", member), ("stock", None))


def test_every_act_stands_in_the_log_and_names_nobody(hall: Hall) -> None:
    member = hall.member(Details("砚舟", "13800006621"))
    card, new = hall.card(member, UID, driver="公冶长丙"), hall.blank(OTHER_UID)
    with hall.db.write() as tx:
        card_desk.set_pin(tx, hall.desk, card, PIN_HASH, "id-card")
        card_desk.replace(tx, hall.desk, card, new, PIN_HASH)
        card_desk.block(tx, hall.desk, new)
        card_desk.bring_back(tx, hall.desk, new)
        rows = tx.rows(select(audit).order_by(audit.c.id))
    acts = ["card.take-in", "card.issue", "card.take-in", "pin.set", "card.replace", "card.block", "card.return"]
    assert [row.act for row in rows] == acts
    assert {row.actor for row in rows} == {"staff:1001"}
    assert not any(part in repr(rows) for part in ("砚舟", "6621", "公冶", PIN_HASH, UID))


def test_a_pin_is_typed_twice_and_not_easy_to_guess(hall: Hall) -> None:
    member = hall.member(Details("砚舟", "13800046621", "", "06-18"))

    def check(pin: str, again: str | None = None) -> None:
        with hall.db.read() as tx:
            card_desk.check_pin(tx, hall.vault, PROGRAMME, member, pin, pin if again is None else again)

    check("402817")
    with pytest.raises(errors.PinsDiffer):
        check("402817", "402816")
    for text in ("40281", "4028170", "40281a", "４０２８１７", ""):
        with pytest.raises(errors.Malformed):
            check(text)
    rules = {
        "777777": "same-digit",
        "123456": "ascending",
        "890123": "ascending",
        "654321": "descending",
        "046621": "phone-tail",
        "996621": "phone-tail",
        "061877": "birthday",
        "770618": "birthday",
        "180655": "birthday",
        "900101": "birthday",
    }
    for pin, rule in rules.items():
        with pytest.raises(errors.PinTooSimple) as refused:
            check(pin)
        assert refused.value.facts == {"rule": rule}, pin


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_only_rules_that_hold_forbid_a_pin(pin: str) -> None:
    assert pin_rules.weakness(pin, ()) is None
    assert pin_rules.weakness(pin, ("a-rule-of-later",)) is None
    found = pin_rules.weakness(pin, ("same-digit", "ascending", "descending"))
    assert (found == "same-digit") == (len(set(pin)) == 1)
