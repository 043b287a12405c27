"""Links the DMS's customers to members by the DMS's own numbers, and makes members of those who are none yet (A15, A6)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.integrations.dms import repository
from central_api.integrations.dms.batches import Booked
from central_api.integrations.dms.schemas import MemberRow, MemberSeen
from central_api.integrations.keys.service import Client
from central_api.ledger import mirror
from central_api.ledger import service as ledger
from central_api.members import normal, personal, search
from central_api.members.personal import Details
from central_api.outbox import service as outbox
from central_api.programme import service as programmes
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors

AHEAD = timedelta(days=1)
"""How far the DMS's clock may be ahead of ours."""
_OLDEST = date(1990, 1, 1)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # no club of ours, and no computer's clock that is right, was there before


@dataclass(frozen=True, slots=True)
class Desk:
    """What booking a row needs beside the row."""

    keyring: Keyring
    vault: Vault
    now: datetime
    new_id: Callable[[], str]


def upsert(tx: Tx, desk: Desk, client: Client, row: MemberRow) -> Booked:
    """Link a number to a member and take over what the DMS says of them.

    Sent again it changes nothing; what is older than what we know changes nothing either. A key of one store makes and changes
    that store's members, and links everybody's.

    Raises:
        NotFound: no such store or member.
        NotAllowed: the store is not the key's.
        EditConflict: the number is another member's.
        CardNotActive: the membership was closed, or waits for its activation.
        Malformed: an instant in the future, or a day of joining that cannot be.
    """
    zone = store_of(tx, client, row.store).time_zone
    must_have_happened(row.changed_at, desk.now, "changed_at")
    known = repository.linked(tx, client.source, row.number, lock=True)
    if known is None:
        return _first(tx, desk, client, row, texts.local_day(desk.now, zone))
    if known.merged_into:  # what is said of who was merged is no news of the other
        return Booked(result="same", member=search.current(tx, known.id))
    _must_stand(known)
    if row.member is not None and row.member != known.id:
        raise errors.EditConflict(
            f"expected the number's member {known.id}, found {row.member}; staff merge members, the DMS does not",
            expected=known.id,
            found=row.member,
        )
    if row.changed_at < known.changed_at:
        return Booked(result="late", member=known.id)
    may_change = client.store is None or client.store == known.home_store  # others' members are only linked
    changed = {name: value for name, value in _said(row).items() if may_change and getattr(known, name) != value}
    if row.changed_at > known.changed_at:
        repository.touch(tx, client.source, row.number, row.changed_at)
    before = personal.read(tx, desk.vault, known.id)
    details = _details(row, before) if may_change else before
    if not changed and details == before:
        return Booked(result="same", member=known.id)
    if changed:
        repository.change_member(tx, known.id, changed)
    personal.write(tx, desk.vault, known.id, details, desk.now)  # by the new name as well
    mirror.publish_member(tx, desk.keyring, known.id, desk.now, zone)
    _log(tx, desk, client, "dms.member-change", row.number)
    return Booked(result="changed", member=known.id)


def seen(tx: Tx, client: Client, number: str, now: datetime) -> MemberSeen:
    """How the member behind a number stands. Reads only.

    Raises:
        NotFound: nobody is linked to this number.
    """
    row = behind(tx, client, number)
    zone = stores.store(tx, row.home_store).time_zone
    balances = ledger.balances(tx, row.id, texts.local_day(now, zone), 0)
    return MemberSeen(
        number=number,
        member=row.id,
        status=row.status,
        tier=row.tier,
        points=balances.points,
        tier_points=balances.tier_points,
        valid_to=row.valid_to,
        as_of=now,
    )


def behind(tx: Tx, client: Client, number: str) -> Any:
    """The row of the member whose number of the client's it is.

    Raises:
        NotFound: nobody is linked to it.
    """
    row = repository.linked(tx, client.source, number)
    if row is None:
        raise errors.NotFound(
            f"expected a number of {client.source} that a member is linked to, found another; send the member first",
            kind="member-number",
        )
    if row.merged_into:  # until the merge is undone, who was merged goes by the other
        return repository.member(tx, search.current(tx, row.id))
    return row


def store_of(tx: Tx, client: Client, slug: str) -> Any:
    """The row of a store that the client may speak for.

    Raises:
        NotFound: there is no such store.
        NotAllowed: it is not the key's.
    """
    client.must_serve(slug)
    store = stores.store(tx, slug)
    if store is None:
        raise errors.NotFound(f"expected a store, found none named {slug}", kind="store", id=slug)
    return store


def must_have_happened(moment: datetime, now: datetime, field: str) -> None:
    """Refuse what lies ahead of our clock, or before there was anything to tell.

    Raises:
        Malformed: it does, by more than a clock may be wrong.
    """
    if not FIRST <= moment <= now + AHEAD:
        raise errors.Malformed(
            f"expected {field} from 2000 to a day ahead of the server's time, found {moment.isoformat()}"
        )


def _first(tx: Tx, desk: Desk, client: Client, row: MemberRow, today: date) -> Booked:
    if row.member is not None:
        found = repository.member(tx, row.member)
        if found is None:
            raise errors.NotFound(
                f"expected a member, found none with the id {row.member}", kind="member", id=row.member
            )
        _must_stand(found)
        _link(tx, desk, client, row, found.id)
        _log(tx, desk, client, "dms.member-link", row.number)
        return Booked(result="linked", member=found.id)
    joined = row.joined or today
    if not _OLDEST <= joined <= today:
        raise errors.Malformed(f"expected a day of joining from {_OLDEST} to {today}, found {joined}")
    member = desk.new_id()
    lowest = min(programmes.current(tx, desk.now).tiers, key=lambda tier: tier.rank)
    values = {
        **_said(row),
        "id": member,
        "tier": lowest.slug,
        "status": "active",
        "home_store": row.store,
        "joined": joined,
        "valid_to": today + relativedelta(years=1, days=-1),
        "created_at": desk.now,
    }
    repository.add_member(tx, values)
    personal.write(tx, desk.vault, member, _details(row, Details()), desk.now)
    _link(tx, desk, client, row, member)
    outbox.tell(tx, "member.joined", f"joined-{member}", desk.now, member=member, store=row.store)
    _log(tx, desk, client, "dms.member-make", row.number)
    return Booked(result="made", member=member)


def _must_stand(member: Any) -> None:
    """Nothing is written down of somebody who has left, or who has not joined yet and may lapse: it would be erased (A10, X2)."""
    if member.status in ("closed", "pending"):
        raise errors.CardNotActive(f"expected a membership that stands, found it {member.status}", reason="membership")


def _link(tx: Tx, desk: Desk, client: Client, row: MemberRow, member: str) -> None:
    if not repository.link(tx, client.source, row.number, member, row.changed_at, desk.now):
        raise errors.EditConflict("the same number was sent twice at the same moment; send it again")


def _details(row: MemberRow, before: Details) -> Details:
    """What is kept sealed: what the row leaves out stays as it was."""
    phone = normal.phone(row.phone) if row.phone else before.phone
    return replace(before, given=normal.name(row.given) if row.given else before.given, phone=phone)


def _said(row: MemberRow) -> dict[str, object]:
    return {
        "surname": {"zh": row.surname, "en": row.surname_en or row.surname},
        "title": {"zh": row.title, "en": row.title_en or row.title},
        "kind": row.kind,
        "language": row.language,
    }


def _log(tx: Tx, desk: Desk, client: Client, act: str, number: str) -> None:
    audit.record(tx, actor=client.actor, act=act, subject=f"member-number:{client.source}:{number}"[:128], now=desk.now)
