"""Grants counted rights by tier, sells cards of them, and registers each use: who, when, which department, what it saved (A7)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.entitlements import repository
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.programme import entitlement_rules
from central_api.programme import service as programmes
from central_api.programme.entitlement_rules import EntitlementRules
from club.model import errors
from club.model.text import Text

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """What a member may still use of one grant. `left` is None where it is without limit."""

    entitlement: str
    source: str
    count: int
    left: int | None
    expires: date


@dataclass(frozen=True, slots=True)
class Use:
    """One use to be registered.

    Args:
        entitlement: slug.
        by: id of the member of staff, or the desk.
        at: when.
        reference: the command or job behind it: registered once.
        times: how often at once (two days of a courtesy car).
        department: empty: the entitlement's own.
        saved_fen: what it saved in all, in fen; None: its value times `times`.
    """

    entitlement: str
    by: str
    at: datetime
    reference: str
    times: int = 1
    department: str = ""
    saved_fen: int | None = None


def ensure(
    tx: Tx, rules: EntitlementRules, member: Any, tier: str, today: date, now: datetime, *, new_id: Callable[[], str]
) -> int:
    """Grant what a tier has in the periods of today, and fill up what a lower tier had; how many grants changed.

    Doing it again changes nothing. What was granted is never lowered: after a fall it lives to the end of its period.

    Args:
        tx: a unit of work that writes.
        rules: in force.
        member: row of `members`.
        tier: slug of the tier held.
        today: the store's day.
        now: the instant.
        new_id: makes ids of grants.
    """
    changed = 0
    for share in entitlement_rules.shares(rules, tier, member.joined, today):
        values = {
            "id": new_id(),
            "key": share.key(member.id),
            "member": member.id,
            "entitlement": share.entitlement,
            "source": "tier",
            "count": share.count,
            "used": 0,
            "starts": share.starts,
            "expires": share.expires,
            "granted_at": now,
            "by": "",
        }
        if repository.add(tx, values):
            changed += 1
            continue
        row = repository.by_key(tx, share.key(member.id))
        if row.count and (share.count == 0 or share.count > row.count):
            repository.set_count(tx, row.id, share.count)
            changed += 1
    return changed


def lower(tx: Tx, rules: EntitlementRules, member: Any, tier: str, today: date) -> None:
    """Take back what an upgrade brought that was undone; what was used of it stays used."""
    shares = {share.key(member.id): share for share in entitlement_rules.shares(rules, tier, member.joined, today)}
    for row in repository.valid(tx, member.id, today):
        share = shares.get(row.key)
        if row.source != "tier" or (share is not None and share.count in (0, row.count)):
            continue
        count = max(row.used, share.count if share is not None else 0)
        if count:
            repository.set_count(tx, row.id, count)
        else:
            repository.remove(tx, row.id)


def sell(  # noqa: PLR0913 -- a card's whole row
    tx: Tx,
    member_id: str,
    entitlement: str,
    *,
    count: int,
    starts: date,
    expires: date,
    sale: str,
    by: str,
    now: datetime,
    new_id: Callable[[], str],
) -> bool:
    """Sell a count card (so many uses) or a year card (`count` 0, without limit); whether this sale is new.

    Args:
        tx: a unit of work that writes.
        member_id: whose.
        entitlement: slug.
        count: uses; 0 is without limit.
        starts: the first day.
        expires: the last day.
        sale: the number of the bill or command: sold once.
        by: id of the member of staff.
        now: the instant.
        new_id: makes the id.

    Raises:
        Malformed: it would end before it begins, or the count is below 0 or too high.
    """
    if not 0 <= count <= _MOST or expires < starts:
        raise errors.Malformed(
            f"expected 0 to {_MOST} uses and a last day from {starts.isoformat()} on, found {count}, {expires.isoformat()}"
        )
    values = {
        "id": new_id(),
        "key": f"sold:{member_id}:{entitlement}:{sale}",
        "member": member_id,
        "entitlement": entitlement,
        "source": "sold",
        "count": count,
        "used": 0,
        "starts": starts,
        "expires": expires,
        "granted_at": now,
        "by": by,
    }
    return repository.add(tx, values)


def give(  # noqa: PLR0913 -- a grant's whole row
    tx: Tx,
    member_id: str,
    entitlement: str,
    *,
    count: int,
    starts: date,
    expires: date,
    occasion: str,
    now: datetime,
    new_id: Callable[[], str],
) -> bool:
    """Give so many uses for an occasion of the programme, such as joining, once; whether they are new.

    Args:
        tx: a unit of work that writes.
        member_id: whose.
        entitlement: slug.
        count: uses, more than 0.
        starts: the first day.
        expires: the last day.
        occasion: what for: the same entitlement is given once for it.
        now: the instant.
        new_id: makes the id.
    """
    if count < 1 or expires < starts:
        raise ValueError(f"expected at least one use and a last day from {starts} on, found {count}, {expires}")
    values = {
        "id": new_id(),
        "key": f"given:{member_id}:{entitlement}:{occasion}",
        "member": member_id,
        "entitlement": entitlement,
        "source": "staff",  # nobody's tier brings it, and nobody paid for it
        "count": count,
        "used": 0,
        "starts": starts,
        "expires": expires,
        "granted_at": now,
        "by": "",
    }
    return repository.add(tx, values)


def register(tx: Tx, member_id: str, use: Use, *, new_id: Callable[[], str]) -> bool:
    """Register a use and count it off what the member holds, first to expire first; whether it is new.

    Args:
        tx: a unit of work that writes.
        member_id: whose.
        use: what was used.
        new_id: makes ids.

    Raises:
        Malformed: it was used no times, or too often at once.
        CardNotActive: the membership does not stand. Facts: reason.
        NotFound: the club has no such entitlement, and the member bought none.
        LimitReached: fewer are left. Facts: reward, left, wanted.
        IdempotencyConflict: the reference registered another use.
    """
    if not 1 <= use.times <= _MOST:
        raise errors.Malformed(f"expected 1 to {_MOST} uses at once, found {use.times}", field="times")
    ledger.lock_member(tx, member_id)
    before = repository.use_by_reference(tx, use.reference)
    if before is not None:
        if (before.member, before.entitlement) != (member_id, use.entitlement):
            raise errors.IdempotencyConflict("this reference registered another use")
        return False
    member = members.member(tx, member_id)
    if member.status != "active":
        raise errors.CardNotActive(f"expected a membership that stands, found it {member.status}", reason="membership")
    today = texts.local_day(use.at, stores.store(tx, member.home_store).time_zone)
    rules = programmes.counting(tx, use.at).entitlements
    kind = None if rules is None else rules.of(use.entitlement)
    if rules is not None:
        ensure(tx, rules, member, member.tier, today, use.at, new_id=new_id)
    grants = repository.valid(tx, member_id, today, use.entitlement)
    if kind is None and not grants:
        raise errors.NotFound("expected an entitlement of the club", kind="entitlement", id=use.entitlement)
    left = sum(_left(row, use.times) for row in grants)
    if left < use.times:
        raise errors.LimitReached(
            f"{left} of {use.entitlement} are left, {use.times} were asked for",
            reward=use.entitlement,
            left=left,
            wanted=use.times,
        )
    title = Text(use.entitlement) if kind is None else kind.name
    value = (kind.value_fen if kind is not None else 0) * use.times
    saved = value if use.saved_fen is None else use.saved_fen
    department = use.department or (kind.department if kind is not None else "")
    rest, spread = use.times, saved
    for row in grants:
        part = min(rest, _left(row, use.times))
        if not part:
            continue
        rest -= part
        worth = spread if not rest else saved * part // use.times
        spread -= worth
        repository.use(tx, row.id, part)
        values = {
            "id": new_id(),
            "member": member_id,
            "at": use.at,
            "kind": "service",
            "entitlement": use.entitlement,
            "by": use.by,
            "title": texts.column(title),
            "saved_fen": worth,
            "department": department,
            "grant": row.id,
            "times": part,
            "reference": use.reference if part + rest == use.times else None,  # the first row stands for all
        }
        repository.add_use(tx, values)
        if not rest:
            break
    return True


def held(tx: Tx, member_id: str, today: date) -> tuple[Held, ...]:
    """What a member may still use on a day. Reads only."""
    return tuple(
        Held(row.entitlement, row.source, row.count, row.count - row.used if row.count else None, row.expires)
        for row in repository.held(tx, member_id, today)
    )


def _left(row: Any, wanted: int) -> int:
    return int(row.count - row.used) if row.count else wanted
