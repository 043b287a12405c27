"""Merges that race with spendings and with each other, and whatever happens before, between and after them (A9)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_api.lifecycle import merging
from central_api.members import search
from club.model import errors
from tests.central_api.lifecycle.pairs import held, merge, proved, undo
from tests.support.hall import Hall


@pytest.mark.parametrize("swapped", [False, True])
def test_redemptions_that_race_with_a_merge_spend_each_point_once(hall: Hall, swapped: bool) -> None:
    source, target = hall.member(), hall.member()
    if swapped:
        source, target = target, source
    for member in (source, target):
        hall.books.earn(member, 100, 0, days=30)
    spent: list[int] = []
    merged: list[str] = []
    start = threading.Barrier(9)

    def spend(member: str) -> None:
        start.wait(30)
        for _ in range(6):
            try:
                hall.books.spend(member, 10)
                spent.append(10)
            except errors.NotEnoughPoints:
                continue

    def join() -> None:
        start.wait(30)
        merged.append(merge(hall, source, target).merge)

    threads = [threading.Thread(target=spend, args=(member,)) for member in (source, target) * 4]
    threads.append(threading.Thread(target=join))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(merged) == 1
    left = held(hall, target)["balances"].points
    assert held(hall, source)["balances"].points == 0
    assert sum(spent) + left == 200
    proved(hall)


def test_two_merges_that_race_happen_once(hall: Hall) -> None:
    first, second = hall.member(), hall.member()
    hall.books.earn(first, 70, 0)
    hall.books.earn(second, 30, 0)
    done: list[merging.Merged | errors.ClubError] = []
    start = threading.Barrier(2)

    def join(source: str, target: str) -> None:
        start.wait(30)
        try:
            done.append(merge(hall, source, target))
        except errors.MergeRefused as refused:
            done.append(refused)

    threads = [threading.Thread(target=join, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(one).__name__ for one in done) == ["MergeRefused", "Merged"]
    assert held(hall, first)["balances"].points + held(hall, second)["balances"].points == 100
    proved(hall)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "spend", "expire", "give-back", "take-back"]), st.integers(0, 1), st.integers(1, 90)
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=ACTS, between=ACTS, after=ACTS)
def test_whatever_happens_before_between_and_after_the_books_stay_proved(
    hall: Hall,
    before: list[tuple[str, int, int]],
    between: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
) -> None:
    today = hall.books.today
    pair = hall.member(), hall.member()
    earned: list[str] = []
    spent: list[str] = []
    quiet: tuple[dict[str, Any], ...] = ()
    name = ""
    for acts, then in ((before, "merge"), (between, "undo"), (after, "")):
        for act, who, number in acts:
            _act(hall, act, pair[who], number, earned, spent)
        if then == "merge":
            quiet = held(hall, pair[0]), held(hall, pair[1])
            name = merge(hall, *pair).merge
            assert held(hall, pair[0])["lots"] == {}
        elif then == "undo":
            undo(hall, name)
            if not between:
                assert (held(hall, pair[0]), held(hall, pair[1])) == quiet
        proved(hall)
    hall.books.today = today


def _act(hall: Hall, act: str, member: str, number: int, earned: list[str], spent: list[str]) -> None:
    books = hall.books
    with hall.db.read() as tx:
        member = search.current(tx, member)
    try:
        if act == "earn":
            earned.append(books.earn(member, number * 10, number, days=number))
        elif act == "spend":
            spent.append(books.spend(member, number))
        elif act == "give-back" and spent:
            books.give_back(spent.pop(number % len(spent)))
        elif act == "take-back" and earned:
            books.take_back(earned[number % len(earned)], number, number % 2)
        elif act == "expire":
            books.today += timedelta(days=number % 20)
            books.expire(member)
    except (errors.NotEnoughPoints, ValueError):
        return
