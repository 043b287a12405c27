"""Loads members, their cards and their whole history; who is there already stays untouched."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select

from central_api.cards import tables as card_tables
from central_api.db import Tx
from central_api.demo_data.books import Bookkeeper
from central_api.demo_data.files import DemoFolder, LedgerRow, MemberRow, VoucherRow
from central_api.demo_data.generator import Generator
from central_api.ledger import mirror
from central_api.ledger import service as ledger
from central_api.ledger import tables as ledger_tables
from central_api.lifecycle import registration
from central_api.lifecycle import tables as lifecycle_tables
from central_api.members import consents, personal
from central_api.members import tables as member_tables
from central_api.members.personal import Details, Vehicle
from central_api.programme import tables as programme_tables
from central_api.rewards import tables as reward_tables
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from club.model.relative_dates import RelativeDates

_TITLES_EN = {"先生": "Mr", "女士": "Ms", "": ""}
_CRYPTOGRAM = frozenset({"ntag424"})  # what this version can verify; the others are known by their number alone
_STATES = {"lost": "blocked"}
_MANY = 500
_CONSENTS = ("terms", "privacy")  # everybody's; these two are the member's choice:
_CHOSEN = {"sms": "consent_sms", "screens": "consent_tv"}


def load(
    tx: Tx,
    folder: DemoFolder,
    dates: RelativeDates,
    vault: Vault,
    keyring: Keyring,
    *,
    now: datetime,
    new_code: Callable[[], str],
) -> list[MemberRow]:
    """Load everybody who is missing; returns them. What is personal of them is invented, and sealed like anybody's."""
    known = {row.id for row in tx.rows(select(member_tables.members.c.id))}
    fresh = [row for row in folder.members if row.id not in known]
    if not fresh:
        return []
    _insert(tx, member_tables.members, [_member(row, dates, now) for row in fresh])
    versions = {name: row.version for name, row in consents.current(tx, now).items()}
    for row in fresh:
        _personal(tx, vault, row, dates, now)
    _insert(tx, member_tables.consents, [one for row in fresh for one in _consents(row, dates, versions, now)])
    _insert(tx, lifecycle_tables.registrations, _waiting(folder, dates, keyring, {row.id for row in fresh}, now))
    _insert(tx, card_tables.cards, [_card(row, dates) for row in fresh if row.card_family])
    club_accounts(tx)
    _histories(tx, folder, dates, fresh, now, new_code)
    _uses(tx, folder, dates, {row.id for row in fresh}, now)
    for row in fresh:
        mirror.publish_member(tx, keyring, row.id, now, dates.time_zone)
    return fresh


def _member(row: MemberRow, dates: RelativeDates, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "surname": {"zh": row.surname, "en": row.surname_en},
        "title": {"zh": row.title, "en": _TITLES_EN[row.title]},
        "kind": row.kind,
        "language": row.language,
        "tier": row.tier,
        "status": row.status,
        "home_store": row.home_store,
        "joined": dates.day(row.joined),
        "valid_to": dates.day(row.valid_to),
        "created_at": now,
        "source": "import",
        "adviser": row.adviser,
    }


def _personal(tx: Tx, vault: Vault, row: MemberRow, dates: RelativeDates, now: datetime) -> None:
    birthday = row.birthday if "-" in row.birthday[1:] or not row.birthday else f"{dates.day(row.birthday):%m-%d}"
    personal.write(tx, vault, row.id, Details(given=row.given, phone=row.phone, birthday=birthday), now)
    for number, text in enumerate(filter(None, row.vehicles.split(";")), 1):
        plate, _, model = text.partition("|")
        vehicle = Vehicle(f"car-{row.id}-{number}", plate=plate, model=model)
        personal.write_vehicle(tx, vault, row.id, vehicle, now)


