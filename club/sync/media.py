"""Pictures and films on the device by their SHA-256: fetched whole or gone on with, verified, never deleted under a manifest (L4)."""

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

from club.model.board import Picture
from club.sync import errors, files
from club.sync.client import ApiClient

_log = logging.getLogger(__name__)
_PIECE = 64 * 1024
_CAP = 2_000_000_000


class MediaCache:
    """A folder of files named by their content. One thread fetches; `path` is safe from every thread.

    Args:
        folder: where they lie; made when missing.
        cap_bytes: above this, files that no manifest refers to are deleted, the longest unused first.
    """

    def __init__(self, folder: Path, *, cap_bytes: int = _CAP) -> None:
        self._folder = folder
        self._cap = cap_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path | None:
        """The file of that content, None when it is not here. Does not read it."""
        path = self._place(sha256)
        return path if path.is_file() else None

    def missing(self, pictures: Collection[Picture]) -> tuple[Picture, ...]:
        """Which of `pictures` are not here in their full size."""
        return tuple(picture for picture in pictures if not self._has(picture))

    def fetch(self, client: ApiClient, picture: Picture, pause: Callable[[], bool] = lambda: False) -> bool:
        """Get a picture, going on where the last try stopped; False when `pause()` asked to stop (what came is kept).

        Raises:
            NotFound: the server has no such picture.
            ServerUnreachable: the connection broke; what came is kept.
            MediaWrong: what came is not that content; it was thrown away.
            OSError: no room.
        """
        if self._has(picture):
            return True
        place = self._place(picture.sha256)
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        with part.open("ab") as file:
            if not self._receive(client, picture, file, pause):
                return False
            file.flush()
            os.fsync(file.fileno())
        if part.stat().st_size != picture.size or _sha256(part) != picture.sha256:
            part.unlink()
            raise errors.MediaWrong(f"expected {picture.size} bytes of {picture.sha256[:12]}, found other content")
        part.replace(place)
        files.flush_folder(place.parent)
        return True

    def sweep(self, keep: Collection[str]) -> None:
        """Bring the folder under its cap by deleting what `keep` (SHA-256) does not name, the longest unused first."""
        found = [(path.stat(), path) for path in self._folder.glob("??/*") if path.is_file()]
        total = sum(stat.st_size for stat, _ in found)
        for stat, path in sorted(found, key=lambda pair: (max(pair[0].st_atime, pair[0].st_mtime), pair[1].name)):
            if total <= self._cap:
                return
            if path.stem not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= stat.st_size

    def _receive(self, client: ApiClient, picture: Picture, file: BinaryIO, pause: Callable[[], bool]) -> bool:
        have = file.tell()
        if have >= picture.size:
            if have > picture.size:
                file.truncate(0)
                have = 0
            elif picture.size:
                return True
        reply = client.media(picture.sha256, have)
        try:
            if reply.status != 206:  # the whole from the start (200), or our part does not fit theirs (416)
                file.truncate(0)
                have = 0
            if reply.status == 416:
                raise errors.MediaWrong(f"the server has less of {picture.sha256[:12]} than is here; begun anew")
            for piece in reply.pieces(_PIECE):
                file.write(piece)
                have += len(piece)
                if have > picture.size:
                    file.truncate(0)
                    raise errors.MediaWrong(f"expected {picture.size} bytes of {picture.sha256[:12]}, found more")
                if pause():
                    return False
            return True
        finally:
            reply.close()

    def _has(self, picture: Picture) -> bool:
        try:
            return self._place(picture.sha256).stat().st_size == picture.size
        except FileNotFoundError:
            return False

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not sha256.isalnum():
            raise ValueError(f"expected a hex SHA-256, found {sha256[:80]!r}")
        return self._folder / sha256[:2] / sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
