"""Keeps what is personal of a member sealed, with the keyed hashes it is found by; reads it for who may (X2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.members import normal, repository
from central_api.security.envelope import Place
from central_api.security.vault import Vault
from club.model import errors

_DETAILS, _VEHICLES = "member_details", "vehicles"
_BIRTHDAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_LONGEST_MODEL, _MOST_KM = 64, 10_000_000


@dataclass(frozen=True, slots=True)
class Details:
    """What the club knows of a person beside surname and title; empty: not known. `birthday` is MM-DD."""

    given: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    birthday: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A member's vehicle. `mileage_km` and `bought_on` None: not known."""

    id: str
    plate: str = field(default="", repr=False)
    vin: str = field(default="", repr=False)
    model: str = ""
    mileage_km: int | None = None
    bought_on: date | None = None


def write(tx: Tx, vault: Vault, member_id: str, details: Details, now: datetime) -> Details:
    """Keep a member's details, normalised, and what they are found by; returns them as kept.

    Args:
        tx: a unit of work that writes.
        vault: seals.
        member_id: whose; the row of `members` is there.
        details: as typed.
        now: the instant.

    Raises:
        Malformed: a phone, number or birthday is none; the fact `field` says which.
    """
    kept = Details(
        given=normal.name(details.given) if details.given.strip() else "",
        phone=normal.phone(details.phone) if details.phone else "",
        id_number=normal.id_number(details.id_number) if details.id_number else "",
        birthday=_birthday(details.birthday),
    )
    sealed = {
        column: vault.seal(tx, Place(_DETAILS, column, member_id), value) if value else None
        for column, value in (
            ("given", kept.given),
            ("phone", kept.phone),
            ("id_number", kept.id_number),
            ("birthday", kept.birthday),
        )
    }
    repository.put_details(tx, {"member": member_id, **sealed, "changed_at": now})
    surname = texts.text(repository.member(tx, member_id).surname)
    # Chinese names are asked for whole, others by either part.
    names = {surname.zh + kept.given, surname.en, f"{surname.en}{kept.given}" if kept.given.isascii() else ""}
    wanted = [("name", normal.name_key(name)) for name in sorted(names) if name]
    if kept.phone:
        wanted += [("phone", kept.phone), ("phone-tail", normal.phone_tail(kept.phone))]
    if kept.id_number:
        wanted.append(("id-number", kept.id_number))
    hashes = [(kind, vault.lookup(tx, kind, value)) for kind, value in dict.fromkeys(wanted)]
    repository.put_lookups(tx, member_id, ("name", "phone", "phone-tail", "id-number"), "", hashes)
    return kept


def read(tx: Tx, vault: Vault, member_id: str) -> Details:
    """A member's details, open. Who may see them is for the caller to know."""
    row = repository.details(tx, [member_id]).get(member_id)
    return Details() if row is None else opened(tx, vault, row)


def opened(tx: Tx, vault: Vault, row: Any) -> Details:
    """The details of a row of `member_details`."""

    def value(column: str) -> str:
        sealed = getattr(row, column)
        return vault.open(tx, Place(_DETAILS, column, row.member), sealed) if sealed else ""

    return Details(value("given"), value("phone"), value("id_number"), value("birthday"))


def write_vehicle(tx: Tx, vault: Vault, member_id: str, vehicle: Vehicle, now: datetime) -> Vehicle:
    """Keep a vehicle of a member, new or changed, and what it is found by; returns it as kept.

    Raises:
        Malformed: plate, VIN, model or mileage cannot be.
        NotAllowed: the vehicle of this id is somebody else's.
    """
    before = repository.vehicle(tx, vehicle.id)
    if before is not None and before.member != member_id:
        raise errors.NotAllowed("expected a vehicle of this member, found another member's", needs="own-vehicle")
    if len(vehicle.model) > _LONGEST_MODEL or not 0 <= (vehicle.mileage_km or 0) <= _MOST_KM:
        raise errors.Malformed(
            f"expected a model of at most {_LONGEST_MODEL} characters and 0 to {_MOST_KM} km", field="vehicle"
        )
    plate = normal.plate(vehicle.plate) if vehicle.plate else ""
    vin = normal.vin(vehicle.vin) if vehicle.vin else ""
    values = {
        "id": vehicle.id,
        "member": member_id,
        "plate": vault.seal(tx, Place(_VEHICLES, "plate", vehicle.id), plate) if plate else None,
        "vin": vault.seal(tx, Place(_VEHICLES, "vin", vehicle.id), vin) if vin else None,
        "model": vehicle.model,
        "mileage_km": vehicle.mileage_km,
        "bought_on": vehicle.bought_on,
        "added_at": now if before is None else before.added_at,
    }
    repository.put_vehicle(tx, values)
    hashes = []
    if plate:
        hashes.append(("plate", vault.lookup(tx, "plate", normal.plate_key(plate))))
    if vin:
        hashes.append(("vin", vault.lookup(tx, "vin", vin)))
    repository.put_lookups(tx, member_id, ("plate", "vin"), vehicle.id, hashes)
    return Vehicle(vehicle.id, plate, vin, vehicle.model, vehicle.mileage_km, vehicle.bought_on)


def vehicles(tx: Tx, vault: Vault, member_id: str) -> Sequence[Vehicle]:
    """A member's vehicles, open, in the order in which they were added."""
    return [opened_vehicle(tx, vault, row) for row in repository.vehicles_of(tx, [member_id])]


def opened_vehicle(tx: Tx, vault: Vault, row: Any) -> Vehicle:
    """The vehicle of a row of `vehicles`."""
    plate = vault.open(tx, Place(_VEHICLES, "plate", row.id), row.plate) if row.plate else ""
    vin = vault.open(tx, Place(_VEHICLES, "vin", row.id), row.vin) if row.vin else ""
    return Vehicle(row.id, plate, vin, row.model, row.mileage_km, row.bought_on)


def _birthday(text: str) -> str:
    found = text.strip()
    if found and not _BIRTHDAY.fullmatch(found):
        raise errors.Malformed("expected a birthday as MM-DD, found another text", field="birthday")
    return found
