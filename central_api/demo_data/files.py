"""Reads the demo content's files: TOML as tables, CSV as typed rows (their meaning is in config/demo/README.md)."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A row of members.csv; dates stay as they are written."""

    id: str
    surname: str
    surname_en: str
    given: str
    title: str
    kind: str
    tier: str
    phone: str
    birthday: str
    joined: str
    valid_to: str
    home_store: str
    adviser: str
    vehicles: str
    card_number: str
    card_family: str
    card_uid: str
    card_face: str
    card_state: str
    language: str
    consent_tv: str
    consent_sms: str
    status: str
    profile: str
    last_visit: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of history.csv, or one made by the generator. `when` and `expires` are relative; points may be negative."""

    row: str
    member: str
    when: str
    kind: str
    category: str = ""
    bill: str = ""
    title_zh: str = ""
    title_en: str = ""
    note_zh: str = ""
    paid_fen: int = 0
    points: int = 0
    tier_points: int = 0
    expires: str = ""
    reward: str = ""
    voucher: str = ""
    store: str = ""


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A row of vouchers.csv, or one made by the generator; dates are relative."""

    voucher: str
    member: str
    reward: str
    origin: str
    issued: str
    valid_to: str
    state: str
    closed: str
    closed_by: str
    desk: str = ""


class DemoFolder:
    """The folder of demo content; each file is read once, when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def toml(self, name: str) -> Mapping[str, Any]:
        """A TOML file by its name without ending."""
        return tomllib.loads((self.folder / f"{name}.toml").read_text(encoding="utf-8"))

    @cached_property
    def programme(self) -> Mapping[str, Any]:
        """Rules of the club."""
        return self.toml("programme")

    @cached_property
    def rewards(self) -> Mapping[str, Any]:
        """The catalogue."""
        return self.toml("rewards")

    @cached_property
    def story(self) -> Mapping[str, Any]:
        """Uses of entitlements, and the generator's seed and profiles."""
        return self.toml("history")

    @cached_property
    def stores(self) -> Mapping[str, Any]:
        """Stores and the places of devices."""
        return self.toml("stores")

    @cached_property
    def members(self) -> Sequence[MemberRow]:
        """All members."""
        names = MemberRow.__slots__
        return [MemberRow(**{name: row[name] for name in names}) for row in self._table("members")]

    @cached_property
    def ledger(self) -> Sequence[LedgerRow]:
        """The written rows of the named members."""
        numbers = ("paid_fen", "points", "tier_points")
        return [
            LedgerRow(**{name: int(value or 0) if name in numbers else value for name, value in row.items()})  # type: ignore[arg-type]
            for row in self._table("history")
        ]

    @cached_property
    def vouchers(self) -> Sequence[VoucherRow]:
        """The written vouchers of the named members."""
        names = VoucherRow.__slots__
        return [VoucherRow(**{name: row[name] for name in names}) for row in self._table("vouchers")]

    def _table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
