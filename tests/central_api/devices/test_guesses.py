"""Guessing at enrolment codes is slow for everybody and burns nobody's code."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import func, select, text

from central_api.db import Tx
from central_api.devices import guesses, repository
from central_api.devices import service as devices
from central_api.devices.tables import enrol_guesses
from central_api.security.signatures import SignedRequest
from club.model import errors
from club.model.ids import new_id
from club.wire import signing
from club.wire.codec import encode
from club.wire.devices import Enrol, Enrolled
from tests.support.central import Club, Device, code_of, facts_of, read

CODE = "271828"
TARGET = "/v1/devices/enrol"


@pytest.fixture(autouse=True)
def open_code(club: Club) -> None:
    with club.context.db.write() as tx:
        devices.make_code(
            tx, club.context.keyring, place="kiosk-1", now=club.clock.now(), minutes=10, digits=CODE, code_id=new_id()
        )


def guess(club: Club, device: Device, digits: str, source: str) -> str:
    """What came of a code that a device sent from an address: `in`, `wrong` or `later`."""
    identity, now = device.identity, club.clock.now()
    wish = Enrol(
        code=digits, device_id=identity.device_id, kind="kiosk", public_key=identity.public_key, version="0.1.0"
    )
    body = encode(wish)
    headers = identity.sign(method="POST", target=TARGET, body=body, at=now)
    request = SignedRequest(
        method="POST",
        target=TARGET,
        body=body,
        device=identity.device_id,
        signed_at=headers[signing.SIGNED_AT_HEADER],
        signature=headers[signing.SIGNATURE_HEADER],
        key="",
    )
    try:
        with club.context.db.write() as tx:
            found = devices.enrol(tx, club.context.keyring, request, wish, now, source=source, skew_s=300)
    except errors.TooManyGuesses:
        return "later"
    return "wrong" if found is None else "in"


def test_an_address_has_five_tries_in_ten_minutes_and_burns_nobodys_code(club: Club) -> None:
    stranger = club.new_device()
    said = [guess(club, stranger, f"{number:06d}", "10.0.0.66") for number in range(8)]
    assert said == ["wrong"] * 5 + ["later"] * 3
    assert guess(club, stranger, CODE, "10.0.0.66") == "later", "not even the right one is looked at"
    assert guess(club, club.new_device(), CODE, "10.0.0.7") == "in"


def test_an_address_may_try_again_ten_minutes_after_its_first_wrong_code(club: Club) -> None:
    stranger = club.new_device()
    for number in range(5):
        assert guess(club, stranger, f"{number:06d}", "10.0.0.66") == "wrong"
        club.clock.forward(60)
    club.clock.forward(299)
    assert guess(club, stranger, "999999", "10.0.0.66") == "later"
    club.clock.forward(1)
    assert [guess(club, stranger, f"{number:06d}", "10.0.0.66") for number in range(6)] == ["wrong"] * 5 + ["later"]


def test_many_addresses_are_slowed_down_together_and_the_code_outlives_them(club: Club) -> None:
    stranger = club.new_device()
    said = [guess(club, stranger, f"{number:06d}", f"10.0.1.{number}") for number in range(20)]
    assert said == ["wrong"] * 12 + ["later"] * 8
    assert guess(club, club.new_device(), CODE, "10.0.0.7") == "later"
    club.clock.forward(60)
    assert guess(club, club.new_device(), CODE, "10.0.0.7") == "in"


def test_guesses_sent_all_at_once_are_counted_one_by_one(club: Club) -> None:
    strangers = [club.new_device() for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda one: guess(club, one, "000000", "10.0.0.66"), strangers))
    assert (said.count("wrong"), said.count("later")) == (5, 11)


def test_an_address_is_forgotten_when_its_tries_are_over(club: Club) -> None:
    for number in range(5):
        guess(club, club.new_device(), "000000", f"10.0.1.{number}")
    club.clock.forward(guesses.OF_ONE.within.total_seconds() + 1)
    guess(club, club.new_device(), "000000", "10.0.0.66")
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(enrol_guesses)) == 2  # this address, and all together


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_nobody_forgets_the_count_that_another_is_about_to_read(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = club.new_device(), club.new_device()
    assert guess(club, first, "000000", "10.0.0.66") == "wrong"
    club.clock.forward(guesses.OF_ONE.within.total_seconds())  # the last instant at which these rows are not too old
    begin, code, looking = repository.begin_guesses, repository.code, threading.Event()
    others: list[Future[str]] = []

    def begin_and_be_overtaken(tx: Tx, source: str, now: datetime) -> None:
        begin(tx, source, now)
        if not others:
            club.clock.forward(1)
            others.append(pool.submit(guess, club, second, "000000", "10.0.0.7"))
            assert looking.wait(20)

    def look_when_the_first_waits(tx: Tx, code_hash: str) -> object:
        if not looking.is_set():
            looking.set()
            until_somebody_waits_for_a_row(club)
        return code(tx, code_hash)

    monkeypatch.setattr(repository, "begin_guesses", begin_and_be_overtaken)
    monkeypatch.setattr(repository, "code", look_when_the_first_waits)
    with ThreadPoolExecutor(1) as pool:
        assert guess(club, first, "000000", "10.0.0.66") == "wrong"
        assert others[0].result(20) == "wrong"


def until_somebody_waits_for_a_row(club: Club) -> None:
    pulse = threading.Event()
    for _ in range(2000):
        with club.context.db.read() as tx:
            if tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        pulse.wait(0.01)
    raise AssertionError("expected somebody to wait for a row within 20 s")


def test_who_guesses_over_the_network_is_told_to_wait_and_the_code_stays_good(club: Club) -> None:
    answers = [club.enrol(club.new_device(), f"{number:06d}") for number in range(6)]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(401, "enrol_code_wrong")] * 5 + [
        (429, "too_many_guesses")
    ]
    whole = int(guesses.OF_ONE.within.total_seconds())
    assert (facts_of(answers[-1]), answers[-1].headers["retry-after"]) == ({"seconds": whole}, str(whole))
    club.clock.forward(guesses.OF_ONE.within.total_seconds())
    with club.context.db.write() as tx:
        devices.make_code(
            tx,
            club.context.keyring,
            place="kiosk-1",
            now=club.clock.now(),
            minutes=10,
            digits="314159",
            code_id=new_id(),
        )
    assert read(club.enrol(club.new_device(), "314159"), Enrolled).place == "kiosk-1"
