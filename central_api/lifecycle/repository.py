"""Queries of registrations, merges and cards being issued, and of the rows that change hands when two members are merged."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, delete, func, insert, literal, select, text, update

from central_api.cards import lines
from central_api.cards.tables import card_sessions, cards, grants, pins
from central_api.db import Tx
from central_api.devices.tables import devices, places
from central_api.gifts.tables import birthdays
from central_api.inbox.tables import member_messages
from central_api.ledger.tables import accounts
from central_api.lifecycle.tables import card_issues, merge_items, merges, registrations
from central_api.rewards.tables import redemptions, vouchers
from central_api.staff.tables import audit
from central_api.tiers.tables import tier_grants

LINES = "cards.line"
"""Under which `merge_items` has the lines of the cards that changed hands, beside the tables' own names."""


def alone_with(tx: Tx, name: str) -> None:
    """Make every other unit of work that asks for the same name wait until this one has ended."""
    if tx.dialect == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 8))"), {"name": name})


def registration(tx: Tx, registration_id: str, *, lock: bool = False) -> Any:
    """The row of a registration, or None; locked until the end when asked for."""
    query = select(registrations).where(registrations.c.id == registration_id)
    return tx.first(query.with_for_update() if lock else query)


def pending_of(tx: Tx, member_id: str, *, lock: bool = True) -> Any:
    """The registration by which a member still waits for activation, or None; locked until the end unless told not to."""
    query = select(registrations).where(registrations.c.member == member_id, registrations.c.state == "pending")
    return tx.first(query.with_for_update() if lock else query)


def overdue(tx: Tx, now: datetime, limit: int) -> Sequence[Any]:
    """Registrations that waited too long, longest first; locked until the end, those somebody else has are left out."""
    query = select(registrations).where(registrations.c.state == "pending", registrations.c.expires_at <= now)
    return tx.rows(query.order_by(registrations.c.expires_at).limit(limit).with_for_update(skip_locked=True))


