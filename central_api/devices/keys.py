"""Changes a device's key: the next one takes over, the one before stays good for what was signed with it (ADR 0014)."""

from datetime import datetime, timedelta
from typing import Any

from central_api.db import Tx
from central_api.devices import incidents, pasts, repository
from central_api.devices.enrolled import Device
from central_api.security import signatures
from central_api.security.signatures import SignedRequest
from central_api.staff import audit
from club.model import errors
from club.wire import signing
from club.wire.devices import KeyChanged, NewKey

OTHER_LIFE = timedelta(days=14)
"""As long as a kiosk may be offline with commands that it has signed (`[feed] keep_days`' default)."""


def change(tx: Tx, device: Device, request: SignedRequest, wish: NewKey, now: datetime) -> KeyChanged:
    """Make the next key the device's own; sent again, signed with either key, it gives the same answer.

    Args:
        tx: a unit of work that writes.
        device: whose request it is.
        request: as it was signed.
        wish: its body.
        now: the instant.

    Raises:
        SignatureWrong: it was not signed with the key in use, or the new key did not sign its proof.
    """
    row = repository.lock_device(tx, device.id)
    if row.public_key == wish.public_key:
        return KeyChanged(public_key=row.public_key, other_until=row.other_key_until)
    signatures.prove(request, row.public_key)  # a token, or the key before this one, may not change keys
    signatures.prove_text(signing.text_of_key(device.id, wish.public_key), wish.proof, wish.public_key)
    until = now + OTHER_LIFE
    values: dict[str, object] = {"public_key": wish.public_key, "other_key": row.public_key, "other_key_until": until}
    pasts.key_changes(tx, row, now, until)
    repository.change_device(tx, device.id, values)
    audit.record(tx, actor=f"device:{device.id}", act="device.change-key", subject=f"place:{device.place}", now=now)
    return KeyChanged(public_key=wish.public_key, other_until=until)


def end_other(tx: Tx, device_id: str, now: datetime, *, by: str) -> bool:
    """Have a device known by its newest key alone from now on, for example because the key before may have been copied.

    Returns:
        Whether there was a key before. Where there was none, nothing changes and the incident stays: whoever copied the only
        key still has it, and only a revocation ends that.

    Raises:
        NotFound: there is no such device.
    """
    row = repository.lock_device(tx, device_id)
    if row is None:
        raise errors.NotFound(f"expected an enrolled device's id, found {device_id!r}", kind="device", id=device_id)
    if not has_other(row, now):
        return False
    pasts.key_ended(tx, row, row.other_key)
    repository.change_device(tx, device_id, {"other_key": None, "other_key_until": None})
    incidents.close(tx, device_id, "clone", now)
    audit.record(tx, actor=by, act="device.end-key", subject=f"device:{device_id}", now=now)
    return True


def has_other(row: Any, now: datetime) -> bool:
    """Whether a device's row has a key before the newest that is still good."""
    return row.other_key is not None and row.other_key_until is not None and bool(row.other_key_until > now)
