"""The master keys: made at the first start, in one file that only the service's account can read (0600).

Lose the file and no card can be verified, no device knows its mirror's hashes and no personal field can be read; it belongs
into every backup. Files of before there were master keys of personal data are given one at the next start (ADR 0012).
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_KEY_BYTES = 16
_SEED_BYTES = 32
MASTER_BYTES = 32
_MASTER_ID = re.compile(r"[a-z][a-z0-9-]{0,15}", re.ASCII)
_CURRENT = re.compile(r'^master = "[^"]*"$', re.MULTILINE)
_PERSONAL = (
    "\n# These wrap the keys under which personal data are kept. Backups need the old ones too: take none out.\n"
)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The programme's secrets.

    `meta_key` opens SUN messages, `file_master` diversifies to each card's own key; of `masters`, by their ids, `master`
    wraps what is wrapped from now on.
    """

    meta_key: bytes = field(repr=False)
    file_master: bytes = field(repr=False)
    store_seed: bytes = field(repr=False)
    master: str
    masters: Mapping[str, bytes] = field(repr=False)

    def card_key(self, store: str) -> bytes:
        """The 32-byte key under which a store's devices know cards: each store has its own, so mirrors cannot be joined."""
        return hmac.new(self.store_seed, f"card-hash:{store}".encode(), hashlib.sha256).digest()

    def card_hash(self, store: str, uid: str) -> str:
        """How a store's mirror names a card: hex HMAC-SHA256 of its UID (upper-case hex, as ASCII)."""
        return hmac.new(self.card_key(store), uid.upper().encode("ascii"), hashlib.sha256).hexdigest()

    def token_mac(self, text: str) -> str:
        """The keyed hash under which a device's token or a challenge to it is known again; hex."""
        return hmac.new(self.store_seed, f"device-token:{text}".encode(), hashlib.sha256).hexdigest()

    def code_hash(self, digits: str) -> str:
        """The keyed hash of a one-time code: six digits could be tried through against a plain one."""
        return hmac.new(self.store_seed, f"enrol-code:{digits}".encode(), hashlib.sha256).hexdigest()

    def voucher_mac(self, code: str) -> bytes:
        """The keyed hash under which a voucher's code that nobody has yet is known again: it may be somebody's tomorrow."""
        return hmac.new(self.store_seed, f"voucher-code:{code}".encode(), hashlib.sha256).digest()


def load_or_create(path: Path) -> Keyring:
    """The keyring of a file; made there when there is none, and given its first master key when it has none.

    Raises:
        ValueError: the file is readable by others, or a key in it has another form.
        OSError: the file or its folder cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    content = _content(path)
    _first_three(path, content)  # before anything is added to a file that is damaged
    if "master" not in content:
        with _alone(path):
            content = _content(path)
            if "master" not in content:  # whoever comes second takes the first one's key
                content = _add_first(path)
    return _keyring(path, content)


def load(path: Path) -> Keyring:
    """The keyring of a file as it stands now.

    Raises:
        ValueError: see `load_or_create`.
        OSError: the file cannot be read.
    """
    return _keyring(path, _content(path))


def add_master(path: Path) -> Keyring:
    """Add a new master key, which wraps from now on; the old ones stay for what they have wrapped. Returns the keyring.

    Raises:
        ValueError: the file is not as this program writes it.
        OSError: it cannot be written.
    """
    load_or_create(path)
    with _alone(path):
        text, before = path.read_text(encoding="ascii"), _content(path)
        name, key = _new_id(), secrets.token_hex(MASTER_BYTES)
        after = {**before, "master": name, "masters": {**before["masters"], name: key}}
        _replace(path, _CURRENT.sub(f'master = "{name}"', text).rstrip("\n") + f'\n{name} = "{key}"\n', after)
    return load(path)


def _create(path: Path) -> None:
    name = _new_id()
    text = (
        "# Master keys of the club. Secret; part of every backup.\n"
        f'meta_key = "{secrets.token_hex(_KEY_BYTES)}"\n'
        f'file_master = "{secrets.token_hex(_KEY_BYTES)}"\n'
        f'store_seed = "{secrets.token_hex(_SEED_BYTES)}"\n' + _first_master(name)
    )
    part = _written_beside(path, text)
    try:
        os.link(part, path)  # whoever comes second takes the first one's keys
    except FileExistsError:
        pass
    finally:
        part.unlink()
    _keep_folder(path)


def _add_first(path: Path) -> dict[str, Any]:
    text, before = path.read_text(encoding="ascii"), _content(path)
    name = _new_id()
    added = _first_master(name)
    _replace(path, text.rstrip("\n") + "\n" + added, {**before, **tomllib.loads(added)})
    return _content(path)


def _first_master(name: str) -> str:
    key = secrets.token_hex(MASTER_BYTES)
    return f'{_PERSONAL}master = "{name}"\n[masters]\n{name} = "{key}"\n'


def _new_id() -> str:
    return f"m{secrets.token_hex(4)}"


def _replace(path: Path, text: str, expected: Mapping[str, Any]) -> None:
    """Put a new text in the file's place, whole, when it says exactly what it is to say: no key may get lost."""
    try:
        found: object = tomllib.loads(text)
    except ValueError:
        found = None
    if found != expected:
        raise ValueError(
            f"{path}: expected the master keys as this program writes them, found them written otherwise; "
            "put the [masters] table at the end of the file, its keys each on a line"
        )
    part = _written_beside(path, text)
    try:
        mode_of = path.stat()
        if os.geteuid() == 0:
            os.chown(part, mode_of.st_uid, mode_of.st_gid)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _keep_folder(path)


def _written_beside(path: Path, text: str) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return part


def _keep_folder(path: Path) -> None:
    """See to it that a new name in the folder survives a power cut."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file meanwhile; its folder is what they meet at, for the file is replaced."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _content(path: Path) -> dict[str, Any]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise ValueError(
            f"expected {path} to be readable by its owner only (0600), found {mode:04o}; run chmod 600 on it"
        )
    try:
        return tomllib.loads(path.read_text(encoding="ascii"))
    except ValueError as error:  # not ASCII, not TOML
        raise ValueError(f"{path}: expected the master keys as TOML; take the file from a backup") from error


def _keyring(path: Path, content: Mapping[str, Any]) -> Keyring:
    keys = _first_three(path, content)
    wrapping, current = content.get("masters"), content.get("master")
    if not isinstance(wrapping, dict) or not isinstance(current, str) or current not in wrapping:
        raise ValueError(
            f"{path}: expected `master` to name one of the keys of [masters], found another; take the file from a backup"
        )
    strange = [name for name in wrapping if not _MASTER_ID.fullmatch(name)]
    if strange:
        raise ValueError(f"{path}: expected ids such as m1a2b3c4 in [masters], found another form")
    masters = {name: _key(path, name, value, MASTER_BYTES) for name, value in wrapping.items()}
    return Keyring(**keys, master=current, masters=masters)


def _first_three(path: Path, content: Mapping[str, Any]) -> dict[str, bytes]:
    sizes = {"meta_key": _KEY_BYTES, "file_master": _KEY_BYTES, "store_seed": _SEED_BYTES}
    return {name: _key(path, name, content.get(name), size) for name, size in sizes.items()}


def _key(path: Path, name: str, value: object, size: int) -> bytes:
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        found = b""
    if len(found) != size:
        raise ValueError(f"{path}: expected {name} as {size * 2} hexadecimal digits; take the file from a backup")
    return found