def add_registration(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new registration."""
    tx.execute(insert(registrations).values(**values))


def asked_lately(tx: Tx, by: str, since: datetime, most: int) -> Sequence[datetime]:
    """When somebody asked for registrations after an instant, whatever became of them; the last first, `most` of them.

    None expires before it was asked for, so that the index of these days finds them among few.
    """
    states = registrations.c.state.in_(("pending", "activated", "lapsed"))
    query = select(registrations.c.asked_at).where(states, registrations.c.expires_at > since)
    query = query.where(registrations.c.by == by, registrations.c.asked_at > since)
    return [row.asked_at for row in tx.rows(query.order_by(registrations.c.asked_at.desc()).limit(most))]


def acts_on(tx: Tx, subject: str, acts: Sequence[str], since: datetime, most: int) -> Sequence[datetime]:
    """When something of this was done to a subject after an instant, by the log of acts; the last first, `most` of them."""
    query = select(audit.c.at).where(audit.c.subject == subject, audit.c.at > since, audit.c.act.in_(list(acts)))
    return [row.at for row in tx.rows(query.order_by(audit.c.at.desc()).limit(most))]


def change_registration(tx: Tx, registration_id: str, values: Mapping[str, object]) -> None:
    """Change a registration's row."""
    tx.execute(update(registrations).where(registrations.c.id == registration_id).values(**values))


def forget_registrations(tx: Tx, ids: Collection[str]) -> None:
    """Take out of members' registrations what could be compared with what they typed; those that wait lapse."""
    mine = registrations.c.member.in_(list(ids))
    tx.execute(update(registrations).where(mine).values(body_hash="", code_hash=""))
    tx.execute(update(registrations).where(mine, registrations.c.state == "pending").values(state="lapsed"))


def forget_digests(tx: Tx, ids: Collection[str]) -> None:
    """Take the digests of what members confirmed by their PIN out of its grants: they could be compared with a guess."""
    theirs = select(card_sessions.c.id).where(card_sessions.c.member.in_(list(ids)))
    tx.execute(update(grants).where(grants.c.session.in_(theirs)).values(body_sha256=""))


def void_grants(tx: Tx, ids: Collection[str]) -> None:
    """Take back what these members' PINs granted, and was not used yet, in sessions of cards that are not theirs any more."""
    left = select(card_sessions.c.id).join(cards, cards.c.id == card_sessions.c.card)
    left = left.where(card_sessions.c.member.in_(list(ids)), cards.c.member.is_distinct_from(card_sessions.c.member))
    tx.execute(update(grants).where(grants.c.session.in_(left), grants.c.used_at.is_(None)).values(body_sha256=""))


def forget_told(tx: Tx, ids: Collection[str]) -> None:
    """Remove members' birthdays and messages, and the words with which staff gave them a tier."""
    for table in (birthdays, member_messages):
        tx.execute(delete(table).where(table.c.member.in_(list(ids))))
    tx.execute(update(tier_grants).where(tier_grants.c.member.in_(list(ids))).values(reason=""))


def add_accounts(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Write the accounts of a new member."""
    tx.execute(insert(accounts), list(rows))


def card(tx: Tx, card_id: str, *, lock: bool = True) -> Any:
    """The row of a card, or None; locked until the end unless told not to.

    Whoever writes a row that names the card (a session, a redemption) is not kept waiting: its id and its UID stay.
    """
    query = select(cards).where(cards.c.id == card_id)
    return tx.first(query.with_for_update(key_share=True) if lock else query)


def card_of_number(tx: Tx, number: str) -> Any:
    """The row of the card with this printed number (blanks do not count), or None."""
    wanted = number.replace(" ", "")
    return tx.first(select(cards).where(func.replace(cards.c.number, " ", "") == wanted))


def add_card(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new card."""
    tx.execute(insert(cards).values(**values))


def in_stock(tx: Tx) -> Sequence[Any]:
    """How many blank cards there are: rows of batch, family and left."""
    query = select(cards.c.batch, cards.c.family, func.count().label("left")).where(cards.c.state == "stock")
    return tx.rows(query.group_by(cards.c.batch, cards.c.family).order_by(cards.c.batch, cards.c.family))


def over_temporary(tx: Tx, today: date) -> Sequence[Any]:
    """Temporary cards in use whose last day lies before `today`."""
    return tx.rows(select(cards).where(cards.c.state == "active", cards.c.good_until < today).order_by(cards.c.id))


def forget_pin(tx: Tx, card_id: str) -> None:
    """Remove a card's PIN."""
    tx.execute(delete(pins).where(pins.c.card == card_id))


def end_sessions(tx: Tx, now: datetime, *, card_id: str | None = None, member_id: str | None = None) -> None:
    """End the open sessions of a card, or of a member."""
    of = card_sessions.c.card == card_id if card_id is not None else card_sessions.c.member == member_id
    tx.execute(update(card_sessions).where(of, card_sessions.c.ended_at.is_(None)).values(ended_at=now))


def open_vouchers(tx: Tx, member_id: str) -> int:
    """How many vouchers a member can still use."""
    query = select(func.count()).select_from(vouchers)
    return int(tx.scalar(query.where(vouchers.c.member == member_id, vouchers.c.state == "issued")))


def cancel_vouchers(tx: Tx, member_id: str, now: datetime, by: str) -> None:
    """Close the vouchers that a member could still use."""
    open_ones = update(vouchers).where(vouchers.c.member == member_id, vouchers.c.state == "issued")
    tx.execute(open_ones.values(state="cancelled", closed_at=now, closed_by=by))


def merge(tx: Tx, merge_id: str) -> Any:
    """The row of a merge, locked until the end, or None."""
    return tx.first(select(merges).where(merges.c.id == merge_id).with_for_update())


def add_merge(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a merge."""
    tx.execute(insert(merges).values(**values))


def change_merge(tx: Tx, merge_id: str, values: Mapping[str, object]) -> None:
    """Change a merge's row."""
    tx.execute(update(merges).where(merges.c.id == merge_id).values(**values))


def hand_over(tx: Tx, merge_id: str, table: Table, holder: Column[Any], source: str, target: str) -> int:
    """Give the rows of a table that name `source` to `target`, and note which; how many."""
    (key,) = table.primary_key.columns
    items = [str(found) for found in tx.connection.execute(select(key).where(holder == source)).scalars()]
    if items:
        tx.execute(update(table).where(holder == source).values({holder.name: target}))
        tx.execute(
            insert(merge_items), [{"merge": merge_id, "table": table.name, "item": item} for item in sorted(items)]
        )
    return len(items)


def hand_back(tx: Tx, merge_id: str, table: Table, holder: Column[Any], source: str, target: str) -> None:
    """Give the rows back that `hand_over` noted, as far as they are still the target's."""
    (key,) = table.primary_key.columns
    noted = select(merge_items.c.item).where(merge_items.c.merge == merge_id, merge_items.c.table == table.name)
    tx.execute(update(table).where(holder == target, key.in_(noted)).values({holder.name: source}))


def note_lines(tx: Tx, merge_id: str, source: str) -> None:
    """Note the lines of the cards that `source` hands over: what takes a card's place before the merge is undone goes back with it."""
    held = select(literal(merge_id), literal(LINES), lines.of_each()).where(cards.c.member == source).distinct()
    tx.execute(insert(merge_items).from_select(["merge", "table", "item"], held))


def hand_cards_back(tx: Tx, merge_id: str, made_at: datetime, source: str, target: str) -> None:
    """Give the target's cards back that are in the lines handed over; one that came back into stock since is in another, and stays.

    Of a merge (of `made_at`) that noted cards and no lines, those are meant that its cards are in, unless they came back since: the log
    of acts has it.
    """
    noted = select(merge_items.c.item).where(merge_items.c.merge == merge_id, merge_items.c.table == LINES)
    if tx.first(noted.limit(1)) is None:
        came_back = select(audit.c.id).where(audit.c.subject == literal("card:") + cards.c.id, audit.c.at >= made_at)
        items = select(merge_items.c.item).where(merge_items.c.merge == merge_id, merge_items.c.table == cards.name)
        by_card = select(lines.of_each()).where(cards.c.id.in_(items))
        found = tx.rows(by_card.where(~came_back.where(audit.c.act == "card.return").exists()).distinct())
        in_lines = lines.of_each().in_([row[0] for row in found])
    else:
        in_lines = lines.of_each().in_(noted)
    tx.execute(update(cards).where(cards.c.member == target, in_lines).values(member=source))


def issue(tx: Tx, issue_id: str) -> Any:
    """The row of a card being issued, locked until the end, or None."""
    return tx.first(select(card_issues).where(card_issues.c.id == issue_id).with_for_update())


def add_issue(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new one."""
    tx.execute(insert(card_issues).values(**values))


def change_issue(tx: Tx, issue_id: str, values: Mapping[str, object]) -> None:
    """Change one."""
    tx.execute(update(card_issues).where(card_issues.c.id == issue_id).values(**values))


def permits_of(tx: Tx, session_id: str) -> Sequence[str]:
    """The permits of the cards that were not issued to the end in a staff session."""
    query = select(card_issues.c.permit).where(card_issues.c.session == session_id, card_issues.c.state == "open")
    return [str(row.permit) for row in tx.rows(query)]


def bought_at(tx: Tx, redemption_id: str) -> Any:
    """The wording of the place a redemption was made at; None when it was made at no device."""
    at = redemptions.join(devices, devices.c.id == redemptions.c.device).join(places, places.c.slug == devices.c.place)
    return tx.scalar(select(places.c.name).select_from(at).where(redemptions.c.id == redemption_id))
