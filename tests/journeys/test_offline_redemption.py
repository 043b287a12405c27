"""Three days without the club: three hundred pieces are handed out, all settle when it is back, and the accounts are proved (A14, X1)."""

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from central_api import app
from central_api.cards import pins
from central_api.cards.tables import cards
from central_api.ledger import service as ledger
from central_api.ledger.tables import accounts
from central_api.rewards.offline import rules, settling
from central_api.rewards.offline.rules import Rules
from central_api.rewards.offline.tables import offline_redemptions
from central_api.rewards.tables import vouchers
from central_api.security.passwords import Passwords
from club.model.clock import HandClock
from club.sync.offline_desk import Wish
from club.wire.cards import Evidence
from tests.support import central
from tests.support.quiet_device import QuietDevice

PIECES, HOURS, PRICE, PIN = 300, 72, 300, "493817"
TIMES = 4  # of one card
REWARD = "quick-wash"


@dataclasses.dataclass(frozen=True)
class Holder:
    """A card in somebody's hand."""

    uid: str
    card: str
    assurance: str


@pytest.fixture
def club(tmp_path: Path) -> Iterator[central.Club]:
    """The demo club; its PINs are checked cheaply, for three hundred are."""
    demo = central.load_demo_club(tmp_path / "demo")
    central.copy_files(demo, tmp_path / "central")
    clock = HandClock(central.DRAWN)
    context = app.open_context(central.settings_for(tmp_path / "central"), clock)
    context.passwords.close()
    context = dataclasses.replace(context, passwords=Passwords(time_cost=1, memory_kib=64))
    with central.running(context, clock, demo) as made:
        yield made


def _holders(club: central.Club) -> list[Holder]:
    """Cards of the store's members that hold enough, each with a PIN."""
    encoded = club.context.passwords.hash(PIN)
    with club.context.db.write() as tx:
        balance = select(accounts.c.member, accounts.c.balance).where(accounts.c.track == "points").subquery()
        found = tx.rows(
            select(cards.c.id, cards.c.uid, cards.c.assurance)
            .join(balance, balance.c.member == cards.c.member)
            .where(cards.c.state == "active", cards.c.uid.is_not(None), balance.c.balance >= TIMES * PRICE)
            .order_by(cards.c.id)
        )
        for row in found:
            pins.set_hash(tx, row.id, encoded, club.clock.now())
    return [Holder(row.uid, row.id, row.assurance) for row in found]


def _evidence(club: central.Club, holder: Holder, counter: int) -> Evidence:
    if holder.assurance == "cryptogram":
        return club.card(holder.uid).evidence(1000 + counter)
    return Evidence(uid=holder.uid, family="ntag21x")


def test_three_days_offline_with_three_hundred_redemptions_all_settle(club: central.Club, tmp_path: Path) -> None:
    chance = Random(72)
    start = club.clock.now()
    allowed = Rules(enabled=True, floor_points=TIMES * PRICE, hours=HOURS + 1, quotas={REWARD: PIECES})
    with club.context.db.write() as tx:
        rules.put(
            tx,
            club.context.keyring,
            "east",
            allowed,
            starts=start,
            by="staff:1001",
            now=start,
            new_id=club.context.new_id,
        )
    holders = _holders(club)
    kiosk = QuietDevice(club, tmp_path / "kiosk")
    try:
        kiosk.pass_by(120)
        known = [one for one in holders if _is_known(kiosk, one)]
        assert len(known) * TIMES >= PIECES, f"expected enough members of the store with points, found {len(known)}"
        kiosk.cable.cut = True
        kiosk.pass_by(90)
        began = club.clock.now()
        codes = set()
        turns = [one for _ in range(TIMES) for one in known][:PIECES]
        for number, holder in enumerate(turns):
            kiosk.pass_by((HOURS * 3600 - 600) / PIECES)
            if chance.random() < 0.1:
                kiosk.close()
                kiosk.boot()  # the power failed
            wish = Wish(f"offline-{number:04d}", f"tap-{number:05d}", REWARD, _evidence(club, holder, number), PIN)
            codes.add(kiosk.offline.redeem(wish).voucher.code)
        assert len(codes) == PIECES
        assert timedelta(hours=HOURS - 1) < club.clock.now() - began < timedelta(hours=HOURS)
        assert len(kiosk.doing.outbox.pending()) == PIECES

        kiosk.cable.cut = False
        kiosk.pass_by(300)

        assert kiosk.doing.outbox.pending() == ()
        assert kiosk.store.noted("outage") is None
        _accounts_are_proved(club, codes)
    finally:
        kiosk.close()


def _is_known(kiosk: QuietDevice, holder: Holder) -> bool:
    card_hash = kiosk.doing.mirror.card_hash(holder.uid)
    member = kiosk.doing.mirror.member(card_hash) if card_hash else None
    return member is not None and member.card_state == "active" and member.points >= TIMES * PRICE


def _accounts_are_proved(club: central.Club, codes: set[str]) -> None:
    with club.context.db.read() as tx:
        rows = tx.rows(select(offline_redemptions))
        assert len(rows) == PIECES
        assert {row.code for row in rows} == codes
        assert sum(row.taken + row.shortfall for row in rows) == PIECES * PRICE
        assert {row.reason for row in rows} <= {"", "points", "limit"}
        assert settling.store_account(tx, "east") == sum(row.shortfall for row in rows)
        assert {row.code for row in tx.rows(select(vouchers.c.code).where(vouchers.c.code.in_(sorted(codes))))} == codes
        assert ledger.faults(tx) == []
    assert date(2026, 5, 19) == club.clock.now().date()
