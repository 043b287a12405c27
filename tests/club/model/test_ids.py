"""Ids: one length, one alphabet, in the order of their making, never twice."""

from hypothesis import given
from hypothesis import strategies as st

from club.model import ids

MOMENTS = st.integers(min_value=0, max_value=10**9 * 60 * 60 * 24 * 365 * 500)


@given(st.lists(MOMENTS, min_size=2, max_size=20))
def test_ids_sort_by_the_millisecond_they_were_made_in(moments: list[int]) -> None:
    made = [ids.new_id(lambda moment=moment: moment) for moment in sorted(moments)]  # type: ignore[misc]
    assert [one[:11] for one in sorted(made)] == [one[:11] for one in made]
    assert all(len(one) == ids.LENGTH and set(one) <= set("0123456789abcdef") for one in made)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({ids.new_id(lambda: 1_790_000_000_000_000_000) for _ in range(1_000)}) == 1_000


def test_the_time_is_of_the_machine() -> None:
    earlier, later = ids.new_id(), ids.new_id()
    assert earlier[:11] <= later[:11]
    assert int(later[:11], 16) > 1_700_000_000_000
