"""Says how far a member's car is, in one line (S5)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from central_api import texts
from central_api.db import Tx
from central_api.visits.tables import service_jobs
from club.model.text import Text
from club.words import words

_UNDER_WAY = (
    select(service_jobs.c.ready_at, service_jobs.c.promised_at)
    .where(service_jobs.c.member == bindparam("member"), service_jobs.c.checked_in_at <= bindparam("now"))
    .where(or_(service_jobs.c.handed_over_at.is_(None), service_jobs.c.handed_over_at > bindparam("now")))
    .order_by(service_jobs.c.checked_in_at.desc())
    .limit(1)
)


def service_line(tx: Tx, member_id: str, now: datetime, time_zone: str) -> Text | None:
    """The line under the greeting while the member's car is in the workshop; None when it is not. Reads only."""
    job = tx.first(_UNDER_WAY, {"member": member_id, "now": now})
    if job is None:
        return None
    if job.ready_at is not None and job.ready_at <= now:
        return _said("server.service.ready")
    if job.promised_at is None:
        return _said("server.service.working")
    clock = f"{job.promised_at.astimezone(ZoneInfo(time_zone)):%H:%M}"
    return _said("server.service.working-until", clock=clock)


def _said(key: str, **values: str) -> Text:
    return texts.both(lambda language: words(language)(key, **values))
