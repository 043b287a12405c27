"""What a PIN granted with a card is good for no more once the card is somebody else's, or nobody's (N4, N5)."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from central_api.cards.tables import grants, pins
from central_api.db import Tx
from central_api.lifecycle import card_desk, merging
from central_api.programme import service as programmes
from central_api.programme.content import Programme
from central_api.rewards.tables import redemptions
from club.wire.rewards import Redeemed
from tests.support.central import WANG, Club, a_redeem, code_of, read

CARD, OTHER = f"card-{WANG}", "m0002"


def desk(club: Club) -> card_desk.Desk:
    return card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())


def merges(club: Club) -> merging.Desk:
    return merging.Desk(club.context.keyring, "staff:1001", club.clock.now(), club.context.new_id)


def taken(club: Club) -> int:
    """Redemptions there are."""
    with club.context.db.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(redemptions)))


def unused(club: Club) -> list[str]:
    """The grants that could still be used."""
    with club.context.db.read() as tx:
        return [
            row.id for row in tx.rows(select(grants.c.id).where(grants.c.used_at.is_(None), grants.c.body_sha256 != ""))
        ]


def back_into_stock(tx: Tx, club: Club) -> None:
    card_desk.bring_back(tx, desk(club), CARD)


def to_somebody_else(tx: Tx, club: Club) -> None:
    card_desk.bring_back(tx, desk(club), CARD)
    card_desk.issue(tx, desk(club), CARD, OTHER, "a-hash")


def merged(tx: Tx, club: Club) -> None:
    rules = programmes.current(tx, club.clock.now())
    merging.merge(tx, merges(club), rules, WANG, OTHER, reason="two-cards")


@pytest.mark.parametrize("change", [back_into_stock, to_somebody_else, merged])
def test_a_granted_redemption_is_refused_once_its_card_changed_hands(
    club: Club, change: Callable[[Tx, Club], None]
) -> None:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    before = taken(club)
    with club.context.db.write() as tx:
        change(tx, club)
    assert code_of(device.redeem(command)) == "session_ended"
    assert (taken(club), unused(club)) == (before, [])


def test_a_card_goes_back_to_its_member_without_what_it_was_granted_in_the_others_name(club: Club) -> None:
    device, rules = club.device(), programmes_of(club)
    with club.context.db.write() as tx:
        made = merging.merge(tx, merges(club), rules, WANG, OTHER, reason="two-cards")
    command = club.granted(device, a_redeem(device.session(club.card())))
    before = taken(club)
    with club.context.db.write() as tx:
        merging.undo(tx, merges(club), made.merge)
    assert code_of(device.redeem(command)) == "session_ended"
    assert (taken(club), unused(club)) == (before, [])


def test_a_card_in_its_place_goes_back_as_well_and_spends_its_own_members_points(club: Club) -> None:
    device, rules = club.device(), programmes_of(club)
    blank = card_desk.Blank("04A1B2C3D4E5F6", "ntag424", "8800 9999 0001", "classic", "cryptogram", "2026-05-B")
    with club.context.db.write() as tx:
        made = merging.merge(tx, merges(club), rules, WANG, OTHER, reason="two-cards")
        new = card_desk.take_in(tx, desk(club), blank, new_id=club.context.new_id)
        pin = str(tx.scalar(select(pins.c.hash).where(pins.c.card == CARD)))
        card_desk.replace(tx, desk(club), CARD, new, pin)
    card = club.card(blank.uid)
    command = club.granted(device, a_redeem(device.session(card)))
    with club.context.db.write() as tx:
        merging.undo(tx, merges(club), made.merge)
    assert code_of(device.redeem(command)) == "session_ended", "it was opened and granted in the other's name"
    assert unused(club) == []
    done = club.redeemed(device, a_redeem(device.session(card)))
    with club.context.db.read() as tx:
        assert tx.scalar(select(redemptions.c.member).where(redemptions.c.id == done.redemption_id)) == WANG


def test_nothing_is_granted_when_the_card_changed_hands_while_the_pin_was_looked_at(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))

    def meanwhile(_self: object, _encoded: str, _pin: str) -> bool:
        with club.context.db.write() as tx:
            merged(tx, club)
        return True

    monkeypatch.setattr(type(club.context.passwords), "matches", meanwhile)
    assert code_of(device.step_up(command, "314159")) == "session_ended"
    with club.context.db.read() as tx:
        assert tx.rows(select(grants)) == []


def programmes_of(club: Club) -> Programme:
    """The rules in force."""
    with club.context.db.read() as tx:
        return programmes.current(tx, club.clock.now())


def test_a_redemption_that_was_answered_before_is_answered_the_same_afterwards(club: Club) -> None:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    done = read(device.redeem(command), Redeemed)
    with club.context.db.write() as tx:
        back_into_stock(tx, club)
    assert read(device.redeem(command), Redeemed) == done
