"""Keys: shown once, kept as a hash, good for what they were made for, over when they are over (A15)."""

import contextlib
import hashlib
import io
from contextlib import nullcontext
from pathlib import Path

import pytest
from litestar import get
from sqlalchemy import select

from central_api import __main__ as program
from central_api.db import Database
from central_api.integrations.keys import cli, guard, guesses, repository, service
from central_api.integrations.keys.guard import KeyClient
from central_api.integrations.keys.service import Wish
from central_api.integrations.tables import api_keys, key_guesses
from central_api.staff.tables import audit
from club.model import errors
from tests.support import central
from tests.support.books import Books
from tests.support.central import Club, code_of, facts_of
from tests.support.partner import Partner, a_member_row, partner

MEMBERS = "/v1/dms/members"


def test_a_key_is_kept_as_its_hash_alone_and_found_by_its_open_part(club: Club) -> None:
    caller = partner(club, "members.write", store="east")
    mark, key_id, secret = caller.key.split("_", maxsplit=2)
    with club.context.db.read() as tx:
        row = tx.first(select(api_keys))
    assert (mark, row.id, row.secret_sha256) == ("xck", key_id, hashlib.sha256(secret.encode()).hexdigest())
    assert secret not in str(row._mapping)
    assert len(secret) == 43, "256 bits"
    assert [answer["result"] for answer in caller.rows(MEMBERS, a_member_row())] == ["made"]
    with club.context.db.read() as tx:
        acts = [(row.actor, row.act) for row in tx.rows(select(audit).where(audit.c.act.like("%key%")))]
        acts += [(row.actor, row.act) for row in tx.rows(select(audit).where(audit.c.act.like("dms%")))]
    assert acts == [("system", "key.make"), (f"key:{key_id}", "dms.member-make")]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer xck_", "Basic YTpi", "Bearer xck_aaaaaaaaaaaa_", "Bearer xck_aaaaaaaaaaaa_\x80", "xck_a_b"],
)
def test_without_a_right_key_there_is_no_answer(club: Club, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")} if header else {}
    answer = club.http.get(f"{MEMBERS}/K-1", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, code_of(answer)) == (401, "key_wrong")


def test_another_secret_behind_the_same_id_is_wrong(club: Club) -> None:
    caller = partner(club, "members.read")
    thief = Partner(club.http, caller.key[:-1] + ("A" if caller.key[-1] != "A" else "B"))
    assert code_of(thief.get(f"{MEMBERS}/K-1")) == "key_wrong"
    assert code_of(caller.get(f"{MEMBERS}/K-1")) == "not_found"


def test_wrong_keys_from_one_address_are_limited_and_a_right_one_goes_on(club: Club) -> None:
    caller = partner(club, "members.read")
    wrong = Partner(club.http, "xck_aaaaaaaaaaaa_" + "a" * 43)
    answers = [wrong.get(f"{MEMBERS}/K-1").status_code for _ in range(service.WRONG_KEYS + 2)]
    assert answers == [401] * service.WRONG_KEYS + [429, 429]
    refused = wrong.get(f"{MEMBERS}/K-1")
    assert (code_of(refused), facts_of(refused)["seconds"]) == ("too_many_guesses", 600)
    assert refused.headers["retry-after"] == "600"
    with club.context.db.read() as tx:
        assert tx.scalar(select(key_guesses.c.wrong)) == service.WRONG_KEYS, "a flood writes no more"
    assert caller.get(f"{MEMBERS}/K-1").status_code == 404, "whoever has a key is not kept out by others' guesses"
    club.clock.forward(guesses.WITHIN.total_seconds())
    assert wrong.get(f"{MEMBERS}/K-1").status_code == 401
    with club.context.db.read() as tx:
        assert tx.scalar(select(key_guesses.c.wrong)) == 1


def test_whoever_guesses_again_after_long_waits_for_nobody_else_who_does(books: Books) -> None:
    """Each would hold their own old row and ask for the other's: two of them would wait in a ring."""
    old, now = books.at - 2 * guesses.WITHIN, books.at
    with books.db.write() as tx:
        for who in ("a", "b", "c"):
            repository.count_guess(tx, who, old, old - guesses.WITHIN)
    with nullcontext() if books.db.is_sqlite else books.db.write() as other:  # one writes at a time on SQLite
        if other is not None:
            repository.count_guess(other, "b", now, now - guesses.WITHIN)
        guesses.count(books.db, "a", now)
    with books.db.read() as tx:
        found = {row.source: (row.wrong, row.since) for row in tx.rows(select(key_guesses))}
    assert found == {"a": (1, now), **({} if books.db.is_sqlite else {"b": (1, now)})}


def test_a_key_ends_when_it_is_revoked_or_its_days_are_over(club: Club) -> None:
    short, long = partner(club, "members.read", days=1), partner(club, "members.read")
    club.clock.forward(86_399)
    assert short.get(f"{MEMBERS}/K-1").status_code == 404
    club.clock.forward(1)
    over = short.get(f"{MEMBERS}/K-1")
    assert (over.status_code, code_of(over), facts_of(over)) == (401, "key_wrong", {"reason": "expired"})
    cli.revoke(club.context, long.key_id)
    cli.revoke(club.context, long.key_id)
    assert facts_of(long.get(f"{MEMBERS}/K-1")) == {"reason": "revoked"}
    states = [line.split("  ")[1] for line in cli.lines(club.context)]
    assert sorted(states) == ["expired", "revoked"]


def test_a_key_is_good_for_its_scopes_and_its_store_alone(club: Club) -> None:
    reader, writer = partner(club, "members.read"), partner(club, "members.write", store="west")
    refused = reader.post(MEMBERS, {"rows": [a_member_row()]})
    assert (refused.status_code, code_of(refused), facts_of(refused)) == (
        403,
        "not_allowed",
        {"needs": "members.write"},
    )
    answer = writer.rows(MEMBERS, a_member_row())[0]
    assert (answer["result"], answer["code"], answer["status"]) == ("refused", "not_allowed", 403)
    answer = writer.rows(MEMBERS, a_member_row(store="west"))[0]
    assert answer["result"] == "made"


def test_its_last_use_is_written_once_a_minute(club: Club) -> None:
    caller = partner(club, "members.read")

    def used() -> object:
        with club.context.db.read() as tx:
            return tx.scalar(select(api_keys.c.used_at))

    assert used() is None
    began = club.clock.now()
    caller.get(f"{MEMBERS}/K-1")
    club.clock.forward(59)
    caller.get(f"{MEMBERS}/K-1")
    assert used() == began
    club.clock.forward(1)
    caller.get(f"{MEMBERS}/K-1")
    assert used() == club.clock.now()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("a", "dms", ["bills.burn"]), "expected scopes out of .*bills.write.*, found bills.burn"),
        (Wish("a", "dms", []), "found none"),
        (Wish("", "dms", ["bills.write"]), "expected a name of 1 to 64"),
        (Wish("a", "x" * 65, ["bills.write"]), "expected a source such as dms-east"),
        (Wish("a", "dms", ["bills.write"], days=0), "1 to 3650 days, found 0"),
    ],
)
def test_a_wish_that_makes_no_key_says_what_was_expected(club: Club, wish: Wish, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cli.new(club.context, wish)


def test_a_key_for_a_store_that_is_not_there_is_refused(club: Club) -> None:
    with pytest.raises(errors.NotFound, match="none named moon"):
        cli.new(club.context, Wish("a", "dms", ["bills.write"], "moon"))


def test_a_route_without_a_guard_keeps_the_service_from_starting() -> None:
    @get("/open", sync_to_thread=False)
    def unguarded() -> None: ...

    with pytest.raises(TypeError, match=r"expected @for_keys on .*unguarded"):
        guard.all_guarded([unguarded])
    with pytest.raises(TypeError, match="expected a parameter 'client'"):

        @guard.for_keys("bills.write")
        def nobody() -> None: ...

    @guard.for_keys("bills.write")
    def somebody(client: KeyClient) -> None: ...

    assert callable(somebody)


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """The command line's exit code and what it printed."""
    settings = [f"database.url=sqlite:///{folder / 'club.db'}", f"keys.file={folder / 'keys.toml'}"]
    told = [part for one in settings for part in ("--set", one)]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = program.main([*arguments, *told])
    return code, printed.getvalue().strip()


def test_the_command_line_makes_lists_and_revokes(tmp_path: Path, demo_club: central.DemoClub) -> None:
    central.copy_files(demo_club, tmp_path)
    made = run(
        tmp_path, "api-keys", "new", "--name", "DMS east", "--source", "dms-east", "--scopes", "bills.write,jobs.write"
    )
    assert made[0] == 0
    key_id = made[1].split("_")[1]
    assert (
        run(tmp_path, "api-keys", "list")[1]
        == f"{key_id}  good  dms-east  group  bills.write,jobs.write  never  DMS east"
    )
    assert run(tmp_path, "api-keys", "revoke", key_id) == (0, "revoked")
    assert run(tmp_path, "api-keys", "revoke", "nobody")[0] == 1
    assert " revoked " in run(tmp_path, "api-keys", "list")[1]
    db = Database(f"sqlite:///{tmp_path / 'club.db'}")
    with pytest.raises(errors.KeyWrong):
        service.recognise(db, f"Bearer {made[1]}", central.DRAWN, address="10.0.0.7")
    db.close()
