"""Whoever joins gets what the month holds for them, once, with the membership and not before (A6, A8)."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from central_api.entitlements import service as entitlements
from central_api.inbox.tables import member_messages, staff_tasks
from central_api.lifecycle import registration
from central_api.members import consents
from central_api.programme.joining import JoiningOffer, JoiningRules
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import reward_categories, rewards, vouchers
from club.model.text import Text
from tests.support.books import NOW
from tests.support.hall import PROGRAMME, Hall, applicant


@pytest.fixture
def shop(hall: Hall) -> Hall:
    """A hall with the texts of joining and one reward."""
    values: dict[str, Any] = {
        "slug": "wash",
        "category": "care",
        "type": "service",
        "points": 1,
        "value_fen": 0,
        "sold_out": False,
        "limit_per": "",
        "limit_times": 0,
        "valid_days": 365,
        "starts": NOW,
        "position": 0,
        "content": msgspec.to_builtins(RewardContent(name=Text("洗车"), line=Text(""), picture="")),
    }
    with hall.db.write() as tx:
        for document in ("terms", "privacy"):
            consents.add_text(tx, document, "2026-01", Text(document), Text("words"), NOW - timedelta(days=9))
        tx.execute(insert(reward_categories).values(slug="care", name={}, position=0))
        tx.execute(insert(rewards).values(**values))
    return hall


def offers(hall: Hall, *names: str) -> JoiningRules:
    """Offers of this month: everybody has the rewards named, whoever brings a car two inspections."""
    month = f"{hall.books.today:%Y-%m}"
    return JoiningRules(
        offers=(
            JoiningOffer(month=month, rewards=names),
            JoiningOffer(month=month, sources=("vehicle",), entitlements={"inspection": 2}),
        )
    )


def join(hall: Hall, rules: JoiningRules | None, source: str = "vehicle", phone: str = "138 0000 4411") -> str:
    """Register and activate, twice as a kiosk whose line breaks does; the member's id."""
    name, at = hall.books.new_id(), hall.books.at
    with hall.db.write() as tx:
        who = applicant(phone, source=source)
        made = registration.register(tx, hall.joining, PROGRAMME, name, who, store="east", by="device:kiosk-1", now=at)
    assert given(hall, made.member) == ([], [])
    for _ in range(2):
        with hall.db.write() as tx:
            found = registration.activate(
                tx, hall.joining, PROGRAMME, name, made.code, offers=rules, by="device:kiosk-1", now=at
            )
            assert found == made.member
    return made.member


def given(hall: Hall, member: str) -> tuple[list[tuple[str, str]], list[tuple[str, int | None, str]]]:
    """Vouchers and counted rights, each with its last day."""
    with hall.db.read() as tx:
        bought = tx.rows(select(vouchers).where(vouchers.c.member == member))
        rights = entitlements.held(tx, member, hall.books.today)
    return (
        [(row.reward, row.valid_to.isoformat()) for row in bought],
        [(one.entitlement, one.left, one.expires.isoformat()) for one in rights],
    )


def test_a_new_member_gets_the_months_offers_good_for_one_month(shop: Hall) -> None:
    member = join(shop, offers(shop, "wash"))
    last = a_month_on(shop)
    assert given(shop, member) == ([("wash", last)], [("inspection", 2, last)])
    with shop.db.read() as tx:
        (told,) = tx.rows(select(member_messages).where(member_messages.c.member == member))
    assert (told.kind, told.facts) == ("joining", {"vouchers": 1, "entitlements": 1, "last_day": last})


def a_month_on(hall: Hall) -> str:
    """The last of the days in which what joining brought must be used: 16 May to 15 June."""
    first = hall.books.today
    assert (first.month, first.day) == (5, 16)
    return first.replace(month=6, day=15).isoformat()


def test_others_get_what_is_for_everybody_or_nothing(shop: Hall) -> None:
    assert given(shop, join(shop, offers(shop, "wash"), "fee"))[1] == []
    assert given(shop, join(shop, None, phone="139 0000 4412")) == ([], [])
    late = JoiningRules(offers=(JoiningOffer(month="2031-01", rewards=("wash",)),))
    assert given(shop, join(shop, late, phone="139 0000 4413")) == ([], [])


def test_a_reward_that_is_not_there_is_left_to_staff_and_nobody_is_turned_away(shop: Hall) -> None:
    member = join(shop, offers(shop, "wash", "gone"))
    assert [reward for reward, _ in given(shop, member)[0]] == ["wash"]
    with shop.db.read() as tx:
        (task,) = tx.rows(select(staff_tasks))
    assert (task.kind, task.store, task.member, task.facts) == ("joining-unclear", "east", member, {"reward": "gone"})


def test_staff_who_activate_somebody_give_the_same(shop: Hall) -> None:
    name, at = shop.books.new_id(), shop.books.at
    with shop.db.write() as tx:
        made = registration.register(
            tx, shop.joining, PROGRAMME, name, applicant(), store="east", by="staff:1001", now=at
        )
        registration.activate_by_staff(
            tx, shop.joining, PROGRAMME, made.member, offers=offers(shop, "wash"), by="staff:1001", now=at
        )
    assert len(given(shop, made.member)[0]) == 1
