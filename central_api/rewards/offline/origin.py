"""Finds out where a piece was handed out: a kiosk may have been moved before it told the club, and its store's rules hold (A14).

The store is the one whose key the tap is sealed to, and no other than one in which the club had the device: a device says of no
store that it is its own. The time is what the device says, so it counts as far as the device stood there, and no further.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from central_api.db import Tx
from central_api.devices import pasts
from central_api.devices.enrolled import Device
from central_api.devices.keys import OTHER_LIFE
from central_api.devices.pasts import Stay
from central_api.rewards.offline import rules
from central_api.security.keyring import Keyring
from club.model import errors
from club.wire import codec, sealing
from club.wire.offline import OfflineRedeem, SealedTap
from club.wire.signing import FRESH_S, from_text

MOVED_LIFE = OTHER_LIFE
"""So long after a device left a store it may bring what it handed out there: as long as it may be offline with commands."""
_SLACK = timedelta(seconds=FRESH_S)

Standing = Literal["", "shut-out", "elsewhere"]
"""How a device stood in a store at an instant: let in; shut out, and in an outage in which it could not hear of it; or not there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece was handed out. `stood` is the device as it stood then; `tap` what it sealed, None: nobody can open it."""

    stood: Device
    tap: SealedTap | None


def find(tx: Tx, keyring: Keyring, device: Device, command: OfflineRedeem) -> Origin:
    """Where a piece was handed out, told by the key that its tap is sealed to. Reads only.

    Args:
        tx: a unit of work.
        keyring: the service's keys.
        device: whose command it is, as it stands now.
        command: what it handed out.
    """
    for store in _stores(device, pasts.stays(tx, device.id)):
        try:
            return Origin(replace(device, store=store), _unsealed(keyring, store, command))
        except (ValueError, errors.Malformed):
            continue
    return Origin(device, None)


def standing(stays: Sequence[Stay], store: str, issued_at: datetime, now: datetime, outage: timedelta) -> Standing:
    """How a device stood in a store when it handed a piece out.

    Args:
        stays: where it stands and stood, the latest first.
        store: whose piece it is.
        issued_at: when it was handed out, by the device; not after `now`.
        now: the instant.
        outage: how long one may last there: so long a device may not have heard that it was shut out.
    """
    elsewhere_now = not stays or stays[0].store != store
    there = [stay for stay in stays if stay.store == store and stay.since - _SLACK <= issued_at]
    if elsewhere_now:
        there = [stay for stay in there if stay.until is not None and now <= stay.until + MOVED_LIFE]
    if any(stay.until is None or issued_at <= stay.until for stay in there):
        return ""
    unheard = any(stay.until is not None and issued_at <= stay.until + outage for stay in there)
    return "shut-out" if unheard else "elsewhere"


def _stores(device: Device, stays: Sequence[Stay]) -> Iterator[str]:
    """The stores a piece may be of, the present one first, each once."""
    yield from dict.fromkeys((device.store, *(stay.store for stay in stays)))


def _unsealed(keyring: Keyring, store: str, command: OfflineRedeem) -> SealedTap:
    """What was sealed to a store's key.

    Raises:
        ValueError, Malformed: it was sealed for another store or another command, or it is no tap.
    """
    opened = sealing.unseal(
        rules.seal_key(keyring, store), from_text(command.sealed), bound_to=command.command_id.encode()
    )
    return codec.decode(opened, SealedTap)
