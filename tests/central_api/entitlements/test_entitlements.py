"""Entitlements are granted by tier, counted, expire, and every use is registered with what it saved (A7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from central_api.entitlements import service as entitlements
from central_api.entitlements.service import Held, Use
from central_api.jobs import runner
from central_api.members.tables import members
from central_api.programme import entitlement_rules
from central_api.programme import service as programmes
from central_api.programme.tables import benefit_uses
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House

DAY = date(2026, 5, 16)


def use(house: House, member: str, what: str, reference: str, **more: Any) -> bool:
    wanted = Use(entitlement=what, by="chen", at=house.now, reference=reference, **more)
    return house.books.db.run(lambda tx: entitlements.register(tx, member, wanted, new_id=house.books.new_id))


def held(house: House, member: str) -> dict[str, int | None]:
    with house.books.db.read() as tx:
        return {one.entitlement: one.left for one in entitlements.held(tx, member, house.today)}


def uses(house: House, member: str) -> list[tuple[str, str, str, int, int]]:
    with house.books.db.read() as tx:
        rows = tx.rows(select(benefit_uses).where(benefit_uses.c.member == member).order_by(benefit_uses.c.at))
    return [(row.entitlement, row.by, row.department, row.times, row.saved_fen) for row in rows]


def saved(house: House, member: str) -> int:
    with house.books.db.read() as tx:
        return programmes.saved_this_year(tx, member, house.now, club.ZONE)


def test_each_use_is_registered_counted_and_feeds_what_was_saved(house: House) -> None:
    house.at(DAY)
    member = house.member("gold")
    assert use(house, member, "free-wash", "job-1")
    assert not use(house, member, "free-wash", "job-1")
    assert use(house, member, "free-wash", "job-2", times=2, department="west", saved_fen=9000)
    assert held(house, member) == {"free-wash": 3, "lounge": None}
    assert uses(house, member) == [("free-wash", "chen", "service", 1, 6000), ("free-wash", "chen", "west", 2, 9000)]
    assert saved(house, member) == 15_000


def test_what_is_used_up_is_refused_and_registers_nothing(house: House) -> None:
    member = house.member("silver")
    use(house, member, "free-wash", "job-1", times=2)
    with pytest.raises(errors.LimitReached) as refused:
        use(house, member, "free-wash", "job-2")
    assert refused.value.facts == {"reward": "free-wash", "left": 0, "wanted": 1}
    with pytest.raises(errors.NotFound):
        use(house, member, "space-flight", "job-3")
    with pytest.raises(errors.LimitReached):
        use(house, member, "detail-wash", "job-4")  # a diamond's
    with pytest.raises(errors.Malformed):
        use(house, member, "free-wash", "job-5", times=0)
    with pytest.raises(errors.IdempotencyConflict):
        use(house, member, "lounge", "job-1")
    assert saved(house, member) == 12_000


@pytest.mark.parametrize("status", ["expired", "closed"])
def test_a_membership_that_does_not_stand_uses_nothing_and_is_granted_nothing(house: House, status: str) -> None:
    member = house.member("gold")
    with house.books.db.write() as tx:
        tx.execute(update(members).where(members.c.id == member).values(status=status))
    with pytest.raises(errors.CardNotActive):
        use(house, member, "free-wash", "job-1")
    assert runner.run_by_hand(house.parts, "entitlements")[0].counts == {}
    assert held(house, member) == {}


def test_without_limit_is_without_limit(house: House) -> None:
    member = house.member("gold")
    for number in range(30):
        use(house, member, "lounge", f"visit-{number}")
    assert held(house, member)["lounge"] is None


def test_a_sold_card_is_used_after_what_expires_before_it(house: House) -> None:
    house.at(DAY)
    member = house.member("silver")
    for _ in range(2):
        house.books.db.run(
            lambda tx: entitlements.sell(
                tx,
                member,
                "free-wash",
                count=3,
                starts=DAY,
                expires=DAY + timedelta(days=900),
                sale="B-9",
                by="li",
                now=house.now,
                new_id=house.books.new_id,
            )
        )
    assert use(house, member, "free-wash", "job-1", times=3, saved_fen=100)
    with house.books.db.read() as tx:
        left = {one.source: one.left for one in entitlements.held(tx, member, DAY)}
    assert left == {"tier": 0, "sold": 2}
    assert [row[3:] for row in uses(house, member)] in ([(2, 66), (1, 34)], [(1, 34), (2, 66)])
    assert saved(house, member) == 100


def test_the_last_one_is_used_once_by_many_hands(house: House) -> None:
    member = house.member("silver")
    use(house, member, "free-wash", "job-0")

    def hand(number: int) -> bool:
        try:
            return use(house, member, "free-wash", f"hand-{number}")
        except errors.LimitReached:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(hand, range(6))) == 1
    assert held(house, member)["free-wash"] == 0


def test_a_new_month_and_a_new_year_of_membership_bring_new_ones(house: House) -> None:
    house.at(DAY)
    member = house.member("diamond", joined=date(2025, 7, 10))
    house.tick()
    assert runner.run_by_hand(house.parts, "entitlements")[0].counts == {"members": 1, "grants": 2}
    assert runner.run_by_hand(house.parts, "entitlements")[0].counts == {}
    use(house, member, "detail-wash", "m-1", times=2)
    use(house, member, "free-wash", "y-1", times=12)
    house.at(date(2026, 6, 1))
    assert [ran.counts for ran in house.tick("entitlements")] == [{"members": 1, "grants": 1}]
    assert held(house, member) == {"free-wash": 0, "detail-wash": 2}
    house.at(date(2026, 7, 10))  # missed: the 1st, and the member's own day is today
    house.tick("entitlements")
    with house.books.db.read() as tx:
        found = entitlements.held(tx, member, house.today)
    assert found == (
        Held("detail-wash", "tier", 2, 2, date(2026, 7, 31)),
        Held("free-wash", "tier", 12, 0, date(2026, 9, 30)),  # of last year, to its quarter's end
        Held("free-wash", "tier", 12, 12, date(2027, 9, 30)),
    )


def test_what_an_undone_upgrade_brought_goes_and_what_was_used_stays(house: House) -> None:
    house.at(DAY)
    member = house.member()
    small, large = house.bill(member, 510_000), house.bill(member, 2_000_000)
    house.book(small)
    house.book(large)
    use(house, member, "free-wash", "job-1", times=3)
    use(house, member, "detail-wash", "job-2")
    house.give_back(house.refund(large))
    assert house.row(member).tier == "silver"
    assert held(house, member) == {"free-wash": 0, "detail-wash": 0}
    with house.books.db.read() as tx:
        assert {one.entitlement: one.count for one in entitlements.held(tx, member, DAY)} == {
            "free-wash": 3,
            "detail-wash": 1,
        }


@pytest.mark.parametrize(
    ("joined", "day", "starts", "expires"),
    [
        (date(2028, 2, 29), date(2029, 2, 28), date(2028, 2, 29), date(2029, 3, 31)),
        (date(2028, 2, 29), date(2029, 3, 1), date(2029, 3, 1), date(2030, 3, 31)),
        (date(2028, 2, 29), date(2032, 2, 29), date(2032, 2, 29), date(2033, 3, 31)),
        (date(2025, 12, 31), date(2026, 12, 30), date(2025, 12, 31), date(2026, 12, 31)),
        (date(2025, 12, 31), date(2026, 12, 31), date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_year_of_membership_follows_the_one_before_without_a_gap(
    joined: date, day: date, starts: date, expires: date
) -> None:
    assert club.COUNTING.entitlements is not None
    (wash,) = entitlement_rules.shares(club.COUNTING.entitlements, "silver", joined, day)
    assert (wash.starts, wash.expires) == (starts, expires)


def test_saved_this_year_begins_with_the_stores_year(house: House) -> None:
    member = house.member("gold")
    house.now = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    use(house, member, "free-wash", "old")
    assert saved(house, member) == 6000
    house.now += timedelta(minutes=1)  # midnight in Shanghai
    use(house, member, "free-wash", "new")
    assert saved(house, member) == 6000
