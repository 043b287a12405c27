"""Pictures and films on the device by their SHA-256: fetched whole or gone on with, verified, never deleted under a manifest (L4)."""

import contextlib
import errno
import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from club.model.board import Picture
from club.sync import errors, files
from club.sync.client import ApiClient

_log = logging.getLogger(__name__)
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of the disk media may take: `quota_bytes` in all, and never so much that less than `reserve_bytes` stay free.

    The reserve is what the store, the log and the system need to go on: a full disk would stop redemptions (X1).
    """

    quota_bytes: int = 8_000_000_000
    reserve_bytes: int = 500_000_000


class MediaCache:
    """A folder of files named by their content; safe from every thread, as long as no two fetch the same one.

    Args:
        folder: where they lie; made when missing.
        quota: above it, files that are not to be kept are deleted, the longest unused first.
        free: bytes that are free on the folder's disk.
    """

    def __init__(self, folder: Path, *, quota: Quota | None = None, free: Callable[[Path], int] | None = None) -> None:
        self._folder = folder
        self._quota = quota or Quota()
        self._free = free or _free_bytes
        self._tidying = threading.Lock()
        self._promised: dict[str, int] = {}  # bytes still to come of what is being fetched
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path | None:
        """The file of that content, None when it is not here. Does not read it."""
        path = self._place(sha256)
        return path if path.is_file() else None

    def missing(self, pictures: Collection[Picture]) -> tuple[Picture, ...]:
        """Which of `pictures` are not here in their full size."""
        return tuple(picture for picture in pictures if not self._has(picture))

    def fetch(
        self,
        client: ApiClient,
        picture: Picture,
        pause: Callable[[], bool] = lambda: False,
        *,
        keep: Collection[str] = (),
    ) -> bool:
        """Get a picture, going on where the last try stopped; False when `pause()` asked to stop (what came is kept).

        Args:
            client: the central API.
            picture: what to get.
            pause: asked after each piece.
            keep: SHA-256 of what must not be deleted to make room: what is on the glass, and what any manifest in use shows.

        Raises:
            NotFound: the server has no such picture.
            ServerUnreachable: the connection broke; what came is kept.
            MediaWrong: what came is not that content; it was thrown away.
            OSError: no room within the quota and above the reserve, or a failing disk.
        """
        if self._has(picture):
            return True
        place = self._place(picture.sha256)
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        with self._room(part, picture, keep), part.open("ab") as file:
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
        """Bring the folder under its quota by deleting what `keep` (SHA-256) does not name, the longest unused first."""
        with self._tidying:
            self._make_room(0, keep)

    @contextlib.contextmanager
    def _room(self, part: Path, picture: Picture, keep: Collection[str]) -> Iterator[None]:
        """Make room for what is still to come of a picture, and count it in while it comes."""
        coming = max(0, picture.size - (part.stat().st_size if part.exists() else 0))
        with self._tidying:
            lacking = self._make_room(coming, {*keep, *self._promised, picture.sha256})
            if lacking > 0:
                raise OSError(
                    errno.ENOSPC,
                    f"{coming} bytes more of media do not fit: {lacking} too many for the quota or the reserve of the disk",
                )
            self._promised[picture.sha256] = coming
        try:
            yield
        finally:
            with self._tidying:
                self._promised.pop(picture.sha256, None)

    def _make_room(self, coming: int, keep: Collection[str]) -> int:
        """Delete until so many bytes more fit; how many are lacking then (0 or less: they fit)."""
        found = [(path.stat(), path) for path in self._folder.glob("??/*") if path.is_file()]
        wanted = coming + sum(self._promised.values())
        lacking = max(
            sum(stat.st_size for stat, _ in found) + wanted - self._quota.quota_bytes,
            wanted + self._quota.reserve_bytes - self._free(self._folder),
        )
        for stat, path in sorted(found, key=lambda pair: (max(pair[0].st_atime, pair[0].st_mtime), pair[1].name)):
            if lacking <= 0:
                break
            if path.stem not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()
                    lacking -= stat.st_size
        return lacking

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


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
