"""Who this device is: its id and its Ed25519 key, made on the device and never leaving it."""

import json
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from club.sync import errors, files
from club.wire import offline, signing
from club.wire.devices import NewKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_log = logging.getLogger(__name__)


class Identity:
    """The device's id and key; make it with `load_or_create`. Signing is safe from every thread.

    Its key is renewed in steps, each whole on the disk before the next (`club.sync.key_renewal`): `begin_next` makes the next key
    beside the one in use, `switch` puts it in that one's place and keeps the former, `give_up_former` ends it.

    Args:
        device_id: of this device.
        key: in use.
        path: where it is kept; None: in memory alone.
        next_key: made, and not in use yet.
        former: in use before, until all that hangs on it hangs on the key in use.
        since: since when the key is in use; None: nobody noted it.
    """

    def __init__(
        self,
        device_id: str,
        key: "Ed25519PrivateKey",
        path: Path | None = None,
        *,
        next_key: "Ed25519PrivateKey | None" = None,
        former: "Ed25519PrivateKey | None" = None,
        since: datetime | None = None,
    ) -> None:
        self.device_id = device_id
        self.since = since
        self._key, self._path = key, path
        self._next, self._former = next_key, former

    @classmethod
    def load_or_create(
        cls, path: Path, *, new_id: Callable[[], str] = lambda: "dev-" + secrets.token_hex(12)
    ) -> "Identity":
        """The identity kept in `path` (mode 0600); a missing file is made, with a new key.

        Raises:
            IdentityDamaged: the file is there but is no identity. It is left as it is.
        """
        if not _is_there(path):
            made = cls(new_id(), _new_key(), path)
            made._keep()
            _log.info("made a new device identity %s", made.device_id)
            return made
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
                _log.warning("the device's key file was readable by others; set to 0600")
            kept = json.loads(path.read_bytes())
            since = kept.get("since")
            return cls(
                str(kept["device_id"]),
                _read_key(kept["private_key"]),
                path,
                next_key=_read_key(kept["next_key"]) if "next_key" in kept else None,
                former=_read_key(kept["former_key"]) if "former_key" in kept else None,
                since=datetime.fromisoformat(since) if since else None,
            )
        except OSError as error:
            raise errors.IdentityDamaged(
                f"expected to read the device's identity in {path}; {error.strerror or type(error).__name__}. "
                "Give the file to the account of this program, or move it away and enrol this device anew"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.IdentityDamaged(
                f"expected a device identity in {path}, found something unreadable; "
                "restore the file from a copy, or move it away and enrol this device anew"
            ) from error

    # -- another key ----------------------------------------------------------------------------------------------

    @property
    def has_next(self) -> bool:
        """Whether the next key is made and not in use yet."""
        return self._next is not None

    @property
    def has_former(self) -> bool:
        """Whether the key before is not given up yet."""
        return self._former is not None

    def note_since(self, at: datetime) -> None:
        """Keep since when the key is in use, where nobody has.

        Raises:
            OSError: no room, no right; nothing is changed. So do the steps below.
        """
        self._change(since=at)

    def begin_next(self) -> None:
        """Make the next key, unless there is one."""
        if self._next is None:
            self._change(next_key=_new_key())

    def as_next(self) -> "Identity":
        """The same device with its next key."""
        if self._next is None:
            raise ValueError("expected a next key, found none; begin_next makes it")
        return Identity(self.device_id, self._next)

    def proved(self) -> NewKey:
        """The key in use, and the proof that the device has it."""
        proof = self._key.sign(signing.text_of_key(self.device_id, self.public_key))
        return NewKey(public_key=self.public_key, proof=signing.to_text(proof))

    def switch(self, at: datetime) -> None:
        """Use the next key from now on."""
        if self._next is not None:
            self._change(key=self._next, next_key=None, former=self._key, since=at)

    def give_up_former(self) -> None:
        """Forget the key before: nothing hangs on it any more."""
        self._change(former=None)

    def _change(self, **changes: Any) -> None:
        """On the disk first: what is in use is what a start after a power failure finds."""
        now = {"key": self._key, "next_key": self._next, "former": self._former, "since": self.since}
        changed = Identity(self.device_id, path=self._path, **{**now, **changes})
        changed._keep()
        self._key, self._next, self._former, self.since = changed._key, changed._next, changed._former, changed.since

    def _keep(self) -> None:
        if self._path is None:
            return
        kept = {"device_id": self.device_id, "private_key": signing.to_text(_raw(self._key))}
        if self._next is not None:
            kept["next_key"] = signing.to_text(_raw(self._next))
        if self._former is not None:
            kept["former_key"] = signing.to_text(_raw(self._former))
        if self.since is not None:
            kept["since"] = self.since.isoformat()
        files.write_whole(self._path, json.dumps(kept).encode(), mode=0o600)

    # -- proof ----------------------------------------------------------------------------------------------------

    @property
    def public_key(self) -> str:
        """The public key as it is registered: 32 bytes, base64url without padding."""
        from cryptography.hazmat.primitives import serialization

        raw = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return signing.to_text(raw)

    def sign_voucher(self, voucher: offline.OfflineVoucher) -> bytes:
        """The signature that makes a voucher, handed out offline, this device's own (A14)."""
        return self._key.sign(offline.text_of(voucher))

    def derive(self, purpose: str) -> bytes:
        """32 bytes that only this device can make, for one purpose; another key of the device gives others."""
        return self._derived(self._key, purpose)

    def derive_by_former(self, purpose: str) -> bytes | None:
        """The same by the key before; None: it is given up, or there was none."""
        return None if self._former is None else self._derived(self._former, purpose)

    def _derived(self, key: "Ed25519PrivateKey", purpose: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        kdf = HKDF(algorithm=SHA256(), length=32, salt=self.device_id.encode(), info=purpose.encode())
        return kdf.derive(_raw(key))

    def sign(self, *, method: str, target: str, body: bytes, at: datetime, key: str = "") -> dict[str, str]:
        """The headers that make a request this device's own (`club.wire.signing`).

        Args:
            method: upper-case HTTP method.
            target: path with query as it will be sent.
            body: the request's body, empty for reads.
            at: the instant of signing, aware.
            key: the idempotency key of a command; empty otherwise.
        """
        signed_at = at.astimezone(UTC).isoformat(timespec="milliseconds")
        text = signing.text_to_sign(
            method=method, target=target, body=body, device=self.device_id, signed_at=signed_at, key=key
        )
        headers = {
            signing.DEVICE_HEADER: self.device_id,
            signing.SIGNED_AT_HEADER: signed_at,
            signing.SIGNATURE_HEADER: signing.to_text(self._key.sign(text)),
            signing.VERSION_HEADER: str(signing.WIRE_VERSION),
        }
        if key:
            headers[signing.KEY_HEADER] = key
        return headers


def _new_key() -> "Ed25519PrivateKey":
    # Imported late, as everywhere here: the door of the sync stays light until a device really starts.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def _read_key(text: str) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(signing.from_text(text))


def _raw(key: "Ed25519PrivateKey") -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())


def _is_there(path: Path) -> bool:
    """Whether the file is there, also one that cannot be read; a folder that cannot be looked into is an error, not an empty one."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True
