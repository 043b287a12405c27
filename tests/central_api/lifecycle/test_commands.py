"""What an operator does from the command line to members, cards and keys, with the demo's people."""

import getpass
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from central_api.__main__ import main
from central_api.cards.tables import cards
from central_api.lifecycle import card_desk
from central_api.lifecycle.tables import merges
from central_api.members import search
from central_api.security import keyring
from central_api.staff.tables import audit
from tests.support.central import WANG, WANG_UID, Club, code_of

PHONE = "13800006621"  # the invented one of the demo's first member


def run(club: Club, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command on the club's database; exit code, output, complaints."""
    settings = club.context.settings
    capsys.readouterr()
    given = []
    for one in (
        f"database.url={settings.database.url.reveal()}",
        f"keys.file={settings.keys.file}",
        f"media.dir={settings.media.dir}",
        "clock.pinned=2026-05-16T14:32:00+08:00",
    ):
        given += ["--set", one]
    code = main([*arguments, *given])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_members_are_found_masked(club: Club, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(club, capsys, "members", "find", "138 0000 6621")
    assert code == 0
    assert said.split()[:3] == [WANG, "王**", "138****6621"]
    assert not any(part in said for part in (PHONE, "砚舟"))
    assert run(club, capsys, "members", "find", "19900000000")[1] == "nobody\n"


def test_a_member_is_exported_merged_parted_and_erased(
    club: Club, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "wang.json"
    assert run(club, capsys, "members", "export", WANG, "--to", str(path))[0] == 0
    assert path.stat().st_mode & 0o777 == 0o600
    found = json.loads(path.read_text("utf-8"))
    assert (found["persons"][0]["phone"], found["persons"][0]["given"]) == (PHONE, "砚舟")
    assert len(found["ledger_entries"]) > 10
    code, _, why = run(club, capsys, "members", "export", WANG, "--to", str(path))
    assert (code, "wang.json" in why) == (1, True), "an earlier export is not written over"

    code, said, _ = run(club, capsys, "members", "merge", WANG, "m0002")
    assert (code, "6280 points and 18640 tier points moved" in said) == (0, True)
    name = said.split()[1].rstrip(":")
    with club.context.db.read() as tx:
        assert tx.scalar(select(merges.c.id)) == name
    assert run(club, capsys, "members", "find", PHONE)[1].startswith("m0002")
    assert run(club, capsys, "members", "undo-merge", name)[0] == 0
    assert run(club, capsys, "members", "find", PHONE)[1].startswith(WANG)
    code, _, why = run(club, capsys, "members", "undo-merge", name)
    assert (code, "undone before" in why) == (1, True)

    code, _, why = run(club, capsys, "members", "erase", WANG)
    assert (code, "points or vouchers are left" in why) == (1, True)
    code, said, _ = run(club, capsys, "members", "erase", WANG, "--give-up")
    assert (code, said.startswith(f"{WANG} has left: 6280 points")) == (0, True)
    assert run(club, capsys, "members", "find", PHONE)[1] == "nobody\n"
    assert run(club, capsys, "ledger", "verify")[0] == 0
    with club.context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.actor == "system").order_by(audit.c.id))]
    assert acts == ["member.export", "member.merge", "member.undo-merge", "member.leave"]


def test_a_lost_card_is_blocked_at_once_and_replaced(
    club: Club, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk, card = club.device(), club.card()
    session = kiosk.session(card)
    code, said, _ = run(club, capsys, "cards", "block", "8800 0127 2719")
    assert (code, said) == (0, f"card card-{WANG} is blocked\n")
    assert code_of(kiosk.get(f"/v1/card-sessions/{session.session_id}")) == "session_ended"
    assert code_of(kiosk.open(card.tap())) == "card_blocked"

    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
    blank = card_desk.Blank("04112233445566", "ntag424", "8800 9999 0001", "gold", "cryptogram", "2026-05-B")
    with club.context.db.write() as tx:
        card_desk.take_in(tx, desk, blank, new_id=lambda: "card-new")
    typed = iter(["402817", "402818", "123456", "123456", "402817", "402817"])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))
    replacing = ("cards", "replace", "880001272719", "8800 9999 0001")
    assert "same PIN twice" in run(club, capsys, *replacing)[2]
    assert "ascending" in run(club, capsys, *replacing)[2]
    code, said, why = run(club, capsys, *replacing)
    assert (code, why) == (0, ""), said
    assert "402817" not in said
    fresh = club.card("04112233445566")
    assert kiosk.session(fresh).member.member_id == WANG
    assert code_of(kiosk.open(card.tap())) == "card_blocked"
    code, _, why = run(club, capsys, "cards", "block", "0000")
    assert (code, "printed number" in why) == (1, True)


