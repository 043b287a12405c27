"""Sends urgent notices in two steps by two people, and takes them back: one at a time, never without an end (L2, C2)."""

from collections.abc import Sequence
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


def running(tx: Tx, now: datetime) -> Notice | None:
    """The notice that covers screens now, None when none does."""
    query = select(notices).where(notices.c.state == "sent", notices.c.ends > now)
    return _notice(tx.first(query.order_by(notices.c.starts.desc()).limit(1)))


def waiting(tx: Tx, now: datetime) -> Notice | None:
    """The notice that waits for its second person, None when none does any more."""
    query = select(notices).where(notices.c.state == "ready", notices.c.prepared_at > now - WAITS, notices.c.ends > now)
    return _notice(tx.first(query.order_by(notices.c.prepared_at.desc()).limit(1)))


def last_words(tx: Tx) -> content.Fields:
    """The words of the newest notice, to begin the next one with; empty ones when there was none."""
    row = tx.first(
        select(notices).order_by(notices.c.prepared_at.desc().nulls_last(), notices.c.starts.desc()).limit(1)
    )
    found = _notice(row)
    return found.fields if found is not None else content.Fields(template="notice", texts={})


def find(tx: Tx, slug: str, *, lock: bool = False) -> Notice:
    """One notice.

    Raises:
        NotFound: there is none of this slug.
    """
    query = select(notices).where(notices.c.slug == slug)
    found = _notice(tx.first(query.with_for_update() if lock else query))
    if found is None:
        raise errors.NotFound(f"expected a notice, found none called {slug!r}", kind="notice", id=slug[:64])
    return found


def prepare(
    tx: Tx,
    slug: str,
    fields: content.Fields,
    displays: Sequence[str],
    ends: datetime,
    *,
    by: str,
    now: datetime,
) -> None:
    """The first step: the notice is ready and shows nowhere yet; one that was waiting is dropped for it.

    Args:
        tx: the unit of work.
        slug: a new name for it.
        fields: its words, of the template `notice`.
        displays: slugs of the displays it will cover.
        ends: when it ends by itself.
        by: who prepares it, such as `staff:1001`.
        now: the instant.

    Raises:
        Malformed: no display, or an end that is over or too far. Facts: field.
    """
    if not displays:
        raise errors.Malformed("expected at least one display, found none", field="displays")
    if not now < ends <= now + LONGEST:
        raise errors.Malformed(f"expected an end within a day from {now}, found {ends}", field="ends")
    drop_waiting(tx)
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


def drop_waiting(tx: Tx) -> None:
    """Forget what waits for its second person."""
    prepared = notices.c.prepared_at.is_not(None)
    tx.execute(update(notices).where(notices.c.state == "ready", prepared).values(state="withdrawn"))


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
    if running(tx, now) is not None:
        raise errors.Refusal("expected no other notice on the screens, found one", reason="running")
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


def _notice(row: Any) -> Notice | None:
    if row is None:
        return None
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
