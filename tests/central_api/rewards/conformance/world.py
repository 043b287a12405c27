"""A small club in a real database, and hands for what the model does: the same acts through the service's own doors."""

import collections
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from central_api.cards.tables import card_sessions, cards, grants
from central_api.db import Database
from central_api.devices.tables import devices, places, stores
from central_api.ledger import debts, expiry, returns
from central_api.ledger import service as ledger
from central_api.ledger.tables import accounts, lot_moves, lots
from central_api.lifecycle import card_desk, merging
from central_api.members.tables import members
from central_api.migrations import runner
from central_api.programme.content import PinRules, Programme, RedeemRules
from central_api.programme.tables import programme_versions
from central_api.rewards import holds, voucher_life
from central_api.rewards.commands import Answer, Ask, Desk, Outcome
from central_api.rewards.content import RewardContent
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import redemptions, reward_categories, rewards
from central_api.rewards.voucher_life import Counter
from central_api.security import vault
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from club.model import voucher
from club.model.text import Text
from club.wire import codec
from club.wire.rewards import Redeem, step_up_digest
from tests.central_api.rewards.conformance import model as rules

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = {"sha": "Asia/Shanghai", "hav": "America/Havana", "ber": "Europe/Berlin", "api": "Pacific/Apia"}
"""Stores by zone: without summer time, with one that changes at midnight, with one in the night, beyond the date line."""

DEVICES = {"kiosk-a": "a" * 43, "kiosk-b": "b" * 43}
NOBODY = Text("无", "none")


