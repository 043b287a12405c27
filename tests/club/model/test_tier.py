"""The ladder of tiers (A5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import tier
from club.model.text import Text
from club.model.tier import Tier

LADDER = tuple(
    Tier(slug, rank, Text(name), threshold, Text(""))
    for rank, (slug, name, threshold) in enumerate(
        [("basic", "普通", 0), ("silver", "银卡", 3000), ("gold", "金卡", 10000), ("diamond", "钻石", 30000)], start=1
    )
)


@given(points=st.integers(0, 100_000), slug=st.sampled_from([rung.slug for rung in LADDER]))
def test_the_way_to_the_next_rung_is_never_negative_nor_above_the_whole(points: int, slug: str) -> None:
    way = tier.progress(LADDER, slug, points)
    assert way.current.slug == slug
    assert 0 <= way.permille <= 1000
    assert way.missing >= 0
    if way.next is not None:
        assert way.next.rank == way.current.rank + 1
        assert (way.missing == 0) == (points >= way.next.tier_points) == (way.permille == 1000)
    else:
        assert (slug, way.permille) == ("diamond", 1000)


@pytest.mark.parametrize(("points", "missing", "permille"), [(12860, 17140, 428), (30000, 0, 1000), (0, 30000, 0)])
def test_a_gold_members_way_to_diamond(points: int, missing: int, permille: int) -> None:
    way = tier.progress(LADDER, "gold", points)
    assert (way.missing, way.permille) == (missing, permille)


def test_a_tier_of_a_newer_programme_is_shown_as_the_lowest() -> None:
    assert tier.by_slug(LADDER, "platinum").slug == "basic"
