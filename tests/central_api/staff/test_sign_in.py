"""Who gets into the console: password, lock-out, second factor, sessions (C1)."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from central_api.staff import binding, cli, service
from central_api.staff.tables import audit, staff, staff_sessions
from club.model import errors
from tests.support.screens_club import Club

NUMBER = "1001"


def sign_in(club: Club, password: str | None = None, *, number: str = NUMBER) -> str:
    found = first_step(club, password, number=number)
    assert not found.awaits_digits
    return found.token


def first_step(club: Club, password: str | None = None, *, number: str = NUMBER) -> service.Entered:
    context = club.context
    given = club.passwords[number] if password is None else password
    return service.sign_in(
        context.db, context.passwords, number=number, password=given, now=club.clock.now(), minutes=30
    )


def second_step(club: Club, token: str, digits: str) -> str:
    return service.second_step(club.context.db, token=token, digits=digits, now=club.clock.now(), minutes=30)


def digits_now(club: Club, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(club.clock.now() + timedelta(seconds=30 * steps))


def with_authenticator(club: Club) -> str:
    secret = pyotp.random_base32()
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == NUMBER).values(totp_secret=secret))
    return secret


def session(club: Club, token: str) -> service.Session | None:
    with club.context.db.read() as tx:
        return service.session(tx, token, club.clock.now())


def refused(club: Club, password: str = "wrong", **more: str) -> errors.SignInWrong:
    with pytest.raises(errors.SignInWrong) as told:
        sign_in(club, password, **more)
    return told.value


def checked(club: Club, password: str = "wrong") -> errors.SignInWrong:
    """How a password of somebody who is signed in is refused, with the facts a stranger does not get."""
    context = club.context
    with pytest.raises(errors.SignInWrong) as told:
        service.check_password(context.db, context.passwords, NUMBER, password, club.clock.now())
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
    assert [checked(club).facts["tries_left"] for _ in range(5)] == [4, 3, 2, 1, 0]
    assert checked(club, club.passwords[NUMBER]).facts["locked"] == 15
    refused(club, club.passwords[NUMBER])
    club.clock.forward(14 * 60)
    assert checked(club, club.passwords[NUMBER]).facts["locked"] == 1
    club.clock.forward(61)
    assert session(club, sign_in(club)) is not None


def test_a_right_password_makes_the_count_begin_anew(club: Club) -> None:
    for _ in range(4):
        refused(club)
    sign_in(club)
    assert checked(club).facts["tries_left"] == 4


def test_whoever_tries_numbers_learns_of_none_that_it_exists(club: Club) -> None:
    nobody = refused(club, number="9999")
    told = [refused(club) for _ in range(service.TRIES)]
    locked = [refused(club), refused(club, club.passwords[NUMBER])]
    assert {(str(error), tuple(error.facts)) for error in (nobody, *told, *locked)} == {(str(nobody), ())}


@pytest.mark.parametrize("tries", [0, service.TRIES])
def test_a_locked_account_answers_no_sooner_than_another(
    club: Club, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(tries):
        refused(club)
    hashed: list[str] = []
    passwords = type(club.context.passwords)
    matches = passwords.matches_for_stranger

    def noted(given: Any, encoded: str, secret: str) -> bool:
        hashed.append(secret)
        return matches(given, encoded, secret)

    monkeypatch.setattr(passwords, "matches_for_stranger", noted)
    refused(club)
    refused(club, number="9999")
    assert hashed == ["wrong", "wrong"]


def test_somebody_who_left_gets_in_no_more_and_is_out_at_once(club: Club) -> None:
    token = sign_in(club)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == NUMBER).values(active=False))
    assert session(club, token) is None
    refused(club, club.passwords[NUMBER])


def test_digits_of_the_authenticator_are_needed_and_good_once(club: Club) -> None:
    secret = with_authenticator(club)
    first = first_step(club)
    assert first.awaits_digits
    assert session(club, first.token) is None, "the first step alone opens nothing"
    with club.context.db.read() as tx:
        person = service.awaited(tx, first.token, club.clock.now())
        assert service.awaited(tx, first.token + "x", club.clock.now()) is None
    assert person is not None
    assert person.number == NUMBER
    digits = digits_now(club, secret)
    for wrong in ("", "12345", "１２３４５６", f"{(int(digits) + 1) % 1_000_000:06d}"):
        with pytest.raises(errors.SignInWrong):
            second_step(club, first.token, wrong)
    assert session(club, second_step(club, first.token, f"{digits[:3]} {digits[3:]}")) is not None
    with pytest.raises(errors.SessionEnded):
        second_step(club, first.token, digits)
    again = first_step(club).token
    with pytest.raises(errors.SignInWrong):
        second_step(club, again, digits)
    club.clock.forward(30)
    assert session(club, second_step(club, again, digits_now(club, secret))) is not None


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_early_or_late(club: Club, steps: int, right: bool) -> None:
    secret = with_authenticator(club)
    token, digits = first_step(club).token, digits_now(club, secret, steps)
    if right:
        assert session(club, second_step(club, token, digits)) is not None
        return
    with pytest.raises(errors.SignInWrong):
        second_step(club, token, digits)


def test_the_digits_are_awaited_for_five_minutes(club: Club) -> None:
    secret = with_authenticator(club)
    token = first_step(club).token
    club.clock.forward(300)
    with pytest.raises(errors.SessionEnded):
        second_step(club, token, digits_now(club, secret))


def test_wrong_digits_count_like_wrong_passwords_and_a_right_password_between_them_changes_nothing(club: Club) -> None:
    secret = with_authenticator(club)
    left = []
    for _ in range(4):
        with pytest.raises(errors.SignInWrong) as told:
            second_step(club, first_step(club).token, "000000" if digits_now(club, secret) != "000000" else "111111")
        left.append(told.value.facts["tries_left"])
    assert left == [4, 3, 2, 1]
    token = first_step(club).token
    assert checked(club).facts["locked"] == 15
    with pytest.raises(errors.SignInWrong) as locked:
        second_step(club, token, digits_now(club, secret))
    assert locked.value.facts["locked"] == 15


def test_somebody_who_left_between_the_steps_gets_in_no_more(club: Club) -> None:
    secret = with_authenticator(club)
    token = first_step(club).token
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == NUMBER).values(active=False))
    with pytest.raises(errors.SessionEnded):
        second_step(club, token, digits_now(club, secret))


def test_an_authenticator_is_bound_once_it_is_proven_and_taken_off_with_its_digits(club: Club) -> None:
    context, now = club.context, club.clock.now
    with pytest.raises(errors.SignInWrong):
        binding.start(context.db, context.passwords, NUMBER, "wrong", now())
    binding.start(context.db, context.passwords, NUMBER, club.passwords[NUMBER], now())
    with context.db.write() as tx:
        secret = binding.pending(tx, NUMBER)
        assert not binding.confirm(tx, NUMBER, digits_now(club, pyotp.random_base32()), now())
        assert not binding.is_bound(tx, NUMBER)
    assert not first_step(club).awaits_digits, "what is not proven is not asked for"
    with context.db.write() as tx:
        assert binding.confirm(tx, NUMBER, digits_now(club, secret), now())
        assert binding.pending(tx, NUMBER) == ""
    assert first_step(club).awaits_digits
    with pytest.raises(errors.SignInWrong):
        binding.remove(context.db, context.passwords, NUMBER, club.passwords[NUMBER], digits_now(club, secret), now())
    club.clock.forward(30)
    binding.remove(context.db, context.passwords, NUMBER, club.passwords[NUMBER], digits_now(club, secret), now())
    assert not first_step(club).awaits_digits
    with context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.act.like("staff.totp%")).order_by(audit.c.id))]
        assert acts == ["staff.totp-bind", "staff.totp-remove"]
        assert secret not in str(tx.rows(select(audit)))


def test_a_new_password_from_the_command_line_takes_a_lost_authenticator_off(club: Club) -> None:
    with_authenticator(club)
    token = first_step(club).token
    password = cli.new_password(club.context, NUMBER)
    assert session(club, sign_in(club, password)) is not None
    with pytest.raises(errors.SessionEnded):
        second_step(club, token, "123456")


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
