"""Sends urgent notices in two steps by two people, and takes them back: one at a time, never without an end (L2, C2).

A notice belongs to whoever works for every display it is for; which displays those are is the caller's to say.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from central_api.boards import content, service
from central_api.boards.tables import notices
from central_api.db import Tx
from central_api.staff import audit
from club.model import errors

WAITS = timedelta(minutes=5)
"""How long a prepared notice waits for the second person."""
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is kept. `state` is ready, sent or withdrawn."""

    slug: str
    state: str
    displays: tuple[str, ...]
    fields: content.Fields
    starts: datetime
    ends: datetime
    prepared_by: str
    prepared_at: datetime | None
    confirmed_by: str

    def is_within(self, displays: Collection[str]) -> bool:
        """Whether it is for these displays alone."""
        return bool(self.displays) and set(self.displays) <= set(displays)

    def covers_one_of(self, displays: Collection[str]) -> bool:
        """Whether one of these displays is among its own."""
        return not set(self.displays).isdisjoint(displays)


def running(tx: Tx, now: datetime, displays: Collection[str]) -> Notice | None:
    """The newest notice that covers one of these displays now, None when none does."""
    query = select(notices).where(notices.c.state == "sent", notices.c.ends > now)
    rows = tx.rows(query.order_by(notices.c.starts.desc(), notices.c.slug))
    return next((found for found in map(_notice, rows) if found.covers_one_of(displays)), None)


def waiting(tx: Tx, now: datetime, displays: Collection[str]) -> Notice | None:
    """The newest notice for these displays alone that waits for its second person, None when none does any more."""
    query = select(notices).where(notices.c.state == "ready", notices.c.prepared_at > now - WAITS, notices.c.ends > now)
    rows = tx.rows(query.order_by(notices.c.prepared_at.desc(), notices.c.slug))
    return next((found for found in map(_notice, rows) if found.is_within(displays)), None)


def last_words(tx: Tx, displays: Collection[str]) -> content.Fields:
    """The words of the newest notice for these displays alone, to begin the next one with; empty ones when there was none."""
    newest = select(notices).order_by(notices.c.prepared_at.desc().nulls_last(), notices.c.starts.desc())
    found = (one for one in map(_notice, tx.rows(newest)) if one.is_within(displays))
    return next((one.fields for one in found), content.Fields(template="notice", texts={}))


def find(tx: Tx, slug: str, *, lock: bool = False) -> Notice:
    """One notice.

    Raises:
        NotFound: there is none of this slug.
    """
    query = select(notices).where(notices.c.slug == slug)
    row = tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise errors.NotFound(f"expected a notice, found none called {slug!r}", kind="notice", id=slug[:64])
    return _notice(row)


def prepare(
    tx: Tx,
    slug: str,
    fields: content.Fields,
    displays: Sequence[str],
    ends: datetime,
    *,
    among: Collection[str],
    by: str,
    now: datetime,
) -> None:
    """The first step: the notice is ready and shows nowhere yet; those of the same person's reach that wait are dropped for it.

    Args:
        tx: the unit of work.
        slug: a new name for it.
        fields: its words, of the template `notice`.
        displays: slugs of the displays it will cover.
        ends: when it ends by itself.
        among: the displays whoever prepares it may send to; notices that are for others too stay as they are.
        by: who prepares it, such as `staff:1001`.
        now: the instant.

    Raises:
        Malformed: no display, or an end that is over or too far. Facts: field.
    """
    if not displays:
        raise errors.Malformed("expected at least one display, found none", field="displays")
    if not now < ends <= now + LONGEST:
        raise errors.Malformed(f"expected an end within a day from {now}, found {ends}", field="ends")
    _drop_waiting(tx, among)
    tx.execute(
        insert(notices).values(
            slug=slug,
            state="ready",
            displays=list(displays),
            fields=content.fields_to_json(fields),
            starts=now,
            ends=ends,
            prepared_by=by,
            prepared_at=now,
        )
    )
    facts: dict[str, int | str] = {"displays": len(displays)}
    audit.record(tx, actor=by, act="notice.prepare", subject=f"notice:{slug}", now=now, facts=facts)


def confirm(
    tx: Tx, slug: str, *, by: str, now: datetime, read_bound: content.BoundReader
) -> tuple[service.Raised, ...]:
    """The second step, by another person: the notice covers its displays from now on.

    Raises:
        NotFound: no such notice.
        Refusal: facts reason: same-person, over (it waited too long, or was dropped), running (another one shows).
    """
    # All notices are locked, in one order: of two that are confirmed at once the second finds the first running.
    tx.rows(select(notices.c.slug).order_by(notices.c.slug).with_for_update())
    found = find(tx, slug)
    if found.state != "ready" or found.prepared_at is None or now - found.prepared_at >= WAITS or found.ends <= now:
        raise errors.Refusal("expected a notice that waits for its second person, found none", reason="over")
    if found.prepared_by == by:
        raise errors.Refusal("expected another person than who prepared it", reason="same-person")
    if running(tx, now, found.displays) is not None:
        raise errors.Refusal("expected no other notice on its screens, found one", reason="running")
    values = {"state": "sent", "starts": now, "confirmed_by": by, "confirmed_at": now}
    tx.execute(update(notices).where(notices.c.slug == slug).values(**values))
    audit.record(tx, actor=by, act="notice.send", subject=f"notice:{slug}", now=now)
    return service.refresh(tx, found.displays, now=now, read_bound=read_bound)


def withdraw(
    tx: Tx, slug: str, *, by: str, now: datetime, read_bound: content.BoundReader
) -> tuple[service.Raised, ...]:
    """Take a notice back, at once and from every display; one that is taken back already stays so.

    Raises:
        NotFound: no such notice.
    """
    found = find(tx, slug, lock=True)
    if found.state == "withdrawn":
        return ()
    tx.execute(update(notices).where(notices.c.slug == slug).values(state="withdrawn"))
    audit.record(tx, actor=by, act="notice.withdraw", subject=f"notice:{slug}", now=now)
    return service.refresh(tx, found.displays, now=now, read_bound=read_bound)


def _drop_waiting(tx: Tx, among: Collection[str]) -> None:
    ready = select(notices).where(notices.c.state == "ready", notices.c.prepared_at.is_not(None))
    dropped = [one.slug for one in map(_notice, tx.rows(ready.order_by(notices.c.slug))) if one.is_within(among)]
    still_ready = update(notices).where(notices.c.slug.in_(dropped), notices.c.state == "ready")
    tx.execute(still_ready.values(state="withdrawn"))


def _notice(row: Any) -> Notice:
    return Notice(
        slug=row.slug,
        state=row.state,
        displays=tuple(row.displays),
        fields=content.fields_from_json(row.fields),
        starts=row.starts,
        ends=row.ends,
        prepared_by=row.prepared_by,
        prepared_at=row.prepared_at,
        confirmed_by=row.confirmed_by,
    )
