"""The routes devices call for themselves: enrolment, identity, keys and tokens, heartbeat, and the change feeds."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter

from central_api import texts
from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.device_api.answers import answer
from central_api.device_api.caller import EnrolledDevice, Signed, for_challenged, for_devices, for_signers
from central_api.devices import keys, pairing, repository, tokens
from central_api.devices import service as devices
from central_api.devices.enrolled import Device
from central_api.feed import service as feed
from central_api.programme import service as programmes
from club.model import errors
from club.wire.changes import Snapshot, SyncAnswer
from club.wire.devices import (
    NO_CARD_KEY,
    AskPairing,
    AskToken,
    Challenge,
    Enrol,
    Enrolled,
    Heartbeat,
    HeartbeatAnswer,
    KeyChanged,
    NewKey,
    Pairing,
    StoreProfile,
    Token,
)
from club.wire.signing import to_text


@post("/devices/enrol", dto=strict(Enrol), return_dto=None, sync_to_thread=True, status_code=200, tags=["devices"])
def enrol(
    request: Request[Any, Any, Any], data: JSONBody[Enrol], context: Served, signed: Signed
) -> Response[Enrolled]:
    """Let a device in by its one-time code; signed with the key it brings."""
    now, skew = context.clock.now(), context.settings.sessions.signature_skew_s

    def work(tx: Tx) -> Enrolled | None:
        device = devices.enrol(tx, context.keyring, signed, data, now, source=_source(request), skew_s=skew)
        return None if device is None else _enrolled(context, tx, device)

    found = context.db.run(work)
    if found is None:  # raised out here: the wrong guess is to be counted, and a rollback would forget it
        raise errors.EnrolCodeWrong("the code is wrong, used or out of date; ask for a new one")
    return answer(found)


@post(
    "/devices/pairings", dto=strict(AskPairing), return_dto=None, sync_to_thread=True, status_code=200, tags=["devices"]
)
def ask_pairing(
    request: Request[Any, Any, Any], data: JSONBody[AskPairing], context: Served, signed: Signed
) -> Response[Pairing]:
    """The code that staff enter in the console, and whether they did; signed with the key it brings (C9)."""
    now = context.clock.now()
    found = context.db.run(
        lambda tx: pairing.ask(
            tx,
            signed,
            data,
            now,
            source=_source(request),
            skew_s=context.settings.sessions.signature_skew_s,
            make_code=lambda: pairing.new_code(context.random_below),
        )
    )
    return answer(found)


@get("/devices/self", tags=["devices"])
@for_devices
def who_am_i(context: Served, device: EnrolledDevice) -> Response[Enrolled]:
    """Who the calling device is."""
    with context.db.read() as tx:
        return answer(_enrolled(context, tx, device))


@post("/devices/challenges", status_code=200, tags=["devices"])
@for_challenged
def challenge(context: Served, device: EnrolledDevice) -> Response[Challenge]:
    """A text for the calling device to sign within a minute, for a token; signed too, whatever its clock says."""
    text, until = tokens.challenge(context.keyring, context.clock.now())
    return answer(Challenge(challenge=text, expires_at=until))


@post("/devices/tokens", dto=strict(AskToken), return_dto=None, status_code=200, tags=["devices"])
@for_challenged
def ask_token(data: JSONBody[AskToken], context: Served, signed: Signed, device: EnrolledDevice) -> Response[Token]:
    """A token for the calling device's reads and heartbeats, for its signature over a challenge of ours (ADR 0014)."""
    now = context.clock.now()
    tokens.must_be_challenge(context.keyring, data.challenge, now)
    with context.db.read() as tx:
        key = devices.authenticate(tx, signed, now, skew_s=0, any_age=True).key
    text, until = tokens.token(context.keyring, device.id, key, now)
    return answer(Token(token=text, expires_at=until, now=now))


