"""What a device says of what it handed out is held against the store's rules and the catalogue (A14)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.rewards.offline import settling
from central_api.rewards.offline.rules import Rules
from central_api.rewards.tables import rewards
from tests.central_api.rewards.rogue import PRICE, WASH, Rogue
from tests.support.central import WANG, Club

OPEN = Rules(enabled=True, floor_points=600, hours=24, quotas={WASH: 3})


@pytest.fixture
def rogue(club: Club) -> Rogue:
    return Rogue(club, club.device())


def _points(club: Club) -> int:
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        return ledger.balances(tx, WANG, date(2026, 5, 16)).points


def _borne(club: Club) -> int:
    with club.context.db.read() as tx:
        return settling.store_account(tx, "east")


def test_where_nothing_was_turned_on_nobody_is_charged_and_no_voucher_is_made(club: Club, rogue: Rogue) -> None:
    before = _points(club)
    command = rogue.command()
    settled = rogue.settle(command)
    assert (settled.points_taken, settled.shortfall, settled.reason) == (0, PRICE, "limit")
    assert (rogue.kept(command).reason, rogue.voucher(command)) == ("off", None)
    assert (_points(club), _borne(club)) == (before, PRICE)
    assert rogue.settle(command) == settled


@pytest.mark.parametrize("reward", ["fuel-card-100", "detail-wash"], ids=["not-marked", "without-quota"])
def test_a_reward_that_is_not_marked_makes_no_voucher(club: Club, rogue: Rogue, reward: str) -> None:
    rogue.allow(OPEN)
    before = _points(club)
    command = rogue.command(reward, 0)
    assert rogue.settle(command).points_taken == 0
    assert (rogue.kept(command).reason, rogue.voucher(command)) == ("reward", None)
    assert _points(club) == before


def test_what_the_catalogue_does_not_know_costs_nobody_anything(club: Club, rogue: Rogue) -> None:
    rogue.allow(OPEN)
    before = _points(club)
    command = rogue.command("no-such-thing", 10**9, days=9)
    settled = rogue.settle(command)
    assert (settled.points_taken, settled.shortfall, rogue.kept(command).reason) == (0, 0, "reward")
    assert _points(club) == before


@pytest.mark.parametrize(("told", "taken"), [(0, 0), (PRICE - 1, PRICE - 1), (10**9, PRICE)])
def test_a_member_never_pays_more_than_the_catalogue_asks(club: Club, rogue: Rogue, told: int, taken: int) -> None:
    rogue.allow(OPEN)
    before = _points(club)
    command = rogue.command(points=told)
    settled = rogue.settle(command)
    assert (settled.points_taken, settled.shortfall) == (taken, PRICE - taken)
    assert rogue.kept(command).reason == "price"
    assert (_points(club), _borne(club)) == (before - taken, PRICE - taken)
    assert rogue.voucher(command).state == "issued"


def test_a_price_for_a_tier_is_no_wrong_one(club: Club, rogue: Rogue) -> None:
    rogue.allow(OPEN)
    with club.context.db.write() as tx:
        tier = members.member(tx, WANG).tier
        content = {
            "name": {"zh": "洗车", "en": ""},
            "line": {"zh": "", "en": ""},
            "offline": True,
            "points_by_tier": {tier: 250},
        }
        tx.execute(update(rewards).where(rewards.c.slug == WASH).values(content=content))
    settled = rogue.settle(rogue.command(points=250))
    assert (settled.points_taken, settled.shortfall, settled.reason) == (250, 0, "")


def test_a_card_pays_the_floor_in_an_outage_and_what_is_above_is_the_stores(club: Club, rogue: Rogue) -> None:
    rogue.allow(Rules(enabled=True, floor_points=500, quotas={WASH: 9}))
    before = _points(club)
    first, second, third = (rogue.command(tap="the-same-tap") for _ in range(3))
    assert rogue.settle(first).points_taken == PRICE
    assert rogue.settle(second).points_taken == 500 - PRICE
    rogue.outage = "another-outage"
    renamed = rogue.command(tap="the-same-tap", evidence=club.card().evidence(rogue.counter))
    assert rogue.settle(renamed).points_taken == 0, "one tap is of one outage"
    assert rogue.settle(third).points_taken == 0
    assert [rogue.kept(one).reason for one in (first, second)] == ["", "floor"]
    assert (_points(club), _borne(club)) == (before - 500, 4 * PRICE - 500)


def test_more_pieces_than_the_device_may_hand_out_are_on_the_staffs_list(club: Club, rogue: Rogue) -> None:
    rogue.allow(Rules(enabled=True, floor_points=9000, quotas={WASH: 1}))
    first, second = rogue.command(), rogue.command()
    rogue.settle(first)
    rogue.settle(second)
    assert [rogue.kept(one).reason for one in (first, second)] == ["", "quota"]


def test_a_voucher_lasts_as_long_as_the_catalogue_says(club: Club, rogue: Rogue) -> None:
    rogue.allow(OPEN)
    honest, long = rogue.command(), rogue.command(days=30_000)
    rogue.settle(honest)
    rogue.settle(long)
    assert [rogue.kept(one).reason for one in (honest, long)] == ["", "days"]
    assert rogue.voucher(long).valid_to == rogue.voucher(honest).valid_to == honest.valid_to


def test_what_was_handed_out_in_the_future_is_on_the_staffs_list(club: Club, rogue: Rogue) -> None:
    rogue.allow(OPEN)
    command = rogue.command(later=timedelta(days=1), days=0)
    rogue.settle(command)
    assert rogue.kept(command).reason == "clock"
    assert rogue.voucher(command).issued_at == club.clock.now()


def test_a_rule_that_ended_in_an_outage_still_holds_for_it_and_not_for_ever(club: Club, rogue: Rogue) -> None:
    rogue.allow(OPEN)
    club.clock.forward(3600)
    rogue.allow(Rules(enabled=False))
    club.clock.forward(3600)
    unheard = rogue.command()
    assert rogue.settle(unheard).reason == ""
    club.clock.forward(24 * 3600)
    late = rogue.command()
    rogue.settle(late)
    assert (rogue.kept(late).reason, rogue.voucher(late)) == ("off", None)
