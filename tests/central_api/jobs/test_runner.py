"""Jobs run once when they are due, catch up, survive whoever is killed at them, and never run twice at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, update

from central_api.db import Tx
from central_api.devices.tables import stores
from central_api.jobs import cli, repository, runner, schedule
from central_api.jobs.catalogue import JOBS
from central_api.jobs.job import LEASE, RETRY, Job, Run
from central_api.jobs.schedule import Schedule
from central_api.jobs.tables import job_runs
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House

DAY = date(2026, 5, 16)


@dataclass
class Work:
    """Work of a test: keeps for which day and zone it ran, and does what it is told."""

    ran: list[tuple[date, str]] = field(default_factory=list)
    fails: bool = False

    def __call__(self, run: Run) -> None:
        self.ran.append((run.day, run.time_zone))
        run.count("done")
        if self.fails:
            raise RuntimeError("the power failed")


def job(work: Work, **more: object) -> Job:
    return Job("test", "a test", Schedule(time(0, 5), **more), work)  # type: ignore[arg-type]


def outcomes(house: House, name: str = "test") -> list[str]:
    with house.books.db.read() as tx:
        return [row.outcome for row in reversed(repository.runs(tx, name))]


def test_a_job_begins_with_the_first_time_it_is_due_after_it_was_seen(house: House) -> None:
    work = Work()
    house.at(DAY)
    assert runner.run_due(house.parts, only=[job(work)]) == []
    house.at(DAY + timedelta(days=1), 0, 4)
    assert runner.run_due(house.parts, only=[job(work)]) == []
    house.at(DAY + timedelta(days=1), 0, 5)
    (ran,) = runner.run_due(house.parts, only=[job(work)])
    assert (ran.day, ran.outcome, ran.counts) == (DAY + timedelta(days=1), "done", {"done": 1})
    assert runner.run_due(house.parts, only=[job(work)]) == []
    assert work.ran == [(DAY + timedelta(days=1), club.ZONE)]
    with house.books.db.read() as tx:
        (row,) = tx.rows(select(job_runs))
    assert (row.job, row.day, row.by, row.dry, row.outcome, row.facts) == (
        "test",
        DAY + timedelta(days=1),
        "schedule",
        False,
        "done",
        {"done": 1},
    )
    assert row.ended is not None


@pytest.mark.parametrize(("catch_up", "days"), [("latest", [5]), ("each", [1, 2, 3, 4, 5])])
def test_after_days_of_downtime_it_catches_up(house: House, catch_up: str, days: list[int]) -> None:
    work = Work()
    house.at(DAY)
    runner.run_due(house.parts, only=[job(work, catch_up=catch_up)])
    house.at(DAY + timedelta(days=5))
    runner.run_due(house.parts, only=[job(work, catch_up=catch_up)])
    assert [day for day, _ in work.ran] == [DAY + timedelta(days=n) for n in days]
    assert runner.run_due(house.parts, only=[job(work, catch_up=catch_up)]) == []


def test_each_zone_has_its_own_night(house: House) -> None:
    with house.books.db.write() as tx:
        tx.execute(update(stores).where(stores.c.slug == "west").values(time_zone="Europe/Berlin"))
    work = Work()
    house.at(DAY)
    runner.run_due(house.parts, only=[job(work)])
    house.at(DAY + timedelta(days=1), 0, 5)
    runner.run_due(house.parts, only=[job(work)])
    assert work.ran == [(DAY + timedelta(days=1), club.ZONE)]
    house.at(DAY + timedelta(days=1), 6, 5)  # 00:05 in Berlin
    runner.run_due(house.parts, only=[job(work)])
    assert work.ran[1:] == [(DAY + timedelta(days=1), "Europe/Berlin")]


def test_what_failed_is_recorded_and_tried_again_after_some_minutes(house: House) -> None:
    work = Work(fails=True)
    house.at(DAY)
    runner.run_due(house.parts, only=[job(work)])
    house.at(DAY + timedelta(days=1))
    (ran,) = runner.run_due(house.parts, only=[job(work)])
    assert ran.outcome == "failed"
    work.fails = False
    house.now += RETRY - timedelta(seconds=1)
    assert runner.run_due(house.parts, only=[job(work)]) == []
    house.now += timedelta(seconds=1)
    runner.run_due(house.parts, only=[job(work)])
    assert outcomes(house) == ["failed", "done"]


def test_the_log_says_where_a_job_failed_and_nothing_of_what_was_in_a_row(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.at(DAY)
    runner.run_now(house.parts, job(Work(fails=True)))
    assert "RuntimeError" in caplog.text
    assert "in __call__" in caplog.text
    assert "the power failed" not in caplog.text.replace('RuntimeError("the power failed")', "")  # the line of the code


def test_two_runners_at_once_run_it_once(house: House) -> None:
    started, let_go = threading.Event(), threading.Event()
    ran: list[str] = []

    def work(run: Run) -> None:
        ran.append(run.time_zone)
        started.set()
        assert let_go.wait(20)

    slow = Job("test", "a test", Schedule(time(0, 5)), work)
    house.at(DAY)
    runner.run_due(house.parts, only=[slow])
    house.at(DAY + timedelta(days=1))
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(runner.run_due, house.parts, None, [slow])
        assert started.wait(20)
        others = [pool.submit(runner.run_due, house.parts, None, [slow]) for _ in range(3)]
        found = [other.result(20) for other in others]
        with pytest.raises(errors.Unavailable):
            runner.run_now(house.parts, slow)
        let_go.set()
        assert [one.outcome for one in first.result(20)] == ["done"]
    assert found == [[], [], []]
    assert ran == [club.ZONE]


def test_a_runner_that_was_killed_is_followed_by_another_when_its_time_is_over(house: House) -> None:
    work = Work()
    house.at(DAY)
    runner.run_due(house.parts, only=[job(work)])
    house.at(DAY + timedelta(days=1))
    killed = {
        "id": "killed",
        "job": "test",
        "time_zone": club.ZONE,
        "day": DAY + timedelta(days=1),
        "dry": False,
        "by": "schedule",
        "began": house.now,
        "ended": None,
        "outcome": "running",
        "facts": {},
    }
    with house.books.db.write() as tx:
        assert repository.take(tx, "test", club.ZONE, "killed", house.now, house.now + LEASE)
        repository.begin(tx, killed)
    assert runner.run_due(house.parts, only=[job(work)]) == []
    house.now += LEASE
    runner.run_due(house.parts, only=[job(work)])
    assert outcomes(house) == ["lost", "done"]
    assert len(work.ran) == 1


def test_when_the_service_ends_the_rest_comes_with_the_next_run(house: House) -> None:
    stop = threading.Event()
    done: list[str] = []

    def act(tx: Tx, one: str) -> None:
        done.append(one)
        if one == "b":
            stop.set()

    some = Job("test", "a test", Schedule(time(0, 5)), lambda run: run.each("abcd", act))
    house.at(DAY)
    runner.run_due(house.parts, only=[some])
    house.at(DAY + timedelta(days=1))
    (ran,) = runner.run_due(house.parts, stop, only=[some])
    assert (ran.outcome, done) == ("lost", ["a", "b"])
    house.now += timedelta(minutes=1)
    runner.run_due(house.parts, only=[some])
    assert done == ["a", "b", "a", "b", "c", "d"]
    assert outcomes(house) == ["lost", "done"]


def test_one_member_who_fails_is_left_out_and_counted(house: House) -> None:
    done: list[str] = []

    def act(tx: Tx, one: str) -> None:
        if one == "b":
            raise errors.NotFound("gone")
        done.append(one)

    some = Job("test", "a test", Schedule(time(0, 5)), lambda run: run.each("abc", act))
    house.at(DAY)
    runner.run_due(house.parts, only=[some])
    house.at(DAY + timedelta(days=1))
    (ran,) = runner.run_due(house.parts, only=[some])
    assert (ran.outcome, ran.counts, done) == ("done", {"failed": 1}, ["a", "c"])


def test_by_hand_a_job_runs_at_any_time_and_a_dry_run_writes_nothing_but_that_it_was(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 50_000, at=house.now - timedelta(days=1)))
    (dry,) = runner.run_by_hand(house.parts, "expire-points", date(2027, 7, 1), dry=True)
    assert (dry.lines, dry.counts) == ([f"{member} 500"], {"members": 1, "points": 500})
    assert house.points(member) == (500, 500, 0)
    with pytest.raises(errors.Malformed):
        runner.run_by_hand(house.parts, "expire-points", date(2027, 7, 1))
    with pytest.raises(errors.Malformed):  # a birthday of years ago would be given by its own year
        runner.run_by_hand(house.parts, "birthdays", house.today - timedelta(days=schedule.MOST + 1))
    with pytest.raises(errors.NotFound):
        runner.run_by_hand(house.parts, "expire-everything")
    house.at(date(2027, 7, 1))
    assert runner.run_by_hand(house.parts, "expire-points")[0].counts == {"members": 1, "points": 500}
    assert house.points(member) == (0, 500, 0)
    assert outcomes(house, "expire-points") == ["done", "done"]


def test_the_command_lists_and_runs(house: House) -> None:
    house.at(DAY)
    house.tick()
    said: list[str] = []
    cli.show(house.parts, said.append)
    assert [line.split()[0] for line in said if not line.startswith(" ")] == [job.name for job in JOBS]
    assert f"{club.ZONE}: done to 2026-05-16" in said[1]
    assert cli.run(house.parts, "tiers", "", dry=True, say=said.append)
    assert said[-1] == "tiers 2026-05-16 Asia/Shanghai: would do nothing"
    with pytest.raises(errors.Malformed):
        cli.run(house.parts, "tiers", "yesterday", dry=True, say=said.append)


def test_a_whole_night_twice_is_the_same_as_once(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 700_000))
    house.tick()
    house.at(date(2027, 7, 1))
    assert {ran.outcome for ran in house.tick()} == {"done"}
    before = house.end(member)
    assert house.tick() == []
    for each in JOBS:
        runner.run_by_hand(house.parts, each.name)
    assert house.end(member) == before
    assert house.faults() == []
