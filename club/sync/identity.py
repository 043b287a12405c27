"""Who this device is: its id and its Ed25519 key, made on the device and never leaving it."""

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from club.sync import errors, files
from club.wire import offline, signing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """The device's id and key; make it with `load_or_create`. Signing is safe from every thread."""

    device_id: str
    _key: "Ed25519PrivateKey"

    @classmethod
    def load_or_create(
        cls, path: Path, *, new_id: Callable[[], str] = lambda: "dev-" + secrets.token_hex(12)
    ) -> "Identity":
        """The identity kept in `path` (mode 0600); a missing file is made, with a new key.

        Raises:
            IdentityDamaged: the file is there but is no identity. It is left as it is.
        """
        # Imported late: the door of the sync stays light until a device really starts.
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not _is_there(path):
            key = Ed25519PrivateKey.generate()
            raw = key.private_bytes(
                serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
            )
            made = {"device_id": new_id(), "private_key": signing.to_text(raw)}
            files.write_whole(path, json.dumps(made).encode(), mode=0o600)
            _log.info("made a new device identity %s", made["device_id"])
            return cls(made["device_id"], key)
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
                _log.warning("the device's key file was readable by others; set to 0600")
            kept = json.loads(path.read_bytes())
            return cls(
                str(kept["device_id"]), Ed25519PrivateKey.from_private_bytes(signing.from_text(kept["private_key"]))
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
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        raw = self._key.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        return HKDF(algorithm=SHA256(), length=32, salt=self.device_id.encode(), info=purpose.encode()).derive(raw)

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


def _is_there(path: Path) -> bool:
    """Whether the file is there, also one that cannot be read; a folder that cannot be looked into is an error, not an empty one."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True
