"""Dates of effect cut time into pieces: each instant has exactly one version (A2, C5)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme.versions import Version, Versions
from club.model import errors
from tests.central_api.programme import makers

ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
INSTANTS = makers.instants(2020, 2034)


@given(
    starts=st.lists(INSTANTS, min_size=1, max_size=8, unique=True),
    zones=st.lists(st.sampled_from(ZONES), min_size=8, max_size=8),
    asked=INSTANTS,
    order=st.randoms(use_true_random=False),
)
def test_each_instant_has_exactly_one_version(
    starts: list[datetime], zones: list[str], asked: datetime, order: Any
) -> None:
    given_versions = [
        Version(start.astimezone(ZoneInfo(zone)), number)
        for number, (start, zone) in enumerate(zip(starts, zones, strict=False))
    ]
    order.shuffle(given_versions)
    versions = Versions(given_versions)
    before = [start for start in starts if start <= asked]
    if not before:
        with pytest.raises(errors.Unavailable, match="none that early"):
            versions.at(asked)
        return
    assert versions.at(asked).rules == starts.index(max(before))


def test_a_version_begins_with_its_instant_and_ends_before_the_next() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    new_year = datetime(2027, 1, 1, tzinfo=shanghai)
    versions = Versions([Version(new_year, "2027"), Version(datetime(2026, 1, 1, tzinfo=shanghai), "2026")])
    assert versions.at(new_year).rules == "2027"
    assert versions.at(datetime(2026, 12, 31, 16, tzinfo=UTC)).rules == "2027"
    assert versions.at(new_year - timedelta(microseconds=1)).rules == "2026"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin)
    versions = Versions([Version(datetime(2026, 1, 1, tzinfo=berlin), "summer"), Version(second, "winter")])
    assert versions.at(datetime(2026, 10, 25, 2, 45, fold=0, tzinfo=berlin)).rules == "summer"
    assert versions.at(datetime(2026, 10, 25, 2, 45, fold=1, tzinfo=berlin)).rules == "winter"


def test_versions_within_the_hour_that_comes_twice_are_in_the_order_they_come() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    early = datetime(2026, 10, 25, 2, 45, fold=0, tzinfo=berlin)
    late = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=berlin)
    versions = Versions([Version(late, "late"), Version(early, "early")])
    assert [one.rules for one in versions.versions] == ["early", "late"]
    assert versions.at(datetime(2026, 10, 25, 1, 0, tzinfo=UTC)).rules == "early"
    assert versions.at(datetime(2026, 10, 25, 1, 15, tzinfo=UTC)).rules == "late"


def test_two_versions_of_one_instant_are_refused_also_in_two_zones() -> None:
    noon = datetime(2026, 5, 16, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="two that begin together"):
        Versions([Version(noon, 1), Version(noon.astimezone(ZoneInfo("Asia/Shanghai")), 2)])


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="with its zone"):
        Versions([Version(datetime.fromisoformat("2026-05-16"), 1)])
    versions = Versions([Version(datetime(2026, 5, 16, tzinfo=UTC), 1)])
    with pytest.raises(ValueError, match="with its zone"):
        versions.at(datetime.fromisoformat("2026-05-17"))
