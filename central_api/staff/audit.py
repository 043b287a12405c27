"""Writes the log of acts in the transaction of the act itself: neither happens without the other (C1)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert

from central_api.db import Tx
from central_api.staff.tables import audit


def record(
    tx: Tx, *, actor: str, act: str, subject: str, now: datetime, facts: Mapping[str, int | str] | None = None
) -> None:
    """Log one act.

    Args:
        tx: the act's own unit of work.
        actor: `staff:1001`, `device:…` or `system`.
        act: such as `board.publish`.
        subject: what it was done to, such as `board:b-lakeside`.
        now: the instant.
        facts: numbers and slugs, never personal data.
    """
    tx.execute(insert(audit).values(at=now, actor=actor, act=act, subject=subject, facts=dict(facts or {})))
