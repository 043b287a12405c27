"""Loads what staff mode at the demo's kiosks needs: staff cards with their PINs, and blank cards in stock (K12, N6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from central_api.context import Context
from central_api.db import Tx
from central_api.demo_data import deck
from central_api.demo_data.files import DemoFolder
from central_api.lifecycle import card_desk
from central_api.lifecycle import repository as lifecycle
from central_api.lifecycle import staff_cards as held
from central_api.staff import at_kiosk

LAID = 3  # blank cards of a batch that can be laid on the virtual reader
_BY = "demo"
_FAMILY = "ntag424"


def staff_cards(folder: DemoFolder) -> dict[str, str]:
    """The UID of each staff card, by its name on the virtual reader."""
    return {f"staff-{one['number']}": _staff_uid(one) for one in folder.toml("staff")["staff"] if one["staff_card"]}


def blank_cards(folder: DemoFolder) -> dict[str, str]:
    """The UIDs of the blank cards that can be laid on the virtual reader, by name."""
    batches = _batches(folder)
    return {f"blank-{place + 1}": _blank(batches[0], 0, place).uid for place in range(LAID)} if batches else {}


def load(
    tx: Tx, context: Context, folder: DemoFolder, new: Sequence[deck.StaffSignIn], now: datetime
) -> list[deck.StaffSignIn]:
    """Give staff who are new their cards and PINs, and take blank cards into stock; the sign-ins with the PINs in them."""
    _stock(tx, context, folder, now)
    uids = staff_cards(folder)
    holders = [one for one in new if f"staff-{one.number}" in uids]
    made = {one.number: deck.new_pin(context.random_below) for one in holders}
    hashes = dict(zip(made, context.passwords.hash_all(list(made.values())), strict=True))
    for number, encoded in hashes.items():
        uid = uids[f"staff-{number}"]
        if at_kiosk.card(tx, uid) is None:
            held.give(
                tx,
                number,
                uid,
                assurance="cryptogram",
                by=_BY,
                now=now,
                new_id=partial(str, f"staff-card-{number}"),
            )
        held.set_pin(tx, number, encoded, by=_BY, now=now)
    return [replace(one, pin=made.get(one.number, "")) for one in new]


def _stock(tx: Tx, context: Context, folder: DemoFolder, now: datetime) -> None:
    desk = card_desk.Desk(context.vault, context.keyring, _BY, now)
    for order, batch in enumerate(_batches(folder)):
        for place in range(batch["left"]):
            blank = _blank(batch, order, place)
            if lifecycle.card_of_number(tx, blank.number) is None:
                card_desk.take_in(tx, desk, blank, new_id=partial(str, f"card-{blank.uid.lower()}"))


def _batches(folder: DemoFolder) -> list[Mapping[str, Any]]:
    """The batches of the family that kiosks write."""
    return [batch for batch in folder.stores.get("card_stock", {}).get("batches", ()) if batch["family"] == _FAMILY]


def _blank(batch: Mapping[str, Any], order: int, place: int) -> card_desk.Blank:
    serial = 7106 + place
    return card_desk.Blank(
        uid=f"04B1{order:02X}{place:08X}",
        family=_FAMILY,
        number=f"8800 {9000 + order:04d} {serial:04d}",
        face="classic",
        assurance="cryptogram",
        batch=batch["batch"],
    )


def _staff_uid(person: Mapping[str, Any]) -> str:
    return f"04A5{int(person['number']):010X}"