def test_keys_are_renewed_while_the_service_runs(club: Club, capsys: pytest.CaptureFixture[str]) -> None:
    before = club.context.keyring.masters
    code, said, _ = run(club, capsys, "keys", "add-master")
    assert (code, "run keys rewrap" in said) == (0, True)
    assert run(club, capsys, "keys", "rewrap")[1] == "2 data keys wrapped anew\n"
    code, said, _ = run(club, capsys, "keys", "renew-data")
    assert (code, "by data key 2" in said, "run it with --resume" in said) == (0, True, True)
    assert run(club, capsys, "keys", "renew-data", "--resume")[1].startswith("0 values")
    assert keyring.load(club.context.settings.keys.file).masters.keys() > before.keys()
    with club.context.db.read() as tx:
        found = [(hit.id, hit.phone) for hit in search.find(tx, club.context.vault, PHONE)]
    assert found == [(WANG, "138****6621")], "the running service opens what other keys seal by now"
    kiosk = club.device()
    assert kiosk.session(club.card(WANG_UID)).member.member_id == WANG


def test_another_databases_keys_are_named_at_the_start(
    club: Club, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    strange = tmp_path / "elsewhere" / "keys.toml"
    keyring.load_or_create(strange)
    url = club.context.settings.database.url.reveal()
    code = main(["migrate", "--set", f"database.url={url}", "--set", f"keys.file={strange}"])
    assert (code, "take the file that belongs to this database" in capsys.readouterr().err) == (1, True)
    with club.context.db.read() as tx:
        assert tx.first(select(cards)) is not None


def test_a_kiosk_is_let_write_cards_and_the_stock_is_counted(club: Club, capsys: pytest.CaptureFixture[str]) -> None:
    permit = ("cards", "permit", "kiosk-1", "issue", "--batch", "2026-05", "--cards", "50")
    code, _, why = run(club, capsys, *permit)
    assert (code, "expected an enrolled kiosk" in why) == (1, True)
    club.device("kiosk-1")
    code, said, _ = run(club, capsys, *permit)
    assert (code, said) == (0, "kiosk-1 may issue 50 cards of 2026-05 until 2026-05-16 14:32 UTC\n")
    code, _, why = run(club, capsys, *permit[:-1], "0")
    assert (code, "at least 1 card" in why) == (1, True)
    code, said, _ = run(club, capsys, "cards", "stock")
    assert code == 0
    assert any(line.split()[-2] == "active" for line in said.splitlines())


def test_card_keys_are_renewed_by_version(club: Club, capsys: pytest.CaptureFixture[str]) -> None:
    assert "version 2" in run(club, capsys, "cards", "renew-keys")[1]
    assert "version 3" in run(club, capsys, "cards", "renew-keys")[1]
    with club.context.db.read() as tx:
        acts = tx.rows(select(audit.c.subject).where(audit.c.act == "card.keys-renew"))
    assert [row.subject for row in acts] == ["card-keys:2", "card-keys:3"]


def test_points_are_made_to_live_longer(club: Club, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("members", "extend-points", WANG, "--until", "2026-12-31", "--reason", "campaign", "--ending")
    code, said, _ = run(club, capsys, *arguments, "2026-09-30")
    assert (code, said) == (0, f"860 points of {WANG} live until 2026-12-31\n")
    code, _, complaint = run(club, capsys, *arguments, "2026-09-30")
    assert (code, "expected points that end on 2026-09-30" in complaint) == (1, True)
    with club.context.db.read() as tx:
        (act,) = tx.rows(select(audit).where(audit.c.act == "points.extend"))
    assert (act.actor, act.subject, act.facts["reason"]) == ("system", f"member:{WANG}", "campaign")
