"""A driver's limit goes with the card: set by staff on the record, kept when the card is replaced, gone when it comes back (N4, N5)."""

import pytest
from sqlalchemy import select, update

from central_api.cards import lines
from central_api.cards.tables import cards
from central_api.db import Tx
from central_api.lifecycle import card_desk
from central_api.members.tables import members
from central_api.staff.tables import audit
from club.model import errors
from tests.support.hall import PIN_HASH, Hall


def company(hall: Hall) -> str:
    member = hall.member(surname="安达物流")
    with hall.db.write() as tx:
        tx.execute(update(members).where(members.c.id == member).values(kind="company"))
    return member


def limit_of(tx: Tx, card: str) -> tuple[int | None, str]:
    row = tx.first(select(cards).where(cards.c.id == card))
    return row.limit_points, row.limit_per


def test_a_limit_is_set_changed_and_lifted_each_on_the_record(hall: Hall) -> None:
    card = hall.card(company(hall), driver="赵师傅")
    with hall.db.write() as tx:
        assert limit_of(tx, card) == (None, "")
        card_desk.limit(tx, hall.desk, card, 500, "month")
        assert limit_of(tx, card) == (500, "month")
        card_desk.limit(tx, hall.desk, card, 0, "day")
        assert limit_of(tx, card) == (0, "day")
        card_desk.limit(tx, hall.desk, card, None, "day")
        assert limit_of(tx, card) == (None, "")
        noted = [row.facts for row in tx.rows(select(audit).where(audit.c.act == "card.limit").order_by(audit.c.id))]
    assert noted == [{"points": 500, "per": "month"}, {"points": 0, "per": "day"}, {"points": "none", "per": ""}]


def test_it_goes_with_the_new_card_and_not_with_one_that_comes_back(hall: Hall) -> None:
    old, new = hall.card(company(hall), driver="赵师傅"), hall.blank()
    with hall.db.write() as tx:
        card_desk.limit(tx, hall.desk, old, 500, "day")
        card_desk.replace(tx, hall.desk, old, new, PIN_HASH)
        assert limit_of(tx, new) == (500, "day")
        card_desk.bring_back(tx, hall.desk, new)
        assert limit_of(tx, new) == (None, "")


def test_a_new_card_is_in_the_line_of_the_first_and_one_that_came_back_in_its_own(hall: Hall) -> None:
    first, second, third = hall.card(company(hall)), hall.blank(), hall.blank()

    def line_of(card: str) -> str:
        return lines.of(tx.first(select(cards).where(cards.c.id == card)))

    with hall.db.write() as tx:
        card_desk.replace(tx, hall.desk, first, second, PIN_HASH)
        card_desk.replace(tx, hall.desk, second, third, PIN_HASH)
        assert {line_of(card) for card in (first, second, third)} == {first}
        card_desk.bring_back(tx, hall.desk, first)
        card_desk.bring_back(tx, hall.desk, second)
        assert line_of(third) == first, "what was spent with them counts for it all the same"
        assert len({line_of(card) for card in (first, second, third)}) == 3
        card_desk.replace(tx, hall.desk, third, first, PIN_HASH)
        assert line_of(first) == line_of(third) == first


def test_only_a_companys_card_in_use_has_one(hall: Hall) -> None:
    own, blank, firm = hall.card(hall.member()), hall.blank(), company(hall)
    old = hall.card(firm)
    with hall.db.write() as tx:
        for card, needs in ((own, "company"), (blank, "active")):
            with pytest.raises(errors.CardNotFit) as refused:
                card_desk.limit(tx, hall.desk, card, 500, "day")
            assert refused.value.facts["needs"] == needs
        with pytest.raises(errors.Malformed):
            card_desk.limit(tx, hall.desk, old, -1, "day")
        with pytest.raises(errors.NotFound):
            card_desk.limit(tx, hall.desk, "card-of-nobody", 1, "day")
