"""The demo club: the drawn figures on the drawn day, the same balances on any other, and no change the second time."""

import hashlib
import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from central_api import app, tables
from central_api.context import Context
from central_api.demo_data import deck, loader
from central_api.demo_data.files import DemoFolder
from central_api.demo_data.generator import Generator
from central_api.ledger import service as ledger
from club import resources
from club.model.clock import HandClock
from club.model.relative_dates import RelativeDates
from nfc.virtual import deck as virtual
from tests.support import central

DRAWN_FIGURES = {
    "m0001": (6280, 18640),
    "m0002": (12450, 41200),
    "m0003": (2310, 7940),
    "m0004": (3020, 14105),
    "m0005": (860, 5320),
    "m0006": (1240, 2480),
    "m0007": (5600, 16900),
    "m0008": (430, 1760),
    "m0009": (1975, 8402),
    "m0010": (9310, 28660),
    "m0011": (780, 780),
    "m0012": (7120, 25040),
}


def counts(context: Context) -> dict[str, int]:
    with context.db.read() as tx:
        return {name: int(tx.scalar(select(func.count()).select_from(t))) for name, t in tables.metadata.tables.items()}


@pytest.mark.parametrize("at", ["2026-05-16T06:32:00+00:00", "2026-11-25T01:00:00+00:00", "2027-02-28T20:00:00+00:00"])
def test_the_drawn_figures_hold_on_any_day_and_loading_again_changes_nothing(tmp_path: Path, at: str) -> None:
    clock = HandClock(datetime.fromisoformat(at).astimezone(UTC))
    context = app.open_context(central.settings_for(tmp_path), clock)
    folder = DemoFolder(resources.demo_dir())
    try:
        loader.load(context, folder, tmp_path / "out")
        today = RelativeDates(clock.now().date(), "Asia/Shanghai").today
        with context.db.read() as tx:
            found = {name: ledger.balances(tx, name, today) for name in DRAWN_FIGURES}
            assert ledger.faults(tx) == []
        assert {name: (b.points, b.tier_points) for name, b in found.items()} == DRAWN_FIGURES
        before, written = counts(context), (tmp_path / "out" / deck.SIGN_INS).read_bytes()
        assert before["members"] == 200
        again = loader.load(context, folder, tmp_path / "out")
        assert (again.members, again.staff) == (0, 0)
        assert counts(context) == before
        assert (tmp_path / "out" / deck.SIGN_INS).read_bytes() == written
    finally:
        context.passwords.close()
        context.db.close()


def test_the_virtual_cards_are_those_of_the_members(demo_club: central.DemoClub) -> None:
    out = demo_club.folder / "out"
    cards = virtual.load(out / deck.CARDS)
    assert {"m0001", "m0002", "m0008", "stranger"} <= set(cards)
    assert "m0010" not in cards, "a phone has no number to lay down"
    kinds = {card["name"]: card["kind"] for card in tomllib.loads((out / deck.CARDS).read_text("utf-8"))["card"]}
    assert (kinds["m0001"], kinds["m0002"]) == ("ntag424", "uid")
    for name in (deck.CARDS, deck.SIGN_INS):
        assert (out / name).stat().st_mode & 0o777 == 0o600


def test_everybody_in_hand_has_a_pin_and_staff_a_password(demo_club: central.DemoClub) -> None:
    made = json.loads((demo_club.folder / "out" / deck.SIGN_INS).read_text("utf-8"))
    assert len(made["members"]) >= 20
    assert all(pin.isdecimal() and len(pin) == 6 for pin in made["members"].values())
    assert {one["number"] for one in made["staff"]} >= {"1000", "1001", "1061"}
    assert all(len(one["password"]) >= 10 for one in made["staff"])


def test_pins_are_no_runs() -> None:
    drawn = iter([111111, 123456, 987654, 0, 402817])
    assert deck.new_pin(lambda _: next(drawn)) == "402817"


@pytest.mark.parametrize(
    ("today", "rows", "digest"),
    [(date(2026, 5, 16), 1908, "e2141ea315658786"), (date(2026, 11, 25), 1901, "e66feabdd3a3814f")],
)
def test_the_generator_makes_the_reference_generators_rows(today: date, rows: int, digest: str) -> None:
    folder = DemoFolder(resources.demo_dir())
    generator = Generator(folder, RelativeDates(today, "Asia/Shanghai"))
    found, vouchers = list(folder.ledger), list(folder.vouchers)
    for member in folder.members:
        if member.profile not in ("explicit", "pending"):
            more_rows, more_vouchers = generator.history(member)
            found += more_rows
            vouchers += more_vouchers
    assert (len(found), len(vouchers)) == (rows, 474)
    text = "\n".join(
        [f"{row.row}|{row.when}|{row.kind}|{row.points}|{row.tier_points}|{row.expires}|{row.voucher}" for row in found]
        + [f"{v.voucher}|{v.reward}|{v.issued}|{v.valid_to}|{v.state}|{v.closed}" for v in vouchers]
    )
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest
