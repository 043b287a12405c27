"""Lets devices in by one-time codes, knows them by their signatures, and hears how they are."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from central_api.db import Tx
from central_api.devices import guesses, repository
from central_api.feed import service as feed
from central_api.security import signatures
from central_api.security.keyring import Keyring
from central_api.security.signatures import SignedRequest
from central_api.staff import audit
from club.model import errors
from club.wire.devices import DeviceKind, Enrol, Heartbeat

CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device: where it stands and for which store it works."""

    id: str
    kind: DeviceKind
    place: str
    store: str

    @property
    def feeds(self) -> tuple[str, ...]:
        """The change feeds it follows."""
        return (feed.GLOBAL, feed.store_feed(self.store))

    @property
    def withheld(self) -> frozenset[str]:
        """Entities of these feeds it is not told: a display hangs in public and has no business with members (X2)."""
        return frozenset() if self.kind == "kiosk" else frozenset({"member"})


def authenticate(tx: Tx, request: SignedRequest, now: datetime, *, skew_s: int, may_be_old: bool = False) -> Device:
    """Whose request this is. Reads only.

    Args:
        tx: a unit of work.
        request: as it came.
        now: the server's time.
        skew_s: how far the time of signing may be from it, in seconds.
        may_be_old: a command, which can happen only once, however late it arrives.

    Raises:
        DeviceUnknown: no such device is enrolled.
        DeviceRevoked: it was.
        SignatureWrong: the signature is not this device's over this request.
        ClockSkew: it was signed too long ago.
    """
    row = repository.caller(tx, request.device)
    if row is None:
        raise errors.DeviceUnknown(
            "expected an enrolled device's id, found another; enrol this device with a one-time code"
        )
    signatures.prove(request, row.public_key)
    if row.revoked_at is not None:
        raise errors.DeviceRevoked(f"device {row.id} was revoked on {row.revoked_at:%Y-%m-%d}")
    if not may_be_old:
        signatures.must_be_fresh(request, now, skew_s)
    return Device(row.id, row.kind, row.place, row.store)


def public_key(tx: Tx, device: Device) -> str:
    """A device's public key (base64url), for whoever proves many requests of it. Reads only."""
    return str(repository.caller(tx, device.id).public_key)


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
            raise errors.DeviceRevoked(f"device {known.id} was revoked on {known.revoked_at:%Y-%m-%d}")
        return Device(known.id, known.kind, known.place, known.store)
    place = repository.place(tx, code.place) if code is not None else None
    good = code is not None and code.used_at is None and code.expires_at > now
    if not good or place is None or place.kind != wish.kind:
        guesses.count(tx, source, now)
        return None
    values = {
        "public_key": wish.public_key,
        "kind": wish.kind,
        "place": place.slug,
        "store": place.store,
        "version": wish.version,
        "enrolled_at": now,
        "enrolled_by": code.id,
        "revoked_at": None,
    }
    if known is None:
        repository.add_device(tx, {"id": wish.device_id, **values})
    elif known.public_key == wish.public_key:
        repository.change_device(tx, wish.device_id, values)
    else:
        guesses.count(tx, source, now)
        return None
    repository.use_code(tx, code.id, wish.device_id, now)
    actor = f"device:{wish.device_id}"
    audit.record(tx, actor=actor, act="device.enrol", subject=f"place:{place.slug}", now=now, facts={"kind": wish.kind})
    return Device(wish.device_id, wish.kind, place.slug, place.store)


def hear(tx: Tx, device: Device, beat: Heartbeat, now: datetime) -> None:
    """Keep how a device says it is.

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
    }
    if glass is not None:
        values |= {"on_glass": glass.what, "on_glass_since": _in_utc(glass.since), "frames": glass.frames}
    repository.change_device(tx, device.id, values)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as fault:
        raise errors.Malformed("expected an instant between the years 1 and 9999 in UTC, found another") from fault


def revoke(tx: Tx, device_id: str, now: datetime, *, by: str) -> None:
    """Shut a device out from now on. The caller closes its stream (`Hub.drop`); `by` is who does it, such as `staff:1000`.

    Raises:
        NotFound: there is no such device.
    """
    if repository.device(tx, device_id) is None:
        raise errors.NotFound(f"expected an enrolled device's id, found {device_id!r}", kind="device", id=device_id)
    repository.change_device(tx, device_id, {"revoked_at": now})
    audit.record(tx, actor=by, act="device.revoke", subject=f"device:{device_id}", now=now)