@dataclass
class World:
    """One database for many examples, each with members, rewards and keys of its own."""

    db: Database
    keys: Keyring
    operations: int = 0
    seen: collections.Counter[str] = field(default_factory=collections.Counter)  # what came of them
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        chance = Random(20260516)
        desk = Desk(self.new_id, lambda: voucher.make(chance.randrange), rules.SESSION_MINUTES)
        self.redeemer = Redeemer(self.db, desk)
        self.vault = Vault(self.keys, lambda: self.keys)

    def new_id(self) -> str:
        """The next id; they sort as they come."""
        return f"id{next(self._ids):010d}"

    # -- the club --------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Tables, stores, kiosks, rules and the club's accounts."""
        runner.upgrade(self.db)
        with self.db.write() as tx:
            vault.ensure(tx, self.vault, self.keys, LONG_AGO)
            for place, (slug, zone) in enumerate(ZONES.items()):
                tx.execute(
                    insert(stores).values(slug=slug, name={"zh": slug}, time_zone=zone, phone="", position=place)
                )
            for slug, public_key in DEVICES.items():
                tx.execute(insert(places).values(slug=slug, kind="kiosk", store="sha", name={}))
                kept = {"id": slug, "public_key": public_key, "kind": "kiosk", "place": slug, "store": "sha"}
                tx.execute(insert(devices).values(**kept, version="1", enrolled_at=LONG_AGO, enrolled_by="code"))
            self.programme = programme = Programme(
                club=NOBODY,
                tagline=NOBODY,
                time_zone="Asia/Shanghai",
                tiers=(),
                pin=PinRules(tries=5, lock_minutes=15, grant_hours=rules.GRANT_HOURS),
                redeem=RedeemRules(
                    pin="by-value",
                    pin_from_points=rules.PIN_FROM,
                    uid_daily_cap=rules.CAP,
                    reversible_days=rules.REVERSIBLE_DAYS,
                ),
                show_expiries=3,
                lapsed_grace_days=30,
            )
            content = msgspec.to_builtins(programme)
            tx.execute(
                insert(programme_versions).values(id="v1", effective_from=LONG_AGO, content=content, made_at=LONG_AGO)
            )
            tx.execute(insert(reward_categories).values(slug="care", name={}, position=0))
            tx.execute(insert(accounts), ledger.club_accounts())

    def add_member(self, store: str, tier: str, now: datetime) -> str:
        """A member without a card; the id."""
        member = self.new_id()
        values: dict[str, Any] = {
            "id": member,
            "surname": {"zh": "王"},
            "title": {},
            "kind": "person",
            "language": "zh-CN",
            "tier": tier,
            "status": "active",
            "home_store": store,
            "joined": date(2020, 1, 1),
            "valid_to": date(2040, 1, 1),
            "created_at": now,
        }
        with self.db.write() as tx:
            tx.execute(insert(members).values(**values))
            for track in ("points", "tier"):
                account = {"id": ledger.member_account(member, track), "track": track, "member": member, "balance": 0}
                tx.execute(insert(accounts).values(**account))
        return member

    def add_card(self, member: str, assurance: str) -> str:
        """A card of a member; the id."""
        card = self.new_id()
        kept = {"id": card, "uid": None, "family": "ntag424", "number": card, "face": "classic", "state": "active"}
        with self.db.write() as tx:
            tx.execute(insert(cards).values(**kept, assurance=assurance, last_counter=-1, member=member))
        return card

    def add_session(self, session: dict[str, Any]) -> str:
        """An open session as the model has it."""
        made = self.new_id()
        keys = ("device", "store", "card", "member", "assurance", "used_at", "ended_at")
        kept = {name: session[name] for name in keys}
        with self.db.write() as tx:
            tx.execute(insert(card_sessions).values(id=made, evidence_sha256="", opened_at=session["used_at"], **kept))
        return made

    def add_reward(self, reward: dict[str, Any]) -> str:
        """A reward as the model has it."""
        slug = self.new_id()
        content = RewardContent(
            name=Text(slug),
            line=NOBODY,
            points_by_tier=reward["by_tier"],
            tiers=tuple(reward["tiers"]),
            opens=reward["opens"],
            stores=tuple(reward["stores"]),
        )
        values = {
            "slug": slug,
            "category": "care",
            "type": "service",
            "points": reward["points"],
            "value_fen": 0,
            "stock": reward["stock"],
            "sold_out": reward["sold_out"],
            "limit_per": reward["per"],
            "limit_times": reward["times"],
            "valid_days": reward["valid_days"],
            "starts": reward["starts"],
            "ends": reward["ends"],
            "position": 0,
            "content": msgspec.to_builtins(content),
        }
        with self.db.write() as tx:
            tx.execute(insert(rewards).values(**values))
        return slug

    def edit_reward(self, slug: str, **values: Any) -> None:
        """Change a reward's columns."""
        with self.db.write() as tx:
            tx.execute(update(rewards).where(rewards.c.slug == slug).values(**values))

    def set_card(self, card: str, **values: Any) -> None:
        """Change a card's columns: block it or let it be used again, limit it, give it to somebody."""
        with self.db.write() as tx:
            tx.execute(update(cards).where(cards.c.id == card).values(**values))

    def replace_card(self, old: str, now: datetime) -> str:
        """Give its holder a card out of stock for an old one; the new one."""
        new = self.new_id()
        with self.db.write() as tx:
            row = tx.first(select(cards).where(cards.c.id == old))
            blank = {"id": new, "uid": None, "number": new, "state": "stock", "last_counter": -1}
            same = {"family": row.family, "face": row.face, "assurance": row.assurance}
            tx.execute(insert(cards).values(**blank, **same))
            card_desk.replace(tx, card_desk.Desk(self.vault, self.keys, "staff:1001", now), old, new, None)
        return new

    def bring_back(self, card: str, now: datetime) -> None:
        """Take a card back into stock."""
        with self.db.write() as tx:
            card_desk.bring_back(tx, card_desk.Desk(self.vault, self.keys, "staff:1001", now), card)

    def merge(self, source: str, target: str, now: datetime) -> tuple[str, dict[str, str]]:
        """Merge a member into another; the merge, and the lots that go on the source's."""
        with self.db.write() as tx:
            desk = merging.Desk(self.keys, "staff:1001", now, self.new_id)
            made = merging.merge(tx, desk, self.programme, source, target, reason="two-cards").merge
            own = select(lot_moves.c.source, lot_moves.c.target).join(lots, lots.c.id == lot_moves.c.source)
            return made, {row.source: row.target for row in tx.rows(own.where(lots.c.member == source))}

    def undo(self, merge: str, now: datetime) -> None:
        """Undo a merge."""
        with self.db.write() as tx:
            merging.undo(tx, merging.Desk(self.keys, "staff:1001", now, self.new_id), merge)

    def end_session(self, session: str, now: datetime) -> None:
        """End a session."""
        with self.db.write() as tx:
            tx.execute(update(card_sessions).where(card_sessions.c.id == session).values(ended_at=now))

    def grant(self, command: Redeem, grant: str, now: datetime) -> None:
        """The PIN was right for this command."""
        kept = {"id": grant, "command": command.command_id, "session": command.session_id, "made_at": now}
        with self.db.write() as tx:
            tx.execute(insert(grants).values(body_sha256=step_up_digest(command), **kept))

    # -- acts ------------------------------------------------------------------------------------------------------

    def redeem(self, asks: Sequence[tuple[Redeem, str, datetime]], now: datetime) -> list[Outcome]:
        """Carry out commands (with device and instant of signing) in one batch."""
        return self.redeemer.redeem(
            [
                Ask(command, device, DEVICES[device], hashlib.sha256(codec.encode(command)).hexdigest(), signed_at)
                for command, device, signed_at in asks
            ],
            now,
        )

    def entry_of(self, command: str) -> str:
        """The entry of a redemption that was carried out."""
        with self.db.read() as tx:
            return str(tx.scalar(select(redemptions.c.entry).where(redemptions.c.command == command)))

    def earn(
        self, member: str, points: int, tier_points: int, expires: date, store: str, now: datetime
    ) -> tuple[str, str]:
        """Earn, and pay what is owed; the ids of entry and lot."""
        made = [self.new_id(), self.new_id()]
        ids = iter(made)
        with self.db.write() as tx:
            ledger.lock_member(tx, member)
            occasion = ledger.Occasion(kind="bill", at=now, store=store)
            ledger.earn(tx, member, points, tier_points, expires, occasion, new_id=lambda: next(ids))
            debts.settle_new(tx, member, made[:1], today(store, now), now, store, new_id=self.new_id)
        return made[0], made[1]

    def give_back(self, spent: str, points: int, store: str, now: datetime) -> tuple[int, int]:
        """Undo a part of a spending; what came back, and what of it expired."""
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind="reverse", at=now, store=store)
            back = returns.give_back(tx, spent, today(store, now), occasion, new_id=self.new_id, points=points)
            debts.settle_returned(tx, back, today(store, now), occasion, new_id=self.new_id)
            return back.points, back.expired

    def take_back(self, earned: str, points: int, store: str, now: datetime) -> tuple[int, int]:
        """Undo a part of a bill; what the member owes of it, and what the store bears."""
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind="adjust", at=now, store=store)
            done = returns.take_back(tx, earned, points, 0, today(store, now), occasion, new_id=self.new_id)
            if not done.short:
                return 0, 0
            return debts.keep(tx, done.entry, done.short, rules.MOST_OWED, occasion, new_id=self.new_id)

    def fulfil(self, code: str, store: str, number: str, now: datetime) -> None:
        """Hand over what a voucher is for."""
        counter = Counter(store, "key:till", number, today(store, now))
        with self.db.write() as tx:
            voucher_life.fulfil(tx, code, counter, now)

    def cancel(self, code: str, store: str, number: str, now: datetime) -> tuple[int, int]:
        """Take a voucher back; what came back, and what of it expired."""
        counter = Counter(store, "key:till", number, today(store, now))
        with self.db.write() as tx:
            done = voucher_life.cancel(tx, code, counter, now, new_id=self.new_id)
            return done.points, done.expired

    def expire(self, member: str, store: str, now: datetime) -> None:
        """Book off what is over."""
        with self.db.write() as tx:
            expiry.expire(tx, member, today(store, now), at=now, new_id=self.new_id, store=store)

    def place(
        self, member: str, points: int, until: datetime, store: str, now: datetime, card: str | None = None
    ) -> str:
        """Keep points; the hold."""
        with self.db.write() as tx:
            return holds.place(
                tx,
                member,
                points,
                reference=self.new_id(),
                store=store,
                today=today(store, now),
                now=now,
                until=until,
                new_id=self.new_id,
                card=card,
            ).id

    def confirm(self, hold: str, store: str, now: datetime) -> str:
        """Spend a hold; the entry."""
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind="redeem", at=now, store=store)
            return str(holds.confirm(tx, hold, occasion, today=today(store, now), now=now, new_id=self.new_id).entry)

    def release(self, hold: str, now: datetime) -> None:
        """Free a hold."""
        with self.db.write() as tx:
            holds.release(tx, hold, now=now)


def today(store: str, now: datetime) -> date:
    """The store's day."""
    return rules.Model(now, dict(ZONES)).day(store)


def said(outcome: Outcome) -> dict[str, Any]:
    """What an outcome says, decoded."""
    if isinstance(outcome, Answer):
        return {"status": outcome.status, **msgspec.json.decode(outcome.body)}
    return {"status": 0, "code": getattr(outcome, "code", repr(outcome)), "facts": dict(getattr(outcome, "facts", {}))}
