"""Whose a card is after an undone merge goes by its line: what took its place goes back, what came back into stock meanwhile does not (A9, N5)."""

import pytest
from sqlalchemy import delete, select

from central_api.cards.tables import cards, pins
from central_api.lifecycle import card_desk, repository
from central_api.lifecycle.tables import merge_items
from tests.central_api.lifecycle.pairs import held, merge, undo
from tests.support.hall import PIN_HASH, Hall

NOTED = pytest.mark.parametrize("noted", ["lines", "ids"])
"""What the merge noted: one of before lines were noted has the ids of its cards alone."""


def merged(hall: Hall, source: str, target: str, noted: str = "lines") -> str:
    name = merge(hall, source, target).merge
    if noted == "ids":
        with hall.db.write() as tx:
            tx.execute(delete(merge_items).where(merge_items.c.table == repository.LINES))
    return name


def replace(hall: Hall, old: str) -> str:
    new = hall.blank()
    with hall.db.write() as tx:
        card_desk.replace(tx, hall.desk, old, new, PIN_HASH)
    return new


def give_anew(hall: Hall, card: str, member: str) -> None:
    with hall.db.write() as tx:
        card_desk.bring_back(tx, hall.desk, card)
        card_desk.issue(tx, hall.desk, card, member, PIN_HASH)


@NOTED
def test_a_card_that_took_anothers_place_goes_back_with_it(hall: Hall, noted: str) -> None:
    source, target = hall.member(), hall.member()
    first, own = hall.card(source), hall.card(target)
    name = merged(hall, source, target, noted)
    second = replace(hall, first)
    third, own_too = replace(hall, second), replace(hall, own)
    undo(hall, name)
    assert held(hall, source)["cards"] == sorted([first, second, third])
    assert held(hall, target)["cards"] == sorted([own, own_too])
    with hall.db.read() as tx:
        assert tx.scalar(select(pins.c.hash).where(pins.c.card == third)) == PIN_HASH


@NOTED
def test_a_card_that_was_replaced_before_the_merge_and_after_it_is_one_line(hall: Hall, noted: str) -> None:
    source, target = hall.member(), hall.member()
    first = hall.card(source)
    second = replace(hall, first)
    name = merged(hall, source, target, noted)
    third = replace(hall, second)
    undo(hall, name)
    assert (held(hall, source)["cards"], held(hall, target)["cards"]) == (sorted([first, second, third]), [])


@NOTED
def test_a_card_that_came_back_and_was_given_to_the_target_stays(hall: Hall, noted: str) -> None:
    source, target = hall.member(), hall.member()
    card, other = hall.card(source), hall.card(source)
    name = merged(hall, source, target, noted)
    give_anew(hall, card, target)
    undo(hall, name)
    assert (held(hall, source)["cards"], held(hall, target)["cards"]) == ([other], [card])


@NOTED
def test_one_that_came_back_in_the_place_of_the_targets_own_stays_with_its_successors(hall: Hall, noted: str) -> None:
    source, target = hall.member(), hall.member()
    card, own = hall.card(source), hall.card(target)
    name = merged(hall, source, target, noted)
    with hall.db.write() as tx:
        card_desk.bring_back(tx, hall.desk, card)
        card_desk.replace(tx, hall.desk, own, card, PIN_HASH)
    last = replace(hall, card)
    undo(hall, name)
    assert (held(hall, source)["cards"], held(hall, target)["cards"]) == ([], sorted([own, card, last]))


def test_the_line_goes_back_and_its_first_card_that_was_found_again_stays(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    first = hall.card(source)
    name = merged(hall, source, target)
    second = replace(hall, first)
    give_anew(hall, first, target)
    undo(hall, name)
    assert (held(hall, source)["cards"], held(hall, target)["cards"]) == ([second], [first])


def test_two_who_were_merged_into_one_get_back_each_their_own(hall: Hall) -> None:
    one, two, target = hall.member(), hall.member(), hall.member()
    firsts = [hall.card(one), hall.card(two)]
    names = [merged(hall, one, target), merged(hall, two, target)]
    seconds = [replace(hall, first) for first in firsts]
    undo(hall, names[0])
    assert held(hall, target)["cards"] == sorted([firsts[1], seconds[1]])
    undo(hall, names[1])
    for member, first, second in zip((one, two), firsts, seconds, strict=True):
        assert held(hall, member)["cards"] == sorted([first, second])
    assert held(hall, target)["cards"] == []


def test_a_chain_of_merges_hands_a_new_card_back_to_the_first(hall: Hall) -> None:
    first, second, third = hall.member(), hall.member(), hall.member()
    old = hall.card(first)
    early = merged(hall, first, second)
    late = merged(hall, second, third)
    new = replace(hall, old)
    undo(hall, late)
    assert held(hall, second)["cards"] == sorted([old, new])
    undo(hall, early)
    with hall.db.read() as tx:
        assert {row.member for row in tx.rows(select(cards.c.member).where(cards.c.id.in_((old, new))))} == {first}
