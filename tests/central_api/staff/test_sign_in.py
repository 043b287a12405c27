"""Who gets into the console: password, lock-out, second factor, sessions (C1)."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from central_api.staff import cli, service
from central_api.staff.tables import audit, staff, staff_sessions
from club.model import errors
from tests.support.screens_club import Club

NUMBER = "1001"


def sign_in(club: Club, password: str | None = None, *, number: str = NUMBER, totp: str = "") -> str:
    context = club.context
    given = club.passwords[number] if password is None else password
    return service.sign_in(
        context.db, context.passwords, number=number, password=given, totp=totp, now=club.clock.now(), minutes=30
    )


def session(club: Club, token: str) -> service.Session | None:
    with club.context.db.read() as tx:
        return service.session(tx, token, club.clock.now())


def refused(club: Club, password: str = "wrong", **more: str) -> errors.SignInWrong:
    with pytest.raises(errors.SignInWrong) as told:
        sign_in(club, password, **more)
    return told.value


def test_the_token_opens_a_session_and_the_database_holds_only_its_hash(club: Club) -> None:
    token = sign_in(club)
    found = session(club, token)
    assert found is not None
    assert (found.person.number, found.person.roles) == (NUMBER, ("manager", "marketing"))
    with club.context.db.read() as tx:
        stored = str(tx.rows(select(staff_sessions)))
    assert token not in stored
    assert session(club, token + "x") is None


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(club: Club) -> None:
    assert [refused(club).facts["tries_left"] for _ in range(5)] == [4, 3, 2, 1, 0]
    assert refused(club, club.passwords[NUMBER]).facts["locked"] == 15
    club.clock.forward(14 * 60)
    assert refused(club, club.passwords[NUMBER]).facts["locked"] == 1
    club.clock.forward(61)
    assert session(club, sign_in(club)) is not None


def test_a_right_password_makes_the_count_begin_anew(club: Club) -> None:
    for _ in range(4):
        refused(club)
    sign_in(club)
    assert refused(club).facts["tries_left"] == 4


def test_a_number_nobody_has_is_told_like_a_wrong_password(club: Club) -> None:
    assert refused(club, number="9999").facts == refused(club).facts


def test_somebody_who_left_gets_in_no_more_and_is_out_at_once(club: Club) -> None:
    token = sign_in(club)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == NUMBER).values(active=False))
    assert session(club, token) is None
    refused(club, club.passwords[NUMBER])


def test_digits_of_the_authenticator_are_needed_and_good_once(club: Club) -> None:
    secret = pyotp.random_base32()
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == NUMBER).values(totp_secret=secret))
    digits = pyotp.TOTP(secret).at(club.clock.now())
    refused(club, club.passwords[NUMBER])
    refused(club, club.passwords[NUMBER], totp=f"{(int(digits) + 1) % 1_000_000:06d}")
    assert session(club, sign_in(club, totp=digits)) is not None
    refused(club, club.passwords[NUMBER], totp=digits)
    club.clock.forward(30)
    assert session(club, sign_in(club, totp=pyotp.TOTP(secret).at(club.clock.now()))) is not None


def test_a_session_ends_by_itself_and_lives_on_with_use_but_not_for_ever(club: Club) -> None:
    token = sign_in(club)
    club.clock.forward(29 * 60)
    found = session(club, token)
    assert found is not None
    for _ in range(30):
        with club.context.db.write() as tx:
            service.keep_alive(tx, found.token_sha256, club.clock.now(), 30)
        club.clock.forward(25 * 60)
    assert session(club, token) is None  # twelve hours are the most
    idle = sign_in(club)
    club.clock.forward(30 * 60)
    assert session(club, idle) is None


def test_signing_out_ends_it_on_the_server(club: Club) -> None:
    token = sign_in(club)
    found = session(club, token)
    assert found is not None
    with club.context.db.write() as tx:
        service.sign_out(tx, found, club.clock.now())
    assert session(club, token) is None


def test_a_new_password_from_the_command_line_ends_sessions_and_locks(club: Club) -> None:
    token = sign_in(club)
    for _ in range(5):
        refused(club)
    password = cli.new_password(club.context, NUMBER)
    assert session(club, token) is None
    assert session(club, sign_in(club, password)) is not None
    with pytest.raises(errors.NotFound):
        cli.new_password(club.context, "9999")


def test_every_try_is_in_the_log_without_a_name_or_a_password(club: Club) -> None:
    sign_in(club)
    refused(club, "my secret")
    refused(club, "my secret", number="9999")
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit).order_by(audit.c.id))
    assert [(row.act, row.subject) for row in rows] == [
        ("console.sign-in", "staff:1001"),
        ("console.sign-in-refused", "staff:1001"),
        ("console.sign-in-refused", "staff:unknown"),
    ]
    assert "secret" not in str(rows)
    assert rows[0].at == club.clock.now()
    assert club.clock.now() - rows[-1].at < timedelta(seconds=1)
