"""Lots of points: what spends first, what expires when (A3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import errors, points
from club.model.points import Expiry, Lot, Taken

TODAY = date(2026, 5, 16)
_lots = st.lists(
    st.builds(
        Lot,
        id=st.uuids().map(str),
        expires=st.integers(-30, 400).map(lambda days: TODAY + timedelta(days=days)),
        earned_at=st.datetimes(datetime(2025, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        left=st.integers(0, 5000),
    ),
    max_size=8,
    unique_by=lambda lot: lot.id,
)


def _lot(name: str, days: int, left: int) -> Lot:
    return Lot(name, TODAY + timedelta(days=days), datetime(2026, 1, 1, tzinfo=UTC), left)


@given(lots=_lots, part=st.fractions(0, 1))
def test_spending_takes_exactly_what_was_asked_from_the_soonest_to_expire(lots: list[Lot], part: object) -> None:
    free = points.balance(lots, TODAY)
    wanted = int(free * part)  # type: ignore[operator]
    if wanted == 0:
        return
    taken = points.spend(lots, wanted, TODAY)
    by_id = {lot.id: lot for lot in lots}
    assert sum(one.points for one in taken) == wanted
    assert all(0 < one.points <= by_id[one.lot].left for one in taken)
    assert all(by_id[one.lot].expires >= TODAY for one in taken)
    ends = [by_id[one.lot].expires for one in taken]
    assert ends == sorted(ends)
    touched = {one.lot for one in taken}
    # Every lot but the last is eaten whole, and none that expires sooner was passed over.
    assert all(one.points == by_id[one.lot].left for one in taken[:-1])
    assert all(lot.expires >= ends[-1] for lot in points.usable(lots, TODAY) if lot.id not in touched)


@given(lots=_lots, above=st.integers(1, 1000))
def test_more_than_there_is_is_refused_with_the_figures(lots: list[Lot], above: int) -> None:
    free = points.balance(lots, TODAY)
    with pytest.raises(errors.NotEnoughPoints) as caught:
        points.spend(lots, free + above, TODAY)
    assert dict(caught.value.facts) == {"balance": free, "price": free + above}


@given(lots=_lots)
def test_the_next_expiries_add_up_to_the_balance(lots: list[Lot]) -> None:
    found = points.next_expiries(lots, TODAY, count=len(lots) + 1)
    assert sum(one.points for one in found) == points.balance(lots, TODAY)
    days = [one.on for one in found]
    assert days == sorted(set(days))


def test_one_redemption_crosses_lots_and_the_last_day_counts() -> None:
    lots = [_lot("later", 30, 1000), _lot("today", 0, 300), _lot("yesterday", -1, 900)]
    assert points.balance(lots, TODAY) == 1300
    assert points.spend(lots, 500, TODAY) == (Taken("today", 300), Taken("later", 200))
    assert points.next_expiries(lots, TODAY) == (Expiry(TODAY, 300), Expiry(TODAY + timedelta(days=30), 1000))


@pytest.mark.parametrize("wanted", [0, -5])
def test_spending_nothing_is_a_mistake_of_the_caller(wanted: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        points.spend([_lot("a", 1, 10)], wanted, TODAY)


@given(lots=_lots, part=st.fractions(0, 1), back=st.fractions(0, 1))
def test_a_part_given_back_is_exact_and_fills_what_was_eaten_last(lots: list[Lot], part: object, back: object) -> None:
    wanted = int(points.balance(lots, TODAY) * part)  # type: ignore[operator]
    returned = int(wanted * back)  # type: ignore[operator]
    if returned == 0:
        return
    taken = points.spend(lots, wanted, TODAY)
    found = points.give_back(taken, returned)
    out = {one.lot: one.points for one in taken}
    assert sum(one.points for one in found) == returned
    assert all(0 < one.points <= out[one.lot] for one in found)
    assert [one.lot for one in found] == [one.lot for one in reversed(taken)][: len(found)]
    assert all(one.points == out[one.lot] for one in found[:-1])


@pytest.mark.parametrize("wanted", [0, -1, 31])
def test_not_more_than_was_taken_is_given_back(wanted: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 30 points"):
        points.give_back([Taken("a", 10), Taken("b", 20)], wanted)


@given(own=_lots, others=_lots, expired=st.integers(0, 3000), wanted=st.integers(0, 20_000))
def test_what_is_taken_back_adds_up_and_comes_out_of_the_bills_own_lots_first(
    own: list[Lot], others: list[Lot], expired: int, wanted: int
) -> None:
    found = points.take_back(own, expired, others, wanted, TODAY)
    assert found.points + found.expired + found.short == wanted
    assert 0 <= found.expired <= expired
    left = {lot.id: lot.left for lot in (*own, *others)}
    assert all(0 < one.points <= left[one.lot] for one in found.taken)
    mine = {lot.id for lot in own}
    from_own = sum(one.points for one in found.taken if one.lot in mine)
    assert from_own == min(wanted, sum(lot.left for lot in own))
    if found.short:
        assert found.points == from_own + points.balance(others, TODAY)


def test_lots_are_over_the_day_after_their_last() -> None:
    lots = [_lot("today", 0, 5), _lot("before", -2, 5), _lot("yesterday", -1, 5), _lot("empty", -1, 0)]
    assert [lot.id for lot in points.lapsed(lots, TODAY)] == ["before", "yesterday"]
