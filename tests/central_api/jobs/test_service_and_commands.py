"""The service runs what is due beside answering and stops with it; an operator runs jobs and rules by commands."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from central_api import app, background
from central_api.__main__ import main
from central_api.jobs import repository, runner
from central_api.jobs.catalogue import JOBS
from central_api.jobs.tables import job_states
from club.model.clock import HandClock
from tests.support import central, programme_house
from tests.support.books import Books
from tests.support.central import Club
from tests.support.programme_house import House
from tests.support.wait import until


def test_the_service_runs_each_job_when_its_night_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_club: central.DemoClub
) -> None:
    monkeypatch.setattr(background, "JOBS_S", 0.01)
    central.copy_files(demo_club, tmp_path)
    clock = HandClock(central.DRAWN)
    context = app.open_context(central.settings_for(tmp_path), clock)
    try:
        with TestClient(app.create_app(context.settings, context=context)):

            def seen() -> bool:
                with context.db.read() as tx:
                    return len(tx.rows(select(job_states))) == len(JOBS)

            until(seen, "every job to be seen")

            def done() -> bool:
                with context.db.read() as tx:
                    return all(
                        [run.outcome for run in repository.runs(tx, job.name)][:1] == ["done"]
                        for job in JOBS
                        if job.schedule.every == "day"
                    )

            with context.db.read() as tx:
                assert not repository.runs(tx, "tiers")  # nothing is made up for from before the service was there
            clock.forward(timedelta(days=1).total_seconds())
            until(done, "every nightly job to be done", within_s=60)
    finally:
        context.passwords.close()
        context.db.close()


def test_the_demo_clubs_own_rules_let_a_whole_night_through(club: Club) -> None:
    for job in JOBS:
        (ran,) = runner.run_by_hand(club.context, job.name)
        assert (ran.outcome, ran.counts.get("failed")) == ("done", None), job.name


def command(capsys: pytest.CaptureFixture[str], folder: Path, url: str, *words: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    settings = [f"database.url={url}", f"keys.file={folder / 'keys.toml'}", f"media.dir={folder / 'media'}"]
    code = main([*words, *(part for one in settings for part in ("--set", one))])
    said = capsys.readouterr()
    return code, said.out.splitlines() if code == 0 else said.err.splitlines()


@pytest.fixture
def served(books: Books, tmp_path: Path) -> House:
    """A club with rules whose keys lie where its settings say."""
    return programme_house.furnish(books, tmp_path)


def test_jobs_by_command(served: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = served.books.url
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()  # the command goes by the machine's clock
    member = served.member()
    served.book(served.bill(member, 50_000, at=served.now - timedelta(days=700)))
    code, said = command(capsys, tmp_path, url, "jobs", "list")
    assert (code, sum(1 for line in said if not line.startswith(" "))) == (0, len(JOBS))
    code, said = command(capsys, tmp_path, url, "jobs", "run", "expire-points", "--dry-run", "--day", day)
    assert (code, said) == (0, [f"expire-points {day} Asia/Shanghai: would do nothing"])
    code, said = command(capsys, tmp_path, url, "jobs", "run", "expire-points", "--day", "2020-01-01")
    assert code == 1
    code, said = command(capsys, tmp_path, url, "jobs", "run", "expire-all")
    assert code == 1
    assert said[0].startswith("central-api: expected one of expire-points")


def test_rules_by_command(served: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"version": "v2", "effective_from": "2099-01-01"}), encoding="utf-8")
    code, said = command(capsys, tmp_path, served.books.url, "programme", "preview", str(path))
    assert (code, said[-1]) == (0, "costs members: nothing")
    code, said = command(capsys, tmp_path, served.books.url, "programme", "put", str(path))
    assert (code, said[-1]) == (0, "version v2 is in force from 2099-01-01T00:00:00+08:00")
    path.write_text(json.dumps({"version": "v3", "effective_from": "2020-01-01"}), encoding="utf-8")
    code, said = command(capsys, tmp_path, served.books.url, "programme", "put", str(path))
    assert code == 1
    assert "or later" in said[-1]
