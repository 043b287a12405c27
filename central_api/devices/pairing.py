"""Lets devices in by a code on their own screen, which staff enter in the console beside the place it stands in (C9).

The code is no secret of the device's: whoever signs in as staff and reads it off the glass may add that glass. What proves the
device is its key, with which it asked for the code and signs ever after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central_api.db import Tx
from central_api.devices import keys, pasts, repository
from central_api.devices import service as devices
from central_api.devices.enrolled import Device
from central_api.security import signatures
from central_api.security.signatures import SignedRequest
from central_api.staff import audit
from club.model import errors, voucher
from club.wire.devices import AskPairing, Pairing

LIFE = timedelta(minutes=10)
LENGTH = 6
OPEN_PER_SOURCE = 10  # codes at a time for one network address: a store opens with fewer screens
OPEN_IN_ALL = 60
WRONG_TRIES = 5
PAUSE = timedelta(minutes=1)
_ENTERED = "0" * LENGTH  # stands in the answer to a device that needs no code any more
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a code did not let a device in, counted in the same unit of work: the caller commits before it tells.

    `reason` is `wrong` (no screen shows it now), `paused`, `kind` (the screen is of another kind than the place), `taken`
    (somebody stands in that place already) or `place` (there is none, or it is of another store).
    """

    reason: str
    tries_left: int = 0
    kind: str = ""


def new_code(random_below: Callable[[int], int]) -> str:
    """Six symbols of which none is mistaken for another. `random_below(n)` gives 0 <= x < n."""
    return "".join(voucher.ALPHABET[random_below(len(voucher.ALPHABET))] for _ in range(LENGTH))


def ask(
    tx: Tx,
    request: SignedRequest,
    wish: AskPairing,
    now: datetime,
    *,
    source: str,
    skew_s: int,
    make_code: Callable[[], str],
) -> Pairing:
    """The code a device shows until staff have entered it; asking again gives the same one for ten minutes, then a new one.

    Args:
        tx: a unit of work that writes.
        request: as it was signed.
        wish: its body.
        now: the instant.
        source: the network address it came from.
        skew_s: how far the time of signing may be from `now`, in seconds.
        make_code: makes a code (see `new_code`); called again when the code is taken.

    Raises:
        SignatureWrong: not signed with the key it brings, or this id belongs to another key.
        ClockSkew: it was signed too long ago.
        Unavailable: too many devices wait for their code to be entered.
    """
    if request.device != wish.device_id:
        raise errors.SignatureWrong("expected the same device id in the header and in the body, found two")
    signatures.prove(request, wish.public_key)
    signatures.must_be_fresh(request, now, skew_s)
    known = repository.device(tx, wish.device_id)
    row = repository.pairing(tx, wish.device_id)
    asked_by = row.public_key if row is not None and row.expires_at > now else wish.public_key
    if asked_by != wish.public_key or not _is_its_own(known, wish.public_key, now):
        raise errors.SignatureWrong("expected the key this device id was first seen with, found another")
    if known is not None and known.revoked_at is None:
        return Pairing(code=row.code if row else _ENTERED, expires_at=row.expires_at if row else now, enrolled=True)
    if row is not None and row.expires_at > now:
        return Pairing(code=row.code, expires_at=row.expires_at)
    repository.forget_pairings(tx, now)
    _must_have_room(tx, source)
    until = now + LIFE
    return Pairing(code=_add(tx, wish, source, now, until, make_code), expires_at=until)


