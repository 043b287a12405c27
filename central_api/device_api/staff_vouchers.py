"""The routes of vouchers in staff mode: what one is for and whose, and that it was handed over (A14, K12)."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api import home
from central_api.device_api.answers import answer
from central_api.device_api.caller import Kiosk, for_kiosks
from central_api.devices.enrolled import Device
from central_api.lifecycle import staff_mode, voucher_desk, voucher_tries
from central_api.lifecycle.staff_mode import StaffAtKiosk
from central_api.lifecycle.voucher_desk import Seen
from central_api.programme import service as programmes
from central_api.rewards import service as rewards
from club.model import errors
from club.wire import staff_mode as wire

SessionId = Annotated[str, PathParameter(description="id the device made", max_length=64)]


@post("/staff-sessions/{session_id:str}/vouchers", dto=strict(wire.SeeVoucher), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def see_voucher(
    session_id: SessionId, data: JSONBody[wire.SeeVoucher], context: Served, kiosk: Kiosk
) -> Response[wire.DeskVoucher]:
    """What a voucher is for, whose it is, and whether it is good here today; that somebody looked is logged (A14)."""
    now = context.clock.now()
    return _answered(
        context, session_id, kiosk, data.code, lambda tx, session: voucher_desk.look(tx, session, data.code, now)
    )


@post("/staff-sessions/{session_id:str}/vouchers/fulfil", dto=strict(wire.FulfilVoucher), return_dto=None, status_code=200, tags=["staff mode"])  # fmt: skip
@for_kiosks
def fulfil_voucher(
    session_id: SessionId, data: JSONBody[wire.FulfilVoucher], context: Served, kiosk: Kiosk
) -> Response[wire.DeskVoucher]:
    """Hand over what a voucher is for, once; said again, the same answer (A14)."""
    now = context.clock.now()
    return _answered(
        context,
        session_id,
        kiosk,
        data.code,
        lambda tx, session: voucher_desk.fulfil(tx, session, data, now),
        lambda tx, session: voucher_desk.is_done(tx, session, data),
    )


def _answered(
    context: Context,
    session_id: str,
    kiosk: Device,
    code: str,
    work: Callable[[Tx, StaffAtKiosk], Seen],
    is_done: Callable[[Tx, StaffAtKiosk], bool] = lambda _tx, _session: False,
) -> Response[wire.DeskVoucher]:
    now, minutes = context.clock.now(), context.settings.sessions.card_minutes

    def once(tx: Tx) -> Seen | errors.NotFound:
        session = staff_mode.find(tx, session_id, kiosk, now, minutes)
        if is_done(tx, session):  # nobody is kept waiting for the answer to what was done
            return work(tx, session)
        rules = rewards.pin_rules(programmes.current(tx, now), minutes)
        return voucher_tries.limited(tx, context.keyring, session, code, rules, now, lambda: work(tx, session))

    seen = context.db.run(once)
    if not isinstance(seen, Seen):  # raised out here: the wrong code is to be counted
        raise seen
    number = home.masked(seen.card) if seen.card else ""
    return answer(msgspec.structs.replace(seen.shown, card=number))


handlers: list[Any] = [see_voucher, fulfil_voucher]
