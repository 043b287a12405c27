"""A real store that stays open for many tests, put at rest before each: what was killed runs, nobody stands at the kiosk."""

import json
import secrets
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from central_api import app
from central_api.cards import repository as cards
from central_api.context import Context
from central_api.devices import service as devices
from central_api.ledger import mirror
from club.model.clock import PinnedClock
from club.settings import CentralSettings, load
from club.sync.client import ApiClient
from club.sync.device_seal import DeviceSeal
from club.sync.identity import Identity
from club.wire.cards import Evidence, OpenCardSession, StepUp
from club.wire.devices import Enrol
from club.wire.rewards import Redeem, step_up_digest
from demo.glass import Role, Sighting, find_text, read_qr
from demo.house import House, Options
from demo.reader import VirtualReader
from kiosk_app.flow.actions import Action
from nfc.protocol import sun
from nfc.virtual import deck
from nfc.virtual.card import Card
from nfc.virtual.ntag424 import Ntag424
from nfc.virtual.pcscd import PrivatePcscd
from nfc.virtual.slot import VirtualSlot
from tests.support.central import URL_TEMPLATE, new_id
from tests.support.kiosk_program import DRAWN_DAY, PATIENCE_S, Hand
from tests.support.wait import until

NOBODY = "attract"
CLOCK = PinnedClock(datetime.fromisoformat(DRAWN_DAY))


@dataclass(frozen=True, slots=True)
class Account:
    """All that the central API has written of a member's spending at kiosks.

    Args:
        points: the balance.
        lots: what the member's lots still hold together.
        taken: points of each redemption, in their order.
        vouchers: their codes, in the same order.
    """

    points: int
    lots: int
    taken: tuple[int, ...]
    vouchers: tuple[str, ...]

    def once_more(self, before: "Account") -> bool:
        """Whether exactly one redemption with one voucher came, and its points went once, from balance and lots alike."""
        if len(self.taken) != len(before.taken) + 1 or len(self.vouchers) != len(before.vouchers) + 1:
            return False
        price = self.taken[-1]
        return price > 0 and before.points - self.points == before.lots - self.lots == price


