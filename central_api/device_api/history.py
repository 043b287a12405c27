"""The route of a member's points history, for whoever may see what is behind the home page (K3, N4)."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter

from central_api import texts
from central_api.cards import sessions
from central_api.cards.sessions import Session
from central_api.context import Served
from central_api.db import Tx
from central_api.device_api.answers import answer
from central_api.device_api.caller import Kiosk, for_kiosks
from central_api.devices import repository as stores
from central_api.ledger import history
from central_api.ledger import service as ledger
from central_api.rewards import repository as rewards
from club.model import errors
from club.wire.cards import Expiry
from club.wire.history import PointsHistory

_TAIL = 2  # symbols of a voucher's code
_ALL_DAYS = 1000


@get("/card-sessions/{session_id:str}/history", tags=["cards"])
@for_kiosks
def points_history(
    session_id: Annotated[str, PathParameter(description="id the device made", max_length=64)],
    context: Served,
    kiosk: Kiosk,
    kind: Annotated[str, QueryParameter(description="earned, spent, expired, or empty for all", max_length=16)] = "",
    before: Annotated[str, QueryParameter(description="next_before of the page before", max_length=64)] = "",
) -> Response[PointsHistory]:
    """What moved the member's points in the last twelve months, newest first, twenty at a time.

    Raises:
        Malformed: no such kind, or a mark no page gave.
        SessionEnded, CardBlocked: as every route of a session.
        StepUpRequired: the card can be copied, and its PIN was not given in this session yet.
    """
    if kind not in history.SHOWN:
        known = ", ".join(filter(None, history.SHOWN))
        raise errors.Malformed(f"expected one of {known} as `kind`, found {kind[:16]!r}", field="kind")
    now = context.clock.now()
    with context.db.write() as tx:
        session = sessions.find(tx, session_id, kiosk, now, context.settings.sessions.card_minutes)
        if not sessions.shows_worth(tx, session):
            raise errors.StepUpRequired("this card can be copied: its history needs the PIN first")
        return answer(_history(tx, session, kind, before, now))


def _history(tx: Tx, session: Session, kind: str, before: str, now: datetime) -> PointsHistory:
    time_zone = stores.store(tx, session.store).time_zone
    start = history.since(now, time_zone)
    balances = ledger.balances(tx, session.member, texts.local_day(now, time_zone), _ALL_DAYS)
    found = history.movements(tx, session.member, start, time_zone, _bought(tx, session.member, start))
    kinds = history.SHOWN[kind]
    wanted = [movement for movement in found if kinds is None or movement.kind in kinds]
    shown, next_before = history.page(wanted, before)
    return PointsHistory(
        points=balances.points,
        tier_points=balances.tier_points,
        as_of=now,
        expiries=tuple(Expiry(on=expiry.on, points=expiry.points) for expiry in balances.expiries),
        movements=shown,
        months=history.month_sums(found, time_zone),
        total=len(wanted),
        next_before=next_before,
    )


def _bought(tx: Tx, member: str, start: datetime) -> dict[str, history.Bought]:
    found: dict[str, history.Bought] = {}
    for row in rewards.bought_since(tx, member, start):
        tail = (row.code[-_TAIL:],) if row.code else ()
        earlier = found[row.entry].tails if row.entry in found else ()
        found[row.entry] = history.Bought(row.content.name, row.quantity, (*earlier, *tail))
    return found


handlers: list[Any] = [points_history]
