"""Following the feeds: dense places, no row twice, no row lost."""

from hypothesis import given
from hypothesis import strategies as st

from club.sync import feeds
from club.wire.changes import Change, SyncAnswer
from tests.club.sync import makers


def _rows(feed: str, *seqs: int) -> tuple[Change, ...]:
    return tuple(makers.a_change(feed, seq, "reward", "wash", None) for seq in seqs)


def _answer(*changes: Change, epoch: str = "e1", more: bool = False, **cursors: int) -> SyncAnswer:
    return SyncAnswer(epoch=epoch, now=makers.NOW, cursors=cursors, changes=changes, more=more)


def test_rows_that_follow_on_are_taken_and_known_ones_passed_over() -> None:
    found = feeds.follow("e1", {"a": 2}, _answer(*_rows("a", 2, 3, 4), a=4))
    assert found is not None
    assert [row.seq for row in found.changes] == [3, 4]
    assert found.places == {"a": 4}


def test_a_hole_another_epoch_or_an_unknown_feed_need_a_snapshot() -> None:
    assert feeds.follow("e1", {"a": 2}, _answer(*_rows("a", 4), a=4)) is None
    assert feeds.follow("e1", {"a": 2}, _answer(a=3)) is None  # the end is missing
    assert feeds.follow("e1", {"a": 2}, _answer(epoch="e2", a=2)) is None
    assert feeds.follow("e1", {"a": 2}, _answer(*_rows("b", 1), a=2, b=1)) is None
    assert feeds.follow("e1", {"a": 2}, _answer(a=2, more=True)) is None  # would be asked for ever


@given(start=st.integers(0, 5), seqs=st.permutations(range(1, 12)), known=st.integers(0, 4))
def test_order_and_repeats_do_not_matter(start: int, seqs: list[int], known: int) -> None:
    rows = _rows("a", *(seq for seq in seqs if seq > start - known))
    found = feeds.follow("e1", {"a": start}, _answer(*rows, a=11))
    assert found is not None
    assert [row.seq for row in found.changes] == list(range(start + 1, 12))