@dataclass
class Visitor(Hand):
    """Somebody at the kiosk of a store whose programs may be killed and whose books may be read.

    Args:
        cards: the members' cards, by member.
        slots: the two places of the card reader. They are used in turn: the same card back on the same place at once is the same tap (N7).
    """

    cards: Mapping[str, Card]
    slots: tuple[VirtualSlot, VirtualSlot]
    _armed: str = ""
    _taps: int = 0

    # -- programs -------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Everything runs, without a fault chosen, and nobody is there."""
        self.take()
        if not self.store.server.running:
            self.start_server()
        if not self.store.kiosk.running or self._armed or not self.state()["online"]:
            self.restart_kiosk()
        if self.state()["session_open"] or self.state()["staff"]:
            self._sign_out()
        self.until(
            lambda now: now["online"] and now["reader"] and now["screen"] == NOBODY and now["settled"],
            "a kiosk at rest",
        )

    def restart_kiosk(self, fault: str = "") -> None:
        """Kill the kiosk and start it again, to die at `fault` when one is named."""
        self.store.kiosk.kill()
        self.take()
        self._armed = fault
        self.store.kiosk.start(_dying_at(fault))
        self.store.kiosk.wait_for(r"kiosk ready")
        self.until(lambda now: now["online"] and now["reader"] and now["enrolled"], "the kiosk to be back")

    def start_server(self, fault: str = "") -> None:
        """Start the central API, to die at `fault` when one is named."""
        self.store.server.start(_dying_at(fault))
        self.store.server.wait_for(r"ready on http")

    @property
    def pcscd(self) -> PrivatePcscd:
        """The store's own card reader service."""
        reader = self.store.reader
        assert isinstance(reader, VirtualReader)
        return reader.service

    # -- at the glass ---------------------------------------------------------------------------------------------

    def sees(self, text: str, role: Role, size: int, *, tolerance: int = 2) -> Sighting:
        """Wait until a line of text is seen in the pixels of the kiosk's screen, about `size` px large."""
        glass = self.store.kiosk_glass

        def seen() -> Sighting | None:
            return find_text(glass.look(), text, role=role, size=size, tolerance=tolerance)

        try:
            return until(seen, f"{text!r} on the glass")
        except AssertionError:
            glass.look().save(self.store.options.logs / "not-seen.png")
            raise

    def reads_qr(self) -> str:
        """What the QR code on the screen says."""
        return until(lambda: read_qr(self.store.kiosk_glass.look()), "a QR code on the glass")[0]

    def searches(self, *texts: str) -> list[str]:
        """Which of these some widget or the state holds."""
        return list(self.ask(do="search", **{"for": list(texts)})["found"])

    def press(self, action: str, arg: str | None = None) -> None:
        """Touch the first thing on the screen that tells this action, wherever the screen has it."""
        asked = {"action": action} if arg is None else {"action": action, "arg": arg}
        places = until(lambda: self.ask(do="places", **asked)["places"], f"something to press that tells {asked}")
        self.touch(places[0])

    def offers(self, action: str) -> bool:
        """Whether something on the screen tells this action."""
        return bool(self.ask(do="places", action=action)["places"])

    def open_sheet(self) -> None:
        """Press the reward's button, and wait for the sheet that asks."""
        self.press(Action.REDEEM)
        self.until(lambda now: now["settled"] and self.offers(Action.CONFIRM), "the sheet")

    def enter_pin(self, pin: str) -> None:
        """Type on the pad."""
        for digit in pin:
            self.press(Action.DIGIT, digit)
            self.until(lambda now: now["settled"], "the key to be taken")

    def to_the_sheet(self, member: str, category: str = "") -> None:
        """Tap, go to the rewards (of a category), open the first of them, and open the confirm sheet."""
        self.at_home(member)
        self.press(Action.REWARDS)
        if self.screen("rewards", "pin") == "pin":  # a card that can be copied gives its PIN once (N4)
            self.enter_pin(self.store.members[member])
            self.screen("rewards")
        if category:
            self.press(Action.CATEGORY, category)
            self.until(lambda now: now["settled"], "the category")
        self.press(Action.REWARD)
        self.screen("reward_detail")
        self.open_sheet()

    def confirm(self, member: str) -> None:
        """Confirm and give the PIN; what comes of it is the caller's to wait for."""
        self.press(Action.CONFIRM)
        self.screen("pin")
        pin = self.store.members[member]
        self.enter_pin(pin[:-1])
        self.press(Action.DIGIT, pin[-1])

    def leave(self) -> None:
        """Take the card and sign out."""
        self.leave_to(NOBODY)

    def leave_to(self, screen: str) -> None:
        """Take the card and sign out of a kiosk that rests with another screen than usual."""
        self.take()
        self._sign_out()
        self.screen(screen)

    def _sign_out(self) -> None:
        if self.offers(Action.CANCEL):  # the sheet covers what is below it
            self.press(Action.CANCEL)
            self.until(lambda now: now["settled"] and not self.offers(Action.CANCEL), "the sheet to go")
        self.press(Action.EXIT)

    def at_home(self, member: str) -> None:
        """Lay a member's card down and wait for the member's page; the card stays."""
        self.screen(NOBODY)
        card = self.cards[member]
        if isinstance(card, Ntag424):  # other copies of it may have been tapped since
            card.counter = max(card.counter, self.counter(member))
        self.lay(card)
        self.until(lambda now: now["screen"] == "home" and now["confirmed"] and now["settled"], "the member's page")

    # -- cards ----------------------------------------------------------------------------------------------------

    def lay(self, card: Card) -> None:
        """Lay a card on the reader, on the place that was empty longer; it stays until `take`."""
        self.take()
        self._taps += 1
        self.slots[self._taps % 2].insert(card)

    def slip(self, card: Card) -> None:
        """The card that lies there leaves its place for a moment and is back on it."""
        self.take()
        self.slots[self._taps % 2].insert(card)

    def take(self) -> None:
        """Take away what lies there."""
        for slot in self.slots:
            slot.remove()

    def card_of(self, member: str, *, counter: int | None = None, file_key: bytes | None = None) -> Ntag424:
        """Another copy of a member's card: with the counter of the last tap the club knows, or with faults of one's own.

        Args:
            member: whose; the card must be an NTAG 424.
            counter: of the last tap it made.
            file_key: instead of its own.
        """
        uid, meta_key, own_key = self._keys(member)
        made = self.counter(member) if counter is None else counter
        return Ntag424(uid, meta_key, file_key or own_key, counter=made, random_bytes=lambda count: b"\x05" * count)

    def counter(self, member: str) -> int:
        """The counter of the last tap that the club took."""
        return int(self.one("SELECT last_counter FROM cards WHERE member = ?", member))

    def evidence(self, member: str) -> Evidence:
        """The evidence of the next tap of a member's card, for another kiosk."""
        uid, meta_key, file_key = self._keys(member)
        picc = sun.PiccData(uid, self.counter(member) + 1)
        url = sun.build(URL_TEMPLATE, meta_key, file_key, picc, b"\x06" * 5)
        return Evidence(uid=uid.hex().upper(), family="ntag424", sun_url=url)

    def _keys(self, member: str) -> tuple[bytes, bytes, bytes]:
        written = tomllib.loads((self.central / "cards.toml").read_text(encoding="utf-8"))["card"]
        card = next(one for one in written if one["name"] == member)
        return bytes.fromhex(card["uid"]), bytes.fromhex(card["meta_key"]), bytes.fromhex(card["file_key"])

    # -- books ----------------------------------------------------------------------------------------------------

    @property
    def central(self) -> Path:
        """The central API's folder."""
        return self.store.options.state / "central"

    def all(self, question: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """Rows of the central API's database, read on a connection of one's own."""
        with closing(sqlite3.connect(f"file:{self.central / 'club.db'}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(question, values).fetchall()

    def one(self, question: str, *values: object) -> Any:
        """The one value of the one row."""
        ((value,),) = self.all(question, *values)
        return value

    def account(self, member: str) -> Account:
        """How a member's account stands."""
        points = self.one("SELECT balance FROM accounts WHERE member = ? AND track = 'points'", member)
        lots = self.one('SELECT coalesce(sum("left"), 0) FROM lots WHERE member = ?', member)
        taken = self.all(
            "SELECT points FROM redemptions WHERE member = ? AND command IS NOT NULL ORDER BY rowid", member
        )
        codes = self.all(
            "SELECT v.code FROM vouchers v JOIN redemptions r ON r.id = v.redemption "
            "WHERE v.member = ? AND r.command IS NOT NULL ORDER BY v.rowid",
            member,
        )
        return Account(points, lots, tuple(each for (each,) in taken), tuple(code for (code,) in codes))

    def spends_most(self, *, but: str = "") -> str:
        """Whoever has most points to spend by a genuine card (`but` one), so that no case leans on the limits of another."""
        rows = self.all(
            "SELECT m.id FROM members m JOIN cards c ON c.member = m.id JOIN accounts a ON a.member = m.id "
            "WHERE c.assurance = 'cryptogram' AND c.state = 'active' AND m.status = 'active' AND a.track = 'points' "
            "ORDER BY a.balance DESC"
        )
        able = (str(member) for (member,) in rows if member in self.cards and member in self.store.members)
        return next(member for member in able if member != but)

    def books_are_right(self) -> None:
        """Every entry sums to zero on each track, balances are their postings, lots their uses, stock is never negative."""
        assert not self.all(
            "SELECT p.entry, a.track, sum(p.amount) FROM ledger_postings p JOIN accounts a ON a.id = p.account "
            "GROUP BY p.entry, a.track HAVING sum(p.amount) <> 0"
        )
        assert not self.all(
            "SELECT a.id FROM accounts a LEFT JOIN ledger_postings p ON p.account = a.id WHERE a.member IS NOT NULL "
            "GROUP BY a.id HAVING coalesce(sum(p.amount), 0) <> a.balance"
        )
        assert not self.all(
            "SELECT r.id FROM redemptions r LEFT JOIN lot_uses u ON u.entry = r.entry WHERE r.command IS NOT NULL "
            "GROUP BY r.id HAVING coalesce(sum(abs(u.points)), 0) <> r.points"
        )
        assert not self.all(
            "SELECT command FROM redemptions GROUP BY command HAVING command IS NOT NULL AND count(*) > 1"
        )
        assert not self.all("SELECT slug FROM rewards WHERE stock < 0")

    def outbox(self) -> Sequence[tuple[str, int]]:
        """State and held points of each command on the kiosk's disk."""
        file = self.store.options.state / "kiosk" / "store.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute("SELECT state, hold_points FROM command ORDER BY position").fetchall()

    def mirrored(self, member: str) -> str:
        """The state of a member's card as the kiosk's disk has it."""
        with self.desk() as context, context.db.write() as tx:
            store = self.one("SELECT home_store FROM members WHERE id = ?", member)
            (card,) = [card for card in cards.cards_of(tx, member) if card.uid]
            key = context.keyring.card_hash(store, card.uid)
        file = self.store.options.state / "kiosk" / "store.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as db:
            rows = db.execute("SELECT payload FROM entity WHERE kind = 'member' AND id = ?", (key,)).fetchall()
        if not rows:
            return ""
        # Only the device itself can read it, on this machine.
        seal = DeviceSeal(file.with_name("store.db.key"), Identity.load_or_create(file.with_name("identity.json")))
        opened = seal.open(rows[0][0], f"member:{key}")
        return str(json.loads(opened)["card_state"]) if opened else ""

    def on_its_way(self) -> bool:
        """Whether the kiosk's disk holds a command that the club has not answered."""
        return any(state in ("waiting", "sent") for state, _ in self.outbox())

    # -- at the club's own desk -----------------------------------------------------------------------------------

    def enrol_code(self, place: str) -> str:
        """A one-time code for a new device at a place."""
        digits = f"{secrets.randbelow(10**6):06d}"
        with self.desk() as context, context.db.write() as tx:
            devices.make_code(
                tx,
                context.keyring,
                place=place,
                now=CLOCK.now(),
                minutes=10,
                digits=digits,
                code_id=new_id(),
            )
        return digits

    @contextmanager
    def reported_lost(self, member: str) -> Iterator[None]:
        """Have a member's card blocked for a while, as staff at the desk do, and tell the devices (N5)."""
        self._set_card(member, {"state": "blocked", "blocked_since": CLOCK.now().date()})
        try:
            yield
        finally:
            self._set_card(member, {"state": "active", "blocked_since": None})

    def _set_card(self, member: str, values: dict[str, object]) -> None:
        with self.desk() as context, context.db.write() as tx:
            (card,) = cards.cards_of(tx, member)
            cards.set_state(tx, card.id, values)
            mirror.publish_member(tx, context.keyring, member, CLOCK.now(), "Asia/Shanghai")

    @contextmanager
    def desk(self) -> Iterator[Context]:
        """The central API's own parts on the same database, as a second process of it would have them."""
        settings = load(
            None,
            CentralSettings,
            [
                f"database.url=sqlite:///{self.central / 'club.db'}",
                f"media.dir={self.central / 'media'}",
                f"keys.file={self.central / 'keys.toml'}",
            ],
        )
        context = app.open_context(settings, CLOCK)
        try:
            yield context
        finally:
            context.passwords.close()
            context.db.close()


@dataclass
class OtherKiosk:
    """Another enrolled device of the store, driven by the test: the same client, without a window."""

    visitor: Visitor
    client: ApiClient

    @classmethod
    def enrolled(cls, visitor: Visitor, folder: Path, place: str = "kiosk-2") -> "OtherKiosk":
        """A new device at a place."""
        client = ApiClient(visitor.store.url, Identity.load_or_create(folder / "identity.json"), CLOCK)
        code = visitor.enrol_code(place)
        client.enrol(
            Enrol(
                code=code,
                device_id=client.identity.device_id,
                kind="kiosk",
                public_key=client.identity.public_key,
                version="0.1.0",
            )
        )
        return cls(visitor, client)

    def granted(self, member: str, reward: str, unit_points: int) -> Redeem:
        """A tap, and a command that the member's PIN let through; not sent yet."""
        session = self.client.open_card_session(
            OpenCardSession(session_id=new_id(), evidence=self.visitor.evidence(member), tapped_at=CLOCK.now())
        )
        command = Redeem(
            command_id=new_id(), session_id=session.session_id, reward=reward, quantity=1, unit_points=unit_points
        )
        grant = self.client.step_up(
            StepUp(
                command_id=command.command_id,
                session_id=session.session_id,
                body_sha256=step_up_digest(command),
                pin=self.visitor.store.members[member],
            )
        )
        return Redeem(
            command_id=command.command_id,
            session_id=session.session_id,
            reward=reward,
            quantity=1,
            unit_points=unit_points,
            grant=grant.grant,
        )


def _dying_at(fault: str) -> dict[str, str]:
    return {"CLUB_FAULT_POINT": fault} if fault else {}


@contextmanager
def open_house(
    folder: Path,
    *,
    programs: frozenset[str] = frozenset({"central-api", "kiosk"}),
    log_level: str = "info",
    log_form: str = "text",
    kiosk_settings: tuple[str, ...] = (),
) -> Iterator[Visitor]:
    """A store that is open on the drawn day with these of its programs, and somebody before its kiosk."""
    options = Options(
        state=folder,
        logs=folder / "logs",
        pinned=DRAWN_DAY,
        virtual=True,
        pinned_runs=False,
        log_level=log_level,
        log_form=log_form,
        programs=programs,
        kiosk_settings=kiosk_settings,
    )
    with House(options, lambda _said: None) as store:
        reader = store.reader
        assert isinstance(reader, VirtualReader)
        members = deck.load(folder / "central" / "cards.toml")
        with reader.service.slot(0) as first, reader.service.slot(1) as second:
            yield Visitor(store, members, (first, second))


__all__ = ["CLOCK", "NOBODY", "PATIENCE_S", "Account", "OtherKiosk", "Visitor", "open_house"]
