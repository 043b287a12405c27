"""Staff let a member's points live longer, with a reason that is kept (A3, C6)."""

from collections.abc import Callable
from datetime import date, datetime

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import extension, mirror, moves
from central_api.ledger.extension import Extended
from central_api.ledger.service import Occasion
from central_api.members import repository as members
from central_api.security.keyring import Keyring
from central_api.staff import audit
from club.model import errors


def extend(  # noqa: PLR0913 -- what is written on the slip
    tx: Tx,
    keyring: Keyring,
    member: str,
    *,
    ending: date,
    until: date,
    reason: str,
    by: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Extended:
    """Give a member's points that end on one day a later last day; of whoever was merged, those of whom they are now.

    Args:
        tx: a unit of work that writes.
        keyring: for the devices' mirror.
        member: id.
        ending: the last day so far.
        until: the last day from now on.
        reason: why, in a slug or a few words of staff's own; never a name.
        by: who does it, such as `staff:1001`.
        now: the instant.
        new_id: makes ids.

    Raises:
        NotFound: no such member, or nothing of theirs ends on that day. Facts: kind.
        CardNotActive: the membership was closed.
        Malformed: see `extension.extend`; or there is no reason, or a long one. Facts: field.
    """
    if not 1 <= len(reason.strip()) <= 80 or not reason.isprintable():
        raise errors.Malformed("expected a reason of 1 to 80 printable characters, found another", field="reason")
    if members.known(tx, member) is None:
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    holder = members.member(tx, moves.lock_with_holders(tx, member))
    if holder.status == "closed":
        raise errors.CardNotActive("expected a membership that stands, found it closed", reason="membership")
    zone = stores.store(tx, holder.home_store).time_zone
    occasion = Occasion(kind="adjust", at=now, store=holder.home_store, facts={"reason": reason.strip()})
    today = texts.local_day(now, zone)
    done = extension.extend(tx, holder.id, ending, until, today, occasion, new_id=new_id)
    facts: dict[str, int | str] = {"points": done.points, "from": ending.isoformat(), "to": until.isoformat()}
    audit.record(
        tx,
        actor=by,
        act="points.extend",
        subject=f"member:{holder.id}",
        now=now,
        facts={**facts, "reason": reason.strip()},
    )
    mirror.publish_member(tx, keyring, holder.id, now, zone)
    return done
