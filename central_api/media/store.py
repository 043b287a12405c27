"""Files of the media store, each under the SHA-256 of its content; a name once there never changes its bytes (L4)."""

import hashlib
import os
import re
import secrets
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


class MediaStore:
    """A folder, shared by all processes of the service.

    Args:
        folder: made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Store the bytes and return their SHA-256 (hex); there already is as good as stored.

        The file appears whole or not at all: written beside its place, synced, then renamed.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._place(sha256)
        if target.is_file() and target.stat().st_size == len(data):
            return sha256
        target.parent.mkdir(exist_ok=True)
        part = target.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return sha256

    def path(self, sha256: str) -> Path | None:
        """The file with this content, None when it is not here."""
        if not _NAME.fullmatch(sha256):
            return None
        place = self._place(sha256)
        return place if place.is_file() else None

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