@post("/devices/self/keys", dto=strict(NewKey), return_dto=None, status_code=200, tags=["devices"])
@for_signers
def change_key(data: JSONBody[NewKey], context: Served, signed: Signed, device: EnrolledDevice) -> Response[KeyChanged]:
    """Make another key the calling device's; the one before stays good for what was signed with it."""
    now = context.clock.now()
    return answer(context.db.run(lambda tx: keys.change(tx, device, signed, data, now)))


@post("/heartbeats", dto=strict(Heartbeat), return_dto=None, status_code=200, tags=["devices"])
@for_devices
def heartbeat(
    request: Request[Any, Any, Any],
    data: JSONBody[Heartbeat],
    context: Served,
    signed: Signed,
    device: EnrolledDevice,
) -> Response[HeartbeatAnswer]:
    """How the calling device is; answered with the server's time (L5) and how many commands of staff wait for it."""
    now = context.clock.now()
    sent_at = signed.sent_at(now)
    waiting = context.db.run(lambda tx: devices.hear(tx, device, data, now, source=_source(request), signed_at=sent_at))
    context.beats.heard(device.id, now, trouble=data.reader not in ("", "ready"))
    return answer(HeartbeatAnswer(now=now, commands=waiting))


@get("/snapshot", tags=["sync"])
@for_devices
def snapshot(context: Served, device: EnrolledDevice) -> Response[Snapshot]:
    """Every entity of the device's feeds, and the places from which changes follow."""
    with context.db.read() as tx:
        return answer(feed.snapshot(tx, device.feeds, context.clock.now(), device.shown))


@get("/sync", tags=["sync"])
@for_devices
def sync(
    context: Served,
    signed: Signed,
    device: EnrolledDevice,
    epoch: Annotated[str, QueryParameter(description="epoch of the last snapshot", max_length=64)] = "",
    after: Annotated[str, QueryParameter(description="places, such as global:7,store-east:41", max_length=400)] = "",
) -> Response[SyncAnswer]:
    """The changes after the device's places, at most 500 a feed.

    Raises:
        SnapshotNeeded: they cannot be followed any more. Devices of version 1 of the wire are told so in the answer.
    """
    with context.db.read() as tx:
        found = feed.changes_after(tx, device.feeds, _places(after), epoch, context.clock.now(), device.shown)
    if found.snapshot_needed and signed.wire > 1:
        raise errors.SnapshotNeeded(
            "expected places in the epoch and the feeds of this device that are still kept, found others; "
            "take /v1/snapshot and go on from there",
            epoch=found.epoch,
        )
    return answer(found)


def _source(request: Request[Any, Any, Any]) -> str:
    """The network address a request came from."""
    return request.client.host if request.client else ""


def _places(text: str) -> dict[str, int]:
    places = {}
    for part in filter(None, text.split(",")):
        name, colon, number = part.rpartition(":")
        if not colon or not name or not number.isascii() or not number.isdecimal() or len(number) > 18:
            raise errors.Malformed(f"expected places such as global:7,store-east:41 in `after`, found {part[:40]!r}")
        places[name] = int(number)
    return places


def _enrolled(context: Context, tx: Tx, device: Device) -> Enrolled:
    now = context.clock.now()
    store = repository.store(tx, device.store)
    profile = StoreProfile(
        slug=store.slug,
        name=texts.text(store.name),
        club=programmes.current(tx, now).club,
        time_zone=store.time_zone,
        phone=store.phone,
    )
    card_key = to_text(context.keyring.card_key(device.store) if device.kind == "kiosk" else NO_CARD_KEY)
    return Enrolled(
        device_id=device.id,
        kind=device.kind,
        place=device.place,
        store=profile,
        card_key=card_key,
        now=now,
        place_name=texts.text(repository.place(tx, device.place).name),
    )


handlers = [enrol, ask_pairing, challenge, ask_token, change_key, who_am_i, heartbeat, snapshot, sync]
