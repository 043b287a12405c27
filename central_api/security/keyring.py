"""The master keys: made at the first start, in one file that only the service's account can read (0600).

Lose the file and no card can be verified and no device knows its mirror's hashes; it belongs into every backup.
"""

import hashlib
import hmac
import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

_KEY_BYTES = 16
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """The programme's secrets. `meta_key` opens SUN messages, `file_master` diversifies to each card's own key."""

    meta_key: bytes = field(repr=False)
    file_master: bytes = field(repr=False)
    store_seed: bytes = field(repr=False)

    def card_key(self, store: str) -> bytes:
        """The 32-byte key under which a store's devices know cards: each store has its own, so mirrors cannot be joined."""
        return hmac.new(self.store_seed, f"card-hash:{store}".encode(), hashlib.sha256).digest()

    def card_hash(self, store: str, uid: str) -> str:
        """How a store's mirror names a card: hex HMAC-SHA256 of its UID (upper-case hex, as ASCII)."""
        return hmac.new(self.card_key(store), uid.upper().encode("ascii"), hashlib.sha256).hexdigest()

    def code_hash(self, digits: str) -> str:
        """The keyed hash of a one-time code: six digits could be tried through against a plain one."""
        return hmac.new(self.store_seed, f"enrol-code:{digits}".encode(), hashlib.sha256).hexdigest()


def load_or_create(path: Path) -> Keyring:
    """The keyring of a file; made there when there is none.

    Raises:
        ValueError: the file is readable by others, or a key in it has another length.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    text = (
        "# Master keys of the club. Secret; part of every backup.\n"
        f'meta_key = "{secrets.token_hex(_KEY_BYTES)}"\n'
        f'file_master = "{secrets.token_hex(_KEY_BYTES)}"\n'
        f'store_seed = "{secrets.token_hex(_SEED_BYTES)}"\n'
    )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)  # whoever comes second takes the first one's keys
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return _load(path)


def _load(path: Path) -> Keyring:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise ValueError(
            f"expected {path} to be readable by its owner only (0600), found {mode:04o}; run chmod 600 on it"
        )
    try:
        content = tomllib.loads(path.read_text(encoding="ascii"))
    except ValueError as error:  # not ASCII, not TOML
        raise ValueError(f"{path}: expected the master keys as TOML; take the file from a backup") from error
    keys = {}
    for name, size in (("meta_key", _KEY_BYTES), ("file_master", _KEY_BYTES), ("store_seed", _SEED_BYTES)):
        try:
            keys[name] = bytes.fromhex(content[name])
        except (KeyError, TypeError, ValueError):
            keys[name] = b""
        if len(keys[name]) != size:
            raise ValueError(f"{path}: expected {name} as {size * 2} hexadecimal digits; take the file from a backup")
    return Keyring(**keys)
