"""Points that a hold keeps for a till pay for nothing else, whoever spends (A13)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from central_api.db import Tx
from central_api.ledger.service import Occasion
from central_api.membership import service as membership
from central_api.programme.renewal import Offer
from central_api.rewards import holds
from central_api.tiers import service as tiers
from club.model import errors
from tests.support.programme_house import House


def hold(house: House, member: str, points: int) -> str:
    until = house.now + timedelta(minutes=10)
    return house.books.db.run(
        lambda tx: (
            holds.place(
                tx,
                member,
                points,
                reference="till-1",
                store="east",
                today=house.today,
                now=house.now,
                until=until,
                new_id=house.books.new_id,
            ).id
        )
    )


def pay_for_silver(house: House, member: str) -> Callable[[Tx], object]:
    return lambda tx: tiers.pay(tx, member, "silver", command="c-1", now=house.now, new_id=house.books.new_id)


def renew(house: House, member: str) -> Callable[[Tx], object]:
    offer = Offer("points", "c-2")
    return lambda tx: membership.renew(tx, member, offer, by="kiosk", now=house.now, new_id=house.books.new_id)


@pytest.mark.parametrize("spend", [pay_for_silver, renew])
def test_what_a_till_waits_for_pays_for_no_tier_and_no_renewal(
    house: House, spend: Callable[[House, str], Callable[[Tx], object]]
) -> None:
    member = house.member()
    house.book(house.bill(member, 100_000))
    kept = hold(house, member, 600)
    with pytest.raises(errors.NotEnoughPoints) as told:
        house.books.db.run(spend(house, member))
    assert told.value.facts["balance"] == 400
    occasion = Occasion(kind="redeem", at=house.now, store="east")
    house.books.db.run(
        lambda tx: holds.confirm(tx, kept, occasion, today=house.today, now=house.now, new_id=house.books.new_id)
    )
    assert house.points(member) == (400, 1000, 0)
    assert house.faults() == []


def test_a_hold_that_is_over_keeps_nothing(house: House) -> None:
    member = house.member()
    house.book(house.bill(member, 100_000))
    hold(house, member, 600)
    house.now += timedelta(minutes=10)
    house.books.db.run(pay_for_silver(house, member))
    assert house.points(member) == (200, 1000, 0)