def enter(
    tx: Tx,
    typed: str,
    place: str,
    *,
    staff: str,
    stores: tuple[str, ...],
    code_id: str,
    now: datetime,
    replace: bool = False,
) -> Device | Refused:
    """Enrol the device whose screen shows this code, in a place that is free, or in another one's stead.

    A place is what staff know a device by: boards, incidents and the page of a place go on when its hardware is replaced. The
    old machine is shut out in the same unit of work: at no moment do two stand there, or none.

    Args:
        tx: a unit of work that writes; commit it also when the answer is a refusal.
        typed: the code as typed: blanks, hyphens, small letters and look-alikes are read as meant.
        place: the place's slug.
        staff: the staff number of whoever enters it.
        stores: the stores they may work for.
        code_id: an id that names this enrolment, in the device's row.
        now: the instant.
        replace: the device that stands there is to give way.
    """
    guard = repository.pairing_tries(tx, staff)
    if guard.paused_until is not None and guard.paused_until > now:
        return Refused("paused")
    spot = repository.lock_place(tx, place)
    if spot is None or spot.store not in stores:
        return Refused("place")
    found = _shown(tx, voucher.normalise(typed), now)
    if found is None:
        return _count_wrong(tx, staff, int(guard.wrong) + 1, now)
    if found.kind != spot.kind:
        return Refused("kind", kind=found.kind)
    before = repository.standing_in(tx, place)
    if before is not None and not replace:
        return Refused("taken")
    repository.put_pairing_tries(tx, staff, 0, None)
    if before is not None:
        devices.end(tx, before.id, now)
    values = {
        **devices.FRESH,
        "public_key": found.public_key,
        "kind": found.kind,
        "place": spot.slug,
        "store": spot.store,
        "version": found.version,
        "enrolled_at": now,
        "enrolled_by": code_id,
    }
    known = repository.device(tx, found.device)
    if known is None:
        repository.add_device(tx, {"id": found.device, **values})
    else:
        pasts.let_in_anew(tx, known, now)
        repository.change_device(tx, found.device, values)
    pasts.tell(tx, found.device)
    audit.record(
        tx,
        actor=f"staff:{staff}",
        act="device.pair" if before is None else "device.replace",
        subject=f"place:{spot.slug}",
        now=now,
        facts={"device": found.device, "kind": found.kind} | ({} if before is None else {"before": before.id}),
    )
    return Device(found.device, found.kind, spot.slug, spot.store)


def free_places(tx: Tx, stores: tuple[str, ...]) -> list[Any]:
    """The places of these stores in which no device stands, by kind and slug."""
    return list(repository.free_places(tx, stores))


def _must_have_room(tx: Tx, source: str) -> None:
    waiting = repository.waiting_by_source(tx)
    if waiting.get(source, 0) >= OPEN_PER_SOURCE or sum(waiting.values()) >= OPEN_IN_ALL:
        raise errors.Unavailable(
            f"expected fewer than {OPEN_PER_SOURCE} screens waiting for their code to be entered; ask again later"
        )


def _add(tx: Tx, wish: AskPairing, source: str, now: datetime, until: datetime, make_code: Callable[[], str]) -> str:
    for _ in range(_TRIES):
        code = make_code()
        values: dict[str, object] = {
            "device": wish.device_id,
            "public_key": wish.public_key,
            "kind": wish.kind,
            "version": wish.version,
            "code": code,
            "source": source[:64],
            "asked_at": now,
            "expires_at": until,
        }
        if repository.add_pairing(tx, values):
            return code
        # Either the code is taken, or the same device has asked twice at once and the other request was first.
        twin = repository.pairing(tx, wish.device_id)
        if twin is not None and twin.public_key == wish.public_key:
            return str(twin.code)
    raise errors.Unavailable(f"expected an unused code within {_TRIES} tries, found none")


def _shown(tx: Tx, code: str, now: datetime) -> Any:
    """The row of a code that stands on a screen now and is not used up, or None."""
    row = repository.pairing_by_code(tx, code, now)
    if row is None:
        return None
    known = repository.device(tx, row.device)
    is_out = known is None or known.revoked_at is not None
    return row if is_out and _is_its_own(known, row.public_key, now) else None


def _is_its_own(known: Any, key: str, now: datetime) -> bool:
    """Whether a key may speak for a device: an unknown one brings its first.

    One that was shut out while it changed keys does not have the newest in use yet, and knows no other than the one before.
    """
    return known is None or key == known.public_key or (key == known.other_key and keys.has_other(known, now))


def _count_wrong(tx: Tx, staff: str, wrong: int, now: datetime) -> Refused:
    paused = wrong >= WRONG_TRIES
    repository.put_pairing_tries(tx, staff, 0 if paused else wrong, now + PAUSE if paused else None)
    audit.record(
        tx, actor=f"staff:{staff}", act="device.pair-refused", subject="place:unknown", now=now, facts={"wrong": wrong}
    )
    return Refused("paused") if paused else Refused("wrong", tries_left=WRONG_TRIES - wrong)
