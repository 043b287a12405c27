"""A club of invented people in a database of its own, on both engines: keys, vault, members with cards, points and secrets."""

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from central_api.db import Database
from central_api.lifecycle import card_desk, merging, registration
from central_api.lifecycle.registration import Applicant
from central_api.members import personal
from central_api.members import repository as members
from central_api.members.personal import Details, Vehicle
from central_api.programme.content import PinRules, Programme, RedeemRules
from central_api.security import keyring, vault
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from club.model.text import Text
from club.model.tier import Tier
from tests.support.books import NOW, Books

TERMS = {"terms": "2026-01", "privacy": "2026-01"}
PROGRAMME = Programme(
    club=Text("行舟会", "Xingzhou Club"),
    tagline=Text(""),
    time_zone="Asia/Shanghai",
    tiers=(
        Tier("classic", 0, Text("普通", "Classic"), 0, Text("")),
        Tier("gold", 1, Text("金卡", "Gold"), 10_000, Text("")),
    ),
    pin=PinRules(tries=5, lock_minutes=15, forbid=("same-digit", "ascending", "descending", "phone-tail", "birthday")),
    redeem=RedeemRules(pin="always", uid_daily_cap=1999, reversible_days=7),
    show_expiries=3,
    lapsed_grace_days=30,
)
PIN_HASH = "a-hash-that-nobody-checks"


@dataclass
class Hall:
    """Books with everything that membership needs beside them."""

    books: Books
    keys: Path
    keyring: Keyring
    vault: Vault
    told: list[str] = field(default_factory=list)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def db(self) -> Database:
        """The database."""
        return self.books.db

    @property
    def joining(self) -> registration.Desk:
        """What registrations are worked on with; codes are told to `told`."""

        def tell(tx: object, member: str, phone: str, code: str) -> None:
            self.told.append(code)

        return registration.Desk(self.vault, self.keyring, self.books.new_id, secrets.randbelow, tell)

    @property
    def desk(self) -> card_desk.Desk:
        """Where cards are handled, by one of the staff."""
        return card_desk.Desk(self.vault, self.keyring, "staff:1001", self.books.at)

    @property
    def merges(self) -> merging.Desk:
        """Where members are merged, by one of the staff."""
        return merging.Desk(self.keyring, "staff:1001", self.books.at, self.books.new_id)

    def member(
        self, details: Details | None = None, *, surname: str = "王", plates: tuple[str, ...] = (), home: str = "east"
    ) -> str:
        """An active member with what is known of them; the id."""
        name = self.books.member(home)
        with self.books.db.write() as tx:
            values = {"surname": {"zh": surname, "en": ""}, "valid_to": self.books.today + timedelta(days=200)}
            members.change(tx, name, values)
            if details is not None:
                personal.write(tx, self.vault, name, details, NOW)
            for plate in plates:
                personal.write_vehicle(tx, self.vault, name, Vehicle(self.books.new_id(), plate=plate), NOW)
        return name

    def blank(self, uid: str = "", batch: str = "2026-05-B") -> str:
        """A card in stock; the id."""
        number = next(self._count)
        blank = card_desk.Blank(
            uid=uid or f"04{number:012X}",
            family="ntag424",
            number=f"8800 {number:04d} 0000",
            face="classic",
            assurance="cryptogram",
            batch=batch,
        )
        with self.books.db.write() as tx:
            return card_desk.take_in(tx, self.desk, blank, new_id=self.books.new_id)

    def card(self, member: str, uid: str = "", driver: str = "") -> str:
        """A card in a member's hands; the id."""
        name = self.blank(uid)
        with self.books.db.write() as tx:
            card_desk.issue(tx, self.desk, name, member, PIN_HASH, driver=driver)
        return name


def applicant(phone: str = "138 0000 4411", **changes: object) -> Applicant:
    """Somebody who wants to join."""
    values: dict[str, object] = {
        "kind": "person",
        "surname": Text("顾", "Gu"),
        "title": Text("女士", "Ms"),
        "given": "若溪",
        "phone": phone,
        "language": "zh-CN",
        "source": "vehicle",
        "agreed": TERMS,
        "adviser": "li",
        "plate": "沪A·D1O2I8",
        **changes,
    }
    return Applicant(**values)  # type: ignore[arg-type]


def furnish(folder: Path, books: Books) -> Hall:
    """Keys and vault for these books."""
    path = folder / "keys.toml"
    keys = keyring.load_or_create(path)
    found = Vault(keys, lambda: keyring.load(path))
    with books.db.write() as tx:
        vault.ensure(tx, found, keys, NOW)
    return Hall(books, path, keys, found)
