"""Keeps the workshop's jobs as the billing system tells of them, in whatever order its news arrives (A15, S5)."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import insert, select, update

from central_api.bills.repository import lock_number
from central_api.bills.schemas import MemberId, Number, Source, Title
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.members import repository as members
from central_api.tiers import service as tiers
from central_api.visits.tables import service_jobs
from club.model import errors
from club.wire.limits import Instant, Slug

AHEAD = timedelta(minutes=15)
_OLDEST = 1970
_MOMENTS = ("told_at", "checked_in_at", "ready_at", "handed_over_at", "promised_at")


class ServiceJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands at `told_at`. `vehicle` is the billing system's own number of it, never a plate."""

    source: Source
    number: Number
    store: Slug
    told_at: Instant
    checked_in_at: Instant
    kind: Title
    member: MemberId | None = None
    promised_at: Instant | None = None
    ready_at: Instant | None = None
    handed_over_at: Instant | None = None
    vehicle: Annotated[str, Meta(max_length=64, pattern=r"^[0-9A-Za-z._/-]*$(?!\n)")] = ""
    mileage_km: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


def tell(tx: Tx, job: ServiceJob, now: datetime) -> bool:
    """Keep how a job stands; False where it was known, or something newer is.

    Args:
        tx: a unit of work that writes.
        job: as the billing system tells it.
        now: the instant.

    Raises:
        NotFound: no such member, or store. Facts: kind, id.
        Malformed: an instant that is yet to come, or out of all reason.
        IdempotencyConflict: the same instant told something else before, or another billing system has a job of this number.
    """
    _must_have_happened(job, now)
    lock_number(tx, "", job.number, "job")  # of whatever source: the number is one of the club's board
    if job.member is not None and members.known(tx, job.member) is None:
        raise errors.NotFound("expected a member of the club, found none", kind="member", id=job.member)
    if stores.store(tx, job.store) is None:
        raise errors.NotFound("expected a store of the club, found none", kind="store", id=job.store)
    if job.vehicle and job.member is not None:
        tiers.vehicle_seen(tx, job.vehicle, job.member, at=job.checked_in_at, mileage_km=job.mileage_km)
    digest = _digest(job)
    one: Any = service_jobs.c.order == job.number
    row = tx.first(select(service_jobs).where(one).with_for_update())
    if row is not None:
        if row.source != job.source and row.source:
            raise errors.IdempotencyConflict(
                f"expected job {job.number} of {row.source}, found one of {job.source}; give one of them another number"
            )
        if row.told_at is not None and row.told_at >= job.told_at:
            if row.told_at == job.told_at and row.digest != digest:
                raise errors.IdempotencyConflict(f"job {job.number} was told with another content for the same instant")
            return False
    values = {
        "member": job.member,
        "store": job.store,
        "kind": {"zh": job.kind.zh, "en": job.kind.en},
        "checked_in_at": job.checked_in_at,
        "promised_at": job.promised_at,
        "ready_at": job.ready_at,
        "handed_over_at": job.handed_over_at,
        "source": job.source,
        "told_at": job.told_at,
        "digest": digest,
    }
    if row is None:
        tx.execute(insert(service_jobs).values(order=job.number, **values))
    else:
        tx.execute(update(service_jobs).where(one).values(**values))
    return True


def store_of(tx: Tx, number: str) -> str | None:
    """The store whose job of this number is kept; None where there is none."""
    found: str | None = tx.scalar(select(service_jobs.c.store).where(service_jobs.c.order == number))
    return found


def _digest(job: ServiceJob) -> str:
    """The same for what says the same: instants in UTC."""
    moments = {name: getattr(job, name) for name in _MOMENTS}
    same = msgspec.structs.replace(job, **{name: at and at.astimezone(UTC) for name, at in moments.items()})
    return hashlib.sha256(msgspec.json.encode(same)).hexdigest()


def _must_have_happened(job: ServiceJob, now: datetime) -> None:
    for name in _MOMENTS:
        at = getattr(job, name)
        if at is None:
            continue
        last = now + (timedelta(days=366) if name == "promised_at" else AHEAD)
        if at.year < _OLDEST or at > last:
            raise errors.Malformed(
                f"expected {name} of job {job.number} from {_OLDEST} to {last.astimezone(UTC).isoformat()}, "
                f"found {at.isoformat()}; check the clocks",
                field=name,
            )