def _waiting(
    folder: DemoFolder, dates: RelativeDates, keyring: Keyring, fresh: Collection[str], now: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "id": f"registration-{row['member']}",
            "member": row["member"],
            "by": "import",
            "body_hash": "",
            "state": "pending",
            "code_hash": registration.code_hash(keyring, row["member"], row["activation_code"]),
            "tries": 0,
            "asked_at": min(dates.instant(row["registered"]), now),
            "expires_at": dates.instant(row["activate_before"]),
        }
        for row in folder.story["pending"]
        if row["member"] in fresh
    ]


def _consents(
    row: MemberRow, dates: RelativeDates, versions: Mapping[str, str], now: datetime
) -> Iterator[dict[str, Any]]:
    chosen = [document for document, column in _CHOSEN.items() if getattr(row, column) == "yes"]
    at = min(dates.instant(row.joined), now)
    for document in (*_CONSENTS, *chosen):
        if document in versions:
            version = versions[document]
            yield {"member": row.id, "document": document, "version": version, "given": 1, "at": at, "by": "import"}


def _card(row: MemberRow, dates: RelativeDates) -> dict[str, Any]:
    state = _STATES.get(row.card_state, row.card_state)
    blocked_since: date | None = None
    if state == "blocked":
        blocked_since = dates.day(row.last_visit) if row.last_visit else dates.today
    return {
        "id": f"card-{row.id}",
        "uid": row.card_uid or None,
        "family": row.card_family,
        "number": row.card_number,
        "face": row.card_face,
        "state": state,
        "reason": "lost" if row.card_state == "lost" else "",
        "blocked_since": blocked_since,
        "assurance": "cryptogram" if row.card_family in _CRYPTOGRAM else "uid",
        "last_counter": -1,
        "member": row.id,
    }


def _histories(
    tx: Tx,
    folder: DemoFolder,
    dates: RelativeDates,
    fresh: Sequence[MemberRow],
    now: datetime,
    new_code: Callable[[], str],
) -> None:
    rows: dict[str, list[LedgerRow]] = defaultdict(list)
    vouchers: dict[str, list[VoucherRow]] = defaultdict(list)
    for row in folder.ledger:
        rows[row.member].append(row)
    for voucher in folder.vouchers:
        vouchers[voucher.member].append(voucher)
    generator = Generator(folder, dates)
    keeper = Bookkeeper(dates, now, new_code)
    for member in fresh:
        if member.profile not in ("explicit", "pending"):
            rows[member.id], vouchers[member.id] = generator.history(member)
        keeper.member(member, rows[member.id], vouchers[member.id])
    books = keeper.books
    _insert(tx, ledger_tables.accounts, books.balances)
    _insert(tx, ledger_tables.ledger_entries, books.entries)
    _insert(tx, ledger_tables.ledger_postings, books.postings)
    _insert(tx, ledger_tables.lots, books.lots)
    _insert(tx, ledger_tables.lot_uses, books.lot_uses)
    _insert(tx, reward_tables.redemptions, books.redemptions)
    _insert(tx, reward_tables.vouchers, books.vouchers)


def club_accounts(tx: Tx) -> None:
    """Make the club's own accounts where they are missing."""
    known = {row.id for row in tx.rows(select(ledger_tables.accounts.c.id))}
    _insert(tx, ledger_tables.accounts, [row for row in ledger.club_accounts() if row["id"] not in known])


def _uses(tx: Tx, folder: DemoFolder, dates: RelativeDates, members: set[str], now: datetime) -> None:
    uses = [
        {
            "id": f"use-{number:02d}",
            "member": row["member"],
            "at": min(dates.instant(row["when"]), now),
            "kind": row["kind"],
            "entitlement": row.get("entitlement", ""),
            "by": row.get("by") or row.get("desk", ""),
            "title": {"zh": row["zh"], "en": row["en"]},
            "saved_fen": row["saved_fen"],
        }
        for number, row in enumerate(folder.story["use"], 1)
        if row["member"] in members
    ]
    _insert(tx, programme_tables.benefit_uses, uses)


def _insert(tx: Tx, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _MANY):
        tx.execute(insert(table), rows[start : start + _MANY])
