"""Turns go to who waits longest; who waits too long goes without, and takes none with it."""

import threading
from collections.abc import Callable

from central_api.turns import Turns
from tests.support.wait import until

WITHIN_S = 60.0


def waits(turns: Turns, work: Callable[[], object], behind: int) -> threading.Thread:
    """A thread that waits behind so many others for a turn, and gives it back after its work."""

    def run() -> None:
        assert turns.take(WITHIN_S)
        work()
        turns.give()

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: turns.waiting == behind + 1, "it to wait", within_s=WITHIN_S)
    return thread


def test_who_waits_longest_is_next_however_fast_another_asks_again() -> None:
    turns, order = Turns(1), list[str]()
    assert turns.take(0)
    threads = [waits(turns, lambda name=name: order.append(name), at) for at, name in enumerate("abc")]  # type: ignore[misc]
    turns.give()
    assert turns.take(WITHIN_S)
    order.append("again")
    turns.give()
    for thread in threads:
        thread.join(WITHIN_S)
    assert order == ["a", "b", "c", "again"]
    assert (turns.waiting, turns.take(0), turns.take(0)) == (0, True, False)


def test_so_many_have_a_turn_at_once_as_there_are_places() -> None:
    turns = Turns(3)
    assert [turns.take(0) for _ in range(4)] == [True, True, True, False]
    turns.give()
    assert [turns.take(0) for _ in range(2)] == [True, False]


def test_who_gave_up_is_handed_nothing() -> None:
    turns = Turns(1)
    assert turns.take(0)
    assert not turns.take(0.01)
    thread = waits(turns, lambda: None, 0)
    assert turns.waiting == 1
    turns.give()
    thread.join(WITHIN_S)
    assert turns.take(0), "nothing was lost to who had gone"


def test_places_are_neither_lost_nor_doubled_among_many_that_come_and_give_up() -> None:
    turns, inside, most = Turns(2), set[int](), list[int]()
    begin = threading.Barrier(12)

    def run(number: int) -> None:
        begin.wait(WITHIN_S)
        for round_ in range(200):
            if turns.take(0.0001 if round_ % 2 else WITHIN_S):
                inside.add(number)
                most.append(len(inside))
                inside.discard(number)
                turns.give()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert max(most) <= 2
    assert [turns.take(0) for _ in range(3)] == [True, True, False]
