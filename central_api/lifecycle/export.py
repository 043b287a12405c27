"""All that the club keeps about somebody, for themselves, as JSON (A10): plain words for names of fields, nothing left out."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, select

from central_api.cards.tables import card_sessions, cards
from central_api.db import Tx
from central_api.ledger.tables import ledger_entries, ledger_postings, lots
from central_api.lifecycle.tables import registrations
from central_api.members import personal
from central_api.members import repository as members
from central_api.members.tables import consents
from central_api.programme.tables import benefit_uses
from central_api.rewards.tables import redemptions, vouchers
from central_api.security.envelope import Place
from central_api.security.vault import Vault
from central_api.visits.tables import service_jobs
from club.model import errors

FORMAT = "club-member-export/1"
_HASHES = frozenset({"body_hash", "code_hash", "evidence_sha256"})
_TABLES: tuple[tuple[str, Table, Column[Any]], ...] = (
    ("consents", consents, consents.c.member),
    ("registrations", registrations, registrations.c.member),
    ("ledger_entries", ledger_entries, ledger_entries.c.member),
    ("lots", lots, lots.c.member),
    ("redemptions", redemptions, redemptions.c.member),
    ("vouchers", vouchers, vouchers.c.member),
    ("benefit_uses", benefit_uses, benefit_uses.c.member),
    ("service_jobs", service_jobs, service_jobs.c.member),
    ("card_sessions", card_sessions, card_sessions.c.member),
)


def everything(tx: Tx, vault: Vault, member: str, now: datetime) -> dict[str, Any]:
    """Everything about a member and whoever was merged into them. Reads only; whoever asks for it writes it into the log of acts.

    Args:
        tx: a unit of work.
        vault: opens what is sealed.
        member: id.
        now: the instant that is written into it.

    Raises:
        NotFound: no such member, or they have left: nothing personal is kept of them.
    """
    row = members.find(tx, member)
    if row is None or row.closed_for == "left":
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    family = members.family(tx, member)
    found: dict[str, Any] = {"format": FORMAT, "made_at": now.isoformat(), "member": member}
    found["persons"] = [_person(tx, vault, one) for one in family]
    found["cards"] = [_card(tx, vault, one) for one in _rows(tx, cards, cards.c.member, family)]
    for name, table, holder in _TABLES:
        found[name] = [_plain(one) for one in _rows(tx, table, holder, family)]
    entries = [one["id"] for one in found["ledger_entries"]]
    query = select(ledger_postings).where(ledger_postings.c.entry.in_(entries)).order_by(ledger_postings.c.id)
    found["ledger_postings"] = [_plain(one) for one in tx.rows(query)] if entries else []
    return found


def _person(tx: Tx, vault: Vault, member: str) -> dict[str, Any]:
    details = personal.read(tx, vault, member)
    return {
        **_plain(members.member(tx, member)),
        "given": details.given,
        "phone": details.phone,
        "id_number": details.id_number,
        "birthday": details.birthday,
        "vehicles": [
            {
                "id": car.id,
                "plate": car.plate,
                "vin": car.vin,
                "model": car.model,
                "mileage_km": car.mileage_km,
                "bought_on": _value(car.bought_on),
            }
            for car in personal.vehicles(tx, vault, member)
        ],
    }


def _card(tx: Tx, vault: Vault, row: Any) -> dict[str, Any]:
    driver = vault.open(tx, Place("cards", "driver", row.id), row.driver) if row.driver else ""
    return {**_plain(row), "driver": driver}


def _rows(tx: Tx, table: Table, holder: Column[Any], family: Sequence[str]) -> Sequence[Any]:
    return tx.rows(select(table).where(holder.in_(family)).order_by(*table.primary_key.columns))


def _plain(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in row._asdict().items() if name not in _HASHES}


def _value(value: Any) -> Any:
    written: dict[type, Callable[[Any], Any]] = {datetime: datetime.isoformat, date: date.isoformat}
    return written.get(type(value), lambda other: other)(value)
