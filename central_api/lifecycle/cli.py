"""Commands of an operator for members, cards and keys; each act stands in the log of acts as `system`'s."""

import json
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from central_api.cards import keys as card_keys
from central_api.cards import repository as cards_stored
from central_api.cards import runs
from central_api.context import Context
from central_api.db import Tx
from central_api.devices import repository as devices
from central_api.ledger.extension import Extended
from central_api.lifecycle import card_desk, export, extending, leaving, merging, repository, staff_cards
from central_api.members import search
from central_api.programme import service as programmes
from central_api.security import keyring, rotation
from central_api.staff import audit
from club.model import errors

BY = "system"
_UID_DIGITS = 14


def find(context: Context, query: str) -> list[str]:
    """A line for each member found, masked: id, name, phone, plates, tier, status, store, last day."""
    with context.db.read() as tx:
        hits = search.find(tx, context.vault, query)
    return [
        "  ".join(
            (
                hit.id,
                hit.name.zh or hit.name.en,
                hit.phone or "-",
                "、".join(hit.plates) or "-",
                hit.tier,
                hit.status,
                hit.home_store,
                hit.valid_to.isoformat(),
            )
        )
        for hit in hits
    ]


def export_member(context: Context, member: str, path: Path) -> None:
    """Write everything about a member to a new file that only this account can read.

    Raises:
        NotFound: no such member.
        FileExistsError: the file is there already.
    """
    now = context.clock.now()
    with context.db.write() as tx:
        content = export.everything(tx, context.vault, member, now)
        audit.record(tx, actor=BY, act="member.export", subject=f"member:{member}", now=now)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")


def erase(context: Context, member: str, *, gives_up: bool) -> leaving.Left:
    """Close a membership, erase what is personal of it, and (SQLite) write the file anew, so that no freed page holds it.

    Raises:
        NotFound: no such member.
        StillHolds: points or vouchers are left, and giving them up was not said.
    """
    now = context.clock.now()
    done = context.db.run(
        lambda tx: leaving.leave(tx, context.keyring, member, gives_up=gives_up, by=BY, now=now, new_id=context.new_id)
    )
    scrub(context)
    return done


def scrub(context: Context) -> None:
    """Let SQLite write its file anew and empty its log: rows that are gone leave no bytes behind. PostgreSQL sees to it itself."""
    if not context.db.is_sqlite:
        return
    with context.db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        if raw is None:
            raise errors.Unavailable("the database gave no connection")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def merge(context: Context, source: str, target: str) -> merging.Merged:
    """Merge one member into another.

    Raises:
        NotFound, MergeRefused: see `merging.merge`.
    """
    desk = _merges(context)

    def work(tx: Tx) -> merging.Merged:
        return merging.merge(tx, desk, programmes.current(tx, desk.now), source, target, reason="operator")

    return context.db.run(work)


def undo_merge(context: Context, merge_id: str) -> merging.Merged:
    """Undo a merge.

    Raises:
        NotFound, MergeRefused: see `merging.undo`.
    """
    desk = _merges(context)
    return context.db.run(lambda tx: merging.undo(tx, desk, merge_id))


def extend(context: Context, member: str, ending: date, until: date, reason: str) -> Extended:
    """Let a member's points that end on one day live until another.

    Raises:
        NotFound, CardNotActive, Malformed: see `extending.extend`.
    """
    now = context.clock.now()

    def work(tx: Tx) -> Extended:
        return extending.extend(
            tx, context.keyring, member,
            ending=ending, until=until, reason=reason, by=BY, now=now, new_id=context.new_id,
        )  # fmt: skip

    return context.db.run(work)


def block(context: Context, number: str) -> str:
    """Block the card with this printed number; its id.

    Raises:
        NotFound: no card has this number.
        CardNotFit: nobody holds it.
    """
    desk = _cards(context)

    def work(tx: Tx) -> str:
        card = _of_number(tx, number)
        card_desk.block(tx, desk, card)
        return card

    return context.db.run(work)


def replace(context: Context, old: str, new: str, ask: Callable[[], tuple[str, str]]) -> None:
    """Give the holder of one card another one out of stock, with a PIN of their own.

    Args:
        context: the service's parts.
        old, new: printed numbers.
        ask: asks for the PIN, twice.

    Raises:
        NotFound, CardNotFit, CardNotActive: see `card_desk.replace`.
        Malformed, PinsDiffer, PinTooSimple: the PIN cannot be.
    """
    desk = _cards(context)
    with context.db.read() as tx:
        first, second = _of_number(tx, old), _of_number(tx, new)
        holder = repository.card_of_number(tx, old).member
    if holder is None:
        raise errors.CardNotFit(
            "expected a card that somebody holds, found one nobody does", state="stock", needs="active"
        )
    pin, again = ask()
    with context.db.read() as tx:
        card_desk.check_pin(tx, context.vault, programmes.current(tx, desk.now), holder, pin, again)
    encoded = context.passwords.hash(pin)  # between two units of work: it takes long
    context.db.run(lambda tx: card_desk.replace(tx, desk, first, second, encoded))


