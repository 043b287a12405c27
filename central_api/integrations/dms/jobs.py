"""Passes on how far a car is in the workshop, as the DMS tells it stage by stage, also out of order (S5, A15)."""

from central_api.bills import repository as numbers
from central_api.bills.schemas import Title
from central_api.db import Tx
from central_api.integrations.dms import members
from central_api.integrations.dms.batches import Booked
from central_api.integrations.dms.members import Desk
from central_api.integrations.dms.schemas import JobRow
from central_api.integrations.keys.service import Client
from central_api.staff import audit
from central_api.visits import jobs
from central_api.visits.jobs import ServiceJob
from club.model import errors


def tell(tx: Tx, desk: Desk, client: Client, row: JobRow) -> Booked:
    """Note how a job stands; what was known, or is older than what we know, changes nothing.

    Raises:
        NotFound: no such store, or nobody is linked to the member's number.
        NotAllowed: the store is not the key's, or the job is another store's.
        IdempotencyConflict: another program has a job of this number, or the same instant told something else.
        Malformed: an instant that cannot be, or a car that left before it came.
    """
    members.store_of(tx, client, row.store)
    if row.handed_over_at is not None and row.handed_over_at < row.checked_in_at:
        raise errors.Malformed("expected a car to be handed over after it was checked in, found it the other way round")
    member = None if row.member is None else str(members.behind(tx, client, row.member).id)
    told = ServiceJob(
        source=client.source,
        number=row.number,
        store=row.store,
        told_at=row.changed_at,
        checked_in_at=row.checked_in_at,
        kind=Title(zh=row.kind, en=row.kind_en or row.kind),
        member=member,
        promised_at=row.promised_at,
        ready_at=row.ready_at,
        handed_over_at=row.handed_over_at,
        vehicle=row.vehicle,
        mileage_km=row.mileage_km,
    )
    numbers.lock_number(tx, client.source, row.number, "job")  # two who tell it first at once come one after the other
    known = jobs.store_of(tx, row.number)
    if known is not None:
        client.must_serve(known)
    if not jobs.tell(tx, told, desk.now):
        return Booked(result="same", member=member or "")
    subject = f"job:{client.source}:{row.number}"[:128]
    audit.record(tx, actor=client.actor, act="dms.job", subject=subject, now=desk.now)
    return Booked(result="changed", member=member or "")
