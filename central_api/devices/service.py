"""Lets devices in by one-time codes, knows them by their signatures, and hears how they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from central_api.db import Tx
from central_api.devices import clones, guesses, incidents, keys, pasts, remote, repository, tokens
from central_api.devices.clones import Run
from central_api.devices.enrolled import Device
from central_api.feed.notes import Closed
from central_api.security import signatures
from central_api.security.keyring import Keyring
from central_api.security.signatures import SignedRequest
from central_api.staff import audit
from club.model import errors
from club.wire.devices import Enrol, Heartbeat

CODE_DIGITS = 6
FRESH: Mapping[str, object] = {"revoked_at": None, "other_key": None, "other_key_until": None, "runs": None}
"""What a device that is let in anew has nothing of yet."""


@dataclass(frozen=True, slots=True)
class Proved:
    """Whose request it was, and by which of the device's keys (base64url).

    `newest` is the key that stands in the device's row, whichever signed; `until` says how long the key before it is good.
    """

    device: Device
    key: str
    newest: str
    until: datetime | None = None


def authenticate(
    tx: Tx,
    request: SignedRequest,
    now: datetime,
    *,
    skew_s: int,
    may_be_old: bool = False,
    any_age: bool = False,
    tokens_by: Keyring | None = None,
) -> Proved:
    """Whose request this is. Reads only.

    Args:
        tx: a unit of work.
        request: as it came.
        now: the server's time.
        skew_s: how far the time of signing may be from it, in seconds.
        may_be_old: a command, which can happen only once, however late it arrives.
        any_age: it carries another proof of when it was signed.
        tokens_by: the service's keys, where a token stands for a signature; None: only a signature will do.

    Raises:
        DeviceUnknown: no such device is enrolled.
        DeviceRevoked: it was.
        SignatureWrong: the signature is not this device's over this request, or the token is none.
        ClockSkew: it was signed too long ago.
    """
    if request.token:
        return _by_token(tx, request, now, tokens_by)
    row = _row(tx, request.device)
    key = _key_of(row, request, now)
    if row.revoked_at is not None:
        raise _revoked(row)
    if not may_be_old and not any_age:
        signatures.must_be_fresh(request, now, skew_s)
    until = row.other_key_until if key != row.public_key else None
    return Proved(_device(row), key, row.public_key, until)


def _by_token(tx: Tx, request: SignedRequest, now: datetime, keyring: Keyring | None) -> Proved:
    if keyring is None:
        raise errors.SignatureWrong(
            "expected a signature of the device's key, found a token; only a device's own reads and heartbeats may carry one"
        )
    claim = tokens.read(keyring, request.token, now)
    row = _row(tx, claim.device)
    if row.revoked_at is not None:
        raise _revoked(row)
    for key in _keys(row, now):
        if tokens.of_key(key) == claim.key:
            return Proved(_device(row), key, row.public_key)
    raise errors.SignatureWrong("expected a token of a key the device still has, found one of another")


def _row(tx: Tx, device_id: str) -> Any:
    row = repository.caller(tx, device_id)
    if row is None:
        raise errors.DeviceUnknown(
            "expected an enrolled device's id, found another; enrol this device with a one-time code"
        )
    return row


def _revoked(row: Any) -> errors.DeviceRevoked:
    return errors.DeviceRevoked(f"device {row.id} was revoked on {row.revoked_at:%Y-%m-%d}")


def _device(row: Any) -> Device:
    return Device(row.id, row.kind, row.place, row.store, row.in_group)


def _keys(row: Any, now: datetime) -> tuple[str, ...]:
    """The keys a device may sign with, newest first."""
    return (row.public_key, row.other_key) if keys.has_other(row, now) else (row.public_key,)


def _key_of(row: Any, request: SignedRequest, now: datetime) -> str:
    newest, *others = _keys(row, now)
    try:
        signatures.prove(request, newest)
    except errors.SignatureWrong:
        for key in others:
            signatures.prove(request, key)
            return str(key)
        raise
    return newest


def make_code(
    tx: Tx, keyring: Keyring, *, place: str, now: datetime, minutes: int, digits: str, code_id: str
) -> datetime:
    """Keep a new one-time code for a place; only its keyed hash is kept.

    Args:
        tx: a unit of work.
        keyring: the service's keys.
        place: where the device will stand, such as `kiosk-1`.
        now: the instant.
        minutes: how long the code is good.
        digits: the code, six random digits.
        code_id: id for its row.

    Returns:
        Until when it is good.

    Raises:
        NotFound: there is no such place; the message names those there are.
    """
    if repository.place(tx, place) is None:
        known = ", ".join(row.slug for row in repository.all_places(tx)) or "none yet: load the club's content first"
        raise errors.NotFound(f"expected one of the places ({known}), found {place!r}", kind="place", id=place)
    until = now + timedelta(minutes=minutes)
    values = {
        "id": code_id,
        "code_hash": keyring.code_hash(digits),
        "place": place,
        "made_at": now,
        "expires_at": until,
    }
    repository.add_code(tx, values)
    return until


def enrol(
    tx: Tx, keyring: Keyring, request: SignedRequest, wish: Enrol, now: datetime, *, source: str, skew_s: int
) -> Device | None:
    """Let a device in; asking again with the same code, id and key gives the same answer.

    Args:
        tx: a unit of work that writes.
        keyring: the service's keys.
        request: as it was signed.
        wish: its body.
        now: the instant.
        source: the network address it came from.
        skew_s: how far the time of signing may be from `now`, in seconds.

    Returns:
        The device; None when the code is wrong, used or out of date. The wrong guess is counted in `tx`, so the caller
        commits before it refuses.

    Raises:
        TooManyGuesses: too many wrong codes came before; the code was not looked at and stays good.
        SignatureWrong: the request was not signed with the key it brings, or speaks for another device.
        ClockSkew: it was signed too long ago.
        DeviceRevoked: this code let it in before, and it was shut out since; it needs a new one.
    """
    if request.device != wish.device_id:
        raise errors.SignatureWrong("expected the same device id in the header and in the body, found two")
    signatures.prove(request, wish.public_key)
    signatures.must_be_fresh(request, now, skew_s)
    guesses.must_be_few(tx, source, now)
    known = repository.device(tx, wish.device_id)
    code = repository.code(tx, keyring.code_hash(wish.code))
    if (
        code is not None
        and code.used_by == wish.device_id
        and known is not None
        and known.public_key == wish.public_key
    ):
        if known.revoked_at is not None:
            raise _revoked(known)
        return _device(repository.caller(tx, known.id))
    place = repository.place(tx, code.place) if code is not None else None
    good = code is not None and code.used_at is None and code.expires_at > now
    if not good or place is None or place.kind != wish.kind:
        guesses.count(tx, source, now)
        return None
    values = {
        **FRESH,
        "public_key": wish.public_key,
        "kind": wish.kind,
        "place": place.slug,
        "store": place.store,
        "version": wish.version,
        "enrolled_at": now,
        "enrolled_by": code.id,
    }
    if known is None:
        repository.add_device(tx, {"id": wish.device_id, **values})
    elif known.public_key == wish.public_key:
        pasts.let_in_anew(tx, known, now)
        repository.change_device(tx, wish.device_id, values)
    else:
        guesses.count(tx, source, now)
        return None
    repository.use_code(tx, code.id, wish.device_id, now)
    actor = f"device:{wish.device_id}"
    pasts.tell(tx, wish.device_id)
    audit.record(tx, actor=actor, act="device.enrol", subject=f"place:{place.slug}", now=now, facts={"kind": wish.kind})
    return _device(repository.caller(tx, wish.device_id))


def hear(
    tx: Tx, device: Device, beat: Heartbeat, now: datetime, *, source: str = "", signed_at: datetime | None = None
) -> int:
    """Keep how a device says it is, and open or close incidents by it; how many commands of staff wait for it.

    Args:
        tx: a unit of work that writes.
        device: whose heartbeat it is.
        beat: as it came.
        now: the instant.
        source: the network address it came from.
        signed_at: when it was signed, by the device's clock; None: `now`.

    Raises:
        Malformed: its picture is of a time that no calendar here has.
    """
    glass = beat.on_glass
    values: dict[str, object] = {
        "seen_at": now,
        "version": beat.version,
        "manifest_revision": beat.manifest_revision,
        "outbox": beat.outbox,
        "reader": beat.reader,
        "sync": beat.sync,
        "health": None if beat.health is None else msgspec.to_builtins(beat.health),
    }
    if glass is not None:
        values |= {"on_glass": glass.what, "on_glass_since": _in_utc(glass.since), "frames": glass.frames}
    repository.change_device(tx, device.id, values)
    if beat.run:
        clones.note(tx, device, Run(beat.run, signed_at or now, source), now)
    incidents.heard(tx, device.id, device.place, beat, now)
    return len(remote.open_for(tx, device.id, now))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as fault:
        raise errors.Malformed("expected an instant between the years 1 and 9999 in UTC, found another") from fault


def revoke(tx: Tx, device_id: str, now: datetime, *, by: str) -> None:
    """Shut a device out from now on; its streams end in every process. `by` is who does it, such as `staff:1000`.

    Raises:
        NotFound: there is no such device.
    """
    if repository.device(tx, device_id) is None:
        raise errors.NotFound(f"expected an enrolled device's id, found {device_id!r}", kind="device", id=device_id)
    end(tx, device_id, now)
    audit.record(tx, actor=by, act="device.revoke", subject=f"device:{device_id}", now=now)


def end(tx: Tx, device_id: str, now: datetime) -> None:
    """Let a device in no longer: what is wrong with it and what waits for it is over, its streams end. The record is the caller's."""
    repository.change_device(tx, device_id, {"revoked_at": now})
    pasts.tell(tx, device_id)
    incidents.close_all(tx, device_id, now)
    remote.cancel_all(tx, device_id, now)
    tx.notes.append(Closed(device_id))


def put_in_group(tx: Tx, store: str, group: str, now: datetime, *, by: str) -> None:
    """Put a store into a group of stores; its devices follow the group's feed from their next pull on. Empty: into none.

    Raises:
        NotFound: there is no such store.
    """
    if repository.store(tx, store) is None:
        raise errors.NotFound(f"expected a store, found none called {store!r}", kind="store", id=store)
    repository.set_group(tx, store, group)
    audit.record(tx, actor=by, act="store.group", subject=f"store:{store}", now=now, facts={"group": group})