def add_master(context: Context) -> str:
    """Add a master key to the file; its id."""
    return keyring.add_master(context.settings.keys.file).master


def wrap_anew(context: Context) -> int:
    """Wrap the data keys by the newest master key of the file; how many were wrapped by another."""
    current = keyring.load(context.settings.keys.file)
    return context.db.run(lambda tx: rotation.wrap_anew(tx, current))


def seal_anew(context: Context, *, new_key: bool) -> rotation.SealedAnew:
    """Seal every personal field anew."""
    current = keyring.load(context.settings.keys.file)
    return rotation.seal_anew(context.db, context.vault, current, context.clock.now(), new_key=new_key)


def _merges(context: Context) -> merging.Desk:
    return merging.Desk(context.keyring, BY, context.clock.now(), context.new_id)


def _cards(context: Context) -> card_desk.Desk:
    return card_desk.Desk(context.vault, context.keyring, BY, context.clock.now())


def _of_number(tx: Tx, number: str) -> str:
    row = repository.card_of_number(tx, number)
    if row is None:
        raise errors.NotFound("expected the printed number of a card, found one that none has", kind="card")
    return str(row.id)


def permit_cards(
    context: Context, place: str, purpose: Literal["issue", "reset"], batch: str, cards: int, hours: int
) -> datetime:
    """Permit the kiosk at a place to issue or reset cards, for some hours; until when.

    Raises:
        NotFound: no kiosk stands there.
    """
    now = context.clock.now()
    until = now + timedelta(hours=hours)
    with context.db.write() as tx:
        device = devices.kiosk_at(tx, place)
        if device is None:
            raise errors.NotFound("expected an enrolled kiosk at this place, found none", kind="place", id=place[:64])
        runs.grant(tx, runs.Permit(context.new_id(), device.id, purpose, batch, cards, until, BY), now)
    return until


def card_stock(context: Context) -> list[str]:
    """A line for each batch, face and state: how many cards there are (N6)."""
    with context.db.read() as tx:
        return [f"{row.batch or '-'}  {row.face}  {row.state}  {row.cards}" for row in cards_stored.stock(tx)]


def renew_card_keys(context: Context) -> int:
    """Make masters of a new version, which cards are given from now on; its number."""
    now = context.clock.now()
    with context.db.write() as tx:
        version = card_keys.add_version(tx, context.vault, now)
        audit.record(tx, actor=BY, act="card.keys-renew", subject=f"card-keys:{version}", now=now)
    return version


def take_in(context: Context, uid: str, number: str, face: str, batch: str) -> str:
    """Take a blank NTAG 424 into stock; its id.

    Raises:
        Malformed: it is no UID of 7 bytes.
        CardNotFit: a card of this number or UID is there already.
    """
    blank = card_desk.Blank(_uid(uid), "ntag424", " ".join(number.split()), face, "cryptogram", batch)
    with context.db.write() as tx:
        return card_desk.take_in(tx, _cards(context), blank, new_id=context.new_id)


def give_staff_card(context: Context, number: str, uid: str) -> str:
    """Make a written card a staff card; its id.

    Raises:
        Malformed, NotFound, CardNotFit: see `staff_cards.give`.
    """
    now = context.clock.now()
    with context.db.write() as tx:
        return staff_cards.give(
            tx, number, _uid(uid), assurance="cryptogram", by=BY, now=now, new_id=context.new_id
        )  # fmt: skip


def set_staff_pin(context: Context, number: str, ask: Callable[[], tuple[str, str]]) -> None:
    """Set the PIN of a staff number; `ask` asks for it, twice.

    Raises:
        NotFound: nobody who works here has the number.
        Malformed, PinsDiffer, PinTooSimple: the PIN cannot be.
    """
    now = context.clock.now()
    pin, again = ask()
    with context.db.read() as tx:
        staff_cards.must_be_pin(programmes.current(tx, now), pin, again)
    encoded = context.passwords.hash(pin)  # between two units of work: it takes long
    context.db.run(lambda tx: staff_cards.set_pin(tx, number, encoded, by=BY, now=now))


def block_staff_card(context: Context, uid: str) -> None:
    """Block a staff card.

    Raises:
        Malformed, NotFound: see `staff_cards.block`.
    """
    with context.db.write() as tx:
        staff_cards.block(tx, _uid(uid), by=BY, now=context.clock.now())


def _uid(text: str) -> str:
    found = "".join(text.split()).upper()
    if len(found) != _UID_DIGITS or not set(found) <= set("0123456789ABCDEF"):
        raise errors.Malformed(f"expected a UID of {_UID_DIGITS} hexadecimal digits, found another text", field="uid")
    return found
