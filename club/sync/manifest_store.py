"""A display's manifests on disk: staged beside the playing one, switched by one pointer, the last one kept to fall back on (L4, L5)."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from club.model import errors
from club.model.board import Manifest
from club.sync import files
from club.wire import codec

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A manifest on disk. `key` is the SHA-256 of its bytes, `etag` what the server calls it."""

    key: str
    etag: str
    manifest: Manifest


class ManifestStore:
    """Used by one thread. A manifest's file is named by its own hash, so a damaged one is known at sight.

    Args:
        folder: where they lie; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointer = folder / "current.json"
        folder.mkdir(parents=True, exist_ok=True)

    def stage(self, body: bytes, etag: str) -> Kept:
        """Write a manifest beside the playing one, durable; nothing is switched.

        Raises:
            Malformed: the bytes are no manifest this version can read.
            OSError: no room.
        """
        manifest = codec.decode(body, Manifest)
        key = hashlib.sha256(body).hexdigest()
        files.write_whole(self._folder / f"{key}.json", body)
        return Kept(key, etag, manifest)

    def flip(self, staged: Kept) -> None:
        """Make the staged manifest the playing one, in one atomic step; the one before is kept, older ones go."""
        before = [entry for entry in self._entries() if entry[0] != staged.key]
        entries = [(staged.key, staged.etag), *before[:1]]
        files.write_whole(self._pointer, json.dumps(entries).encode())
        keep = {key for key, _ in entries}
        for path in self._folder.glob("*.json"):
            if path != self._pointer and path.stem not in keep:
                path.unlink(missing_ok=True)

    def load(self) -> tuple[Kept, ...]:
        """The playing manifest and the one before, as far as their files are sound."""
        return tuple(kept for key, etag in self._entries() if (kept := self._read(key, etag)) is not None)

    def referred(self, staged: Iterable[Kept] = ()) -> frozenset[str]:
        """The SHA-256 of every medium that the playing, the previous and the staged manifests show."""
        return frozenset(picture.sha256 for kept in (*self.load(), *staged) for picture in kept.manifest.media)

    def _entries(self) -> list[tuple[str, str]]:
        try:
            return [(str(key), str(etag)) for key, etag in json.loads(self._pointer.read_bytes())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError):
            # The pointer itself is damaged: any sound manifest is better than none, the newest written first.
            _log.warning("the pointer to the playing manifest is damaged; taking the newest sound one")
            found = [path for path in self._folder.glob("*.json") if path != self._pointer]
            return [(path.stem, "") for path in sorted(found, key=lambda path: -path.stat().st_mtime_ns)]

    def _read(self, key: str, etag: str) -> Kept | None:
        try:
            body = (self._folder / f"{key}.json").read_bytes()
            if hashlib.sha256(body).hexdigest() == key:
                return Kept(key, etag, codec.decode(body, Manifest))
        except (OSError, errors.Malformed):
            pass
        _log.warning("the manifest %s is damaged or missing; falling back", key[:12])
        return None
