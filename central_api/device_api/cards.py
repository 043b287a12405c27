"""The routes of a tap: card sessions, step-ups, redemptions."""

import hashlib
from typing import Annotated, Any

from litestar import Response, delete, get, post
from litestar.params import JSONBody, PathParameter

from central_api import texts
from central_api.bodies import strict
from central_api.cards import codes, keys, phones, pins, sessions
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api import home
from central_api.device_api.answers import answer, stored
from central_api.device_api.caller import Kiosk, KnownKiosk, Signed, for_gathered_commands, for_kiosks
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.devices.known import KnownDevice
from central_api.programme import service as programmes
from central_api.rewards import service as rewards
from central_api.rewards.commands import Answer, Ask
from central_api.security.signatures import SignedRequest
from club.model import errors
from club.wire.cards import CardSession, Grant, OpenCardSession, OpenCodeSession, OpenPhoneSession, StepUp
from club.wire.rewards import Redeem, Redeemed

SessionId = Annotated[str, PathParameter(description="id the device made", max_length=64)]


@post("/card-sessions", dto=strict(OpenCardSession), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def open_card_session(data: JSONBody[OpenCardSession], context: Served, kiosk: Kiosk) -> Response[CardSession]:
    """Judge a tap and open its session; the same id and evidence give the same session again (N4)."""
    return answer(context.db.run(lambda tx: _open(tx, context, kiosk, data)))


def _open(tx: Tx, context: Context, device: Device, wish: OpenCardSession) -> CardSession:
    now = context.clock.now()
    programme = programmes.current(tx, now)
    all_stores = stores.all_stores(tx)
    today = texts.local_day(now, home.zone_of(all_stores, device.store))
    session = sessions.open_session(
        tx,
        keys.StoredKeys(tx, context.keyring, context.vault),
        device,
        wish,
        now,
        today,
        programme.lapsed_grace_days,
        context.settings.sessions.card_minutes,
    )
    return home.card_session(tx, session, programme, all_stores, now)


@post("/phone-sessions", dto=strict(OpenPhoneSession), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def open_phone_session(
    data: JSONBody[OpenPhoneSession], context: Served, kiosk: Kiosk, signed: Signed
) -> Response[CardSession]:
    """Open a session by phone number and PIN (N8); from then on it is as any card session. Which of both is wrong is not told."""
    now, minutes = context.clock.now(), context.settings.sessions.card_minutes
    with context.db.read() as tx:
        programme, all_stores = programmes.current(tx, now), stores.all_stores(tx)
    rules = phones.PhoneRules(
        rewards.pin_rules(programme, minutes), context.settings.sessions.phone_tries, programme.lapsed_grace_days
    )
    session = phones.open_session(
        phones.Means(context.db, context.passwords, context.vault),
        kiosk,
        data,
        rules,
        signature=signed.signature,
        now=now,
        today=texts.local_day(now, home.zone_of(all_stores, kiosk.store)),
    )
    with context.db.read() as tx:
        return answer(home.card_session(tx, session, programme, all_stores, now))


@post("/code-sessions", dto=strict(OpenCodeSession), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def open_code_session(data: JSONBody[OpenCodeSession], context: Served, kiosk: Kiosk) -> Response[CardSession]:
    """Open a session by a scanned member code (N8); the same id and code give the same session again. Behind its home page the PIN is asked."""
    return answer(context.db.run(lambda tx: _open_by_code(tx, context, kiosk, data)))


def _open_by_code(tx: Tx, context: Context, device: Device, wish: OpenCodeSession) -> CardSession:
    now = context.clock.now()
    programme, all_stores = programmes.current(tx, now), stores.all_stores(tx)
    today = texts.local_day(now, home.zone_of(all_stores, device.store))
    minutes = context.settings.sessions.card_minutes
    session = codes.open_session(tx, device, wish, now, today, programme.lapsed_grace_days, minutes)
    return home.card_session(tx, session, programme, all_stores, now)


@get("/card-sessions/{session_id:str}", tags=["cards"])
@for_kiosks
def card_session(session_id: SessionId, context: Served, kiosk: Kiosk) -> Response[CardSession]:
    """An open session with fresh figures."""
    now = context.clock.now()
    with context.db.write() as tx:
        session = sessions.find(tx, session_id, kiosk, now, context.settings.sessions.card_minutes)
        return answer(home.card_session(tx, session, programmes.current(tx, now), stores.all_stores(tx), now))


@delete("/card-sessions/{session_id:str}", tags=["cards"])
@for_kiosks
def end_card_session(session_id: SessionId, context: Served, kiosk: Kiosk) -> None:
    """End a session; repeated, it changes nothing."""
    with context.db.write() as tx:
        sessions.end(tx, session_id, kiosk, context.clock.now())


@post("/step-ups", dto=strict(StepUp), return_dto=None, status_code=200, tags=["cards"])
@for_kiosks
def step_up(data: JSONBody[StepUp], context: Served, kiosk: Kiosk, signed: Signed) -> Response[Grant]:
    """The PIN for exactly one command; asked again, the same grant (N4)."""
    now = context.clock.now()
    minutes = context.settings.sessions.card_minutes
    with context.db.read() as tx:
        rules = rewards.pin_rules(programmes.current(tx, now), minutes)
    grant = pins.step_up(
        context.db, context.passwords, kiosk, data, rules, signature=signed.signature, now=now, new_id=context.new_id
    )
    return answer(grant)


@post("/redemptions", dto=strict(Redeem), return_dto=None, status_code=200, tags=["rewards"])
@for_gathered_commands
async def redeem(data: JSONBody[Redeem], context: Served, kiosk: KnownKiosk, signed: Signed) -> Response[Redeemed]:
    """Take the points and issue the vouchers, once for ever under this key (A12)."""
    return stored(await carry_out(context, kiosk, signed, data))


async def carry_out(context: Context, kiosk: KnownDevice, signed: SignedRequest, command: Redeem) -> Answer:
    """The answer to a command of a kiosk that was proved."""
    if signed.key != command.command_id:
        raise errors.Malformed("expected the command's id as its idempotency key, found another")
    ask = Ask(
        command=command,
        device=kiosk.device.id,
        public_key=kiosk.public_key,
        body_sha256=hashlib.sha256(signed.body).hexdigest(),
        signed_at=signed.moment,
    )
    found: Answer = await context.redeems.submit(ask)
    return found


handlers: list[Any] = [
    open_card_session,
    open_phone_session,
    open_code_session,
    card_session,
    end_card_session,
    step_up,
    redeem,
]
