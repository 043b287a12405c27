"""Workshop jobs come out the same in whatever order the billing system's news arrives (A15)."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from central_api.bills.schemas import Title
from central_api.tiers import repository as tier_rows
from central_api.visits import jobs
from central_api.visits.jobs import ServiceJob
from central_api.visits.tables import service_jobs
from club.model import errors
from tests.support.programme_house import House


def a_job(house: House, number: str = "J-1", **more: Any) -> ServiceJob:
    given = {
        "source": "dms",
        "number": number,
        "store": "east",
        "told_at": house.now,
        "checked_in_at": house.now - timedelta(hours=1),
        "kind": Title(zh="保养"),
    }
    return ServiceJob(**{**given, **more})


def tell(house: House, job: ServiceJob) -> bool:
    return house.books.db.run(lambda tx: jobs.tell(tx, job, house.now))


def row(house: House, number: str) -> Any:
    with house.books.db.read() as tx:
        return tx.first(select(service_jobs).where(service_jobs.c.order == number))


def test_the_newest_news_stands_whatever_came_last(house: House) -> None:
    member = house.member()
    house.now += timedelta(hours=3)
    begun = house.now - timedelta(hours=2)
    news = [
        {"told_at": begun, "checked_in_at": begun, "member": member, "vehicle": "V1", "mileage_km": 10},
        {"told_at": begun + timedelta(hours=1), "checked_in_at": begun, "member": member, "ready_at": house.now},
        {"told_at": house.now, "checked_in_at": begun, "member": member, "handed_over_at": house.now},
    ]
    for turn, order in enumerate(itertools.permutations(news)):
        for one in order:
            tell(house, a_job(house, f"J-{turn}", **one))
            assert not tell(house, a_job(house, f"J-{turn}", **one))
        found = row(house, f"J-{turn}")
        assert (found.handed_over_at, found.ready_at, found.told_at) == (house.now, None, house.now)
    with house.books.db.read() as tx:
        assert [(one.vehicle, one.mileage_km) for one in tier_rows.vehicles_of(tx, [member])[member]] == [("V1", 10)]


def test_what_cannot_be_is_refused(house: House) -> None:
    tell(house, a_job(house))
    refused: list[tuple[ServiceJob, type[errors.ClubError]]] = [
        (a_job(house, member="nobody"), errors.NotFound),
        (a_job(house, store="moon"), errors.NotFound),
        (a_job(house, kind=Title(zh="维修")), errors.IdempotencyConflict),
        (a_job(house, source="other"), errors.IdempotencyConflict),
        (a_job(house, told_at=house.now + timedelta(hours=1)), errors.Malformed),
        (a_job(house, checked_in_at=datetime(1, 1, 1, tzinfo=UTC)), errors.Malformed),
        (a_job(house, promised_at=datetime(9999, 1, 1, tzinfo=UTC)), errors.Malformed),
    ]
    for job, error in refused:
        with pytest.raises(error):
            tell(house, job)
    assert row(house, "J-1").kind == {"zh": "保养", "en": ""}


def test_the_same_news_at_once_and_by_another_clock_is_the_same_news(house: House) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    utc = a_job(house, member=house.member(), vehicle="V-1")
    local = msgspec.structs.replace(
        utc, told_at=utc.told_at.astimezone(shanghai), checked_in_at=utc.checked_in_at.astimezone(shanghai)
    )
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: tell(house, one), [utc, local] * 4))
    assert sorted(found) == [False] * 7 + [True]
