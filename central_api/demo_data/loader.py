"""Loads the demo club into a database: once whole, again without any change."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_api import texts
from central_api.activities import bound
from central_api.activities import demo as activities
from central_api.boards import demo as boards
from central_api.cards import pins
from central_api.context import Context
from central_api.db import Tx
from central_api.demo_data import counter, deck, people, rules
from central_api.demo_data.files import DemoFolder, MemberRow
from central_api.media.store import MediaStore
from central_api.refreshments import demo as refreshments
from central_api.staff import demo as staff
from club.model import voucher
from club.model.relative_dates import RelativeDates

IN_HAND = 26  # the members somebody may play: those on the screens, and the special cases after them


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was new."""

    members: int
    staff: int


def load(context: Context, folder: DemoFolder, out: Path) -> Loaded:
    """Load what is missing, and write cards and sign-ins into `out`, adding to what an earlier load wrote there.

    Args:
        context: the service's parts.
        folder: the demo content.
        out: where cards and sign-ins go; made when it is missing.

    Raises:
        OSError: the files cannot be written.
    """
    now = context.clock.now()
    zone = zoneinfo.ZoneInfo(folder.programme["time_zone"]).key
    dates = RelativeDates(texts.local_day(now, zone), zone)
    out.mkdir(parents=True, exist_ok=True)
    with context.db.write() as tx:
        rules.load_stores(tx, folder)
        rules.load_programme(tx, folder, dates, now)
        rules.load_catalogue(tx, folder, dates, now)
        rules.load_consent_texts(tx, folder, dates)
        fresh = people.load(
            tx,
            folder,
            dates,
            context.vault,
            context.keyring,
            now=now,
            new_code=lambda: voucher.make(context.random_below),
        )
        rules.load_jobs(tx, folder, dates)
        made = _pins(tx, context, fresh, now)
        _load_lounge(tx, context, folder, dates, now)
        signs = [deck.StaffSignIn(*found) for found in staff.load(tx, context.passwords, folder.toml("staff"))]
        signs = counter.load(tx, context, folder, signs, now)
    laid = (counter.staff_cards(folder), counter.blank_cards(folder))
    deck.write_cards(out, context.keyring, folder.members[:IN_HAND], *laid)
    deck.add_sign_ins(out, made, signs)
    return Loaded(len(fresh), len(signs))


def seed(context: Context, folder: DemoFolder, out: Path) -> int:
    """Fill a database with a club that has no members yet: stores, places, rules, catalogue and staff of a folder.

    Args:
        context: the service's parts.
        folder: `stores.toml`, `programme.toml`, `rewards.toml` and `staff.toml`, as those of the demo.
        out: where the sign-ins of staff go; made when it is missing.

    Returns:
        How many of the staff are new.

    Raises:
        OSError: a file is missing or cannot be written.
    """
    now = context.clock.now()
    zone = zoneinfo.ZoneInfo(folder.programme["time_zone"]).key
    dates = RelativeDates(texts.local_day(now, zone), zone)
    out.mkdir(parents=True, exist_ok=True)
    with context.db.write() as tx:
        rules.load_stores(tx, folder)
        rules.load_programme(tx, folder, dates, now)
        rules.load_catalogue(tx, folder, dates, now)
        people.club_accounts(tx)
        signs = [deck.StaffSignIn(*found) for found in staff.load(tx, context.passwords, folder.toml("staff"))]
    deck.add_sign_ins(out, {}, signs)
    return len(signs)


def _pins(tx: Tx, context: Context, fresh: Sequence[MemberRow], now: datetime) -> dict[str, str]:
    """A new PIN for each card somebody may play; by the card's name."""
    held = [row for row in fresh[:IN_HAND] if row.card_uid]
    made = {row.id: deck.new_pin(context.random_below) for row in held}
    hashes = context.passwords.hash_all(list(made.values()))
    for row, encoded in zip(held, hashes, strict=True):
        pins.set_hash(tx, f"card-{row.id}", encoded, now, used_at=now)
    return made


def _load_lounge(tx: Tx, context: Context, folder: DemoFolder, dates: RelativeDates, now: datetime) -> None:
    store = MediaStore(context.settings.media.dir)
    activities.load(tx, store, folder.toml("activities"), dates, now=now)
    refreshments.load(tx, store, folder.toml("menu"), now=now)
    content = boards.DemoFiles(folder.toml("boards"), folder.stores, folder.programme)
    boards.load(tx, store, content, dates, now=now)
    boards.publish_all(tx, content, now=now, read_bound=bound.read)
