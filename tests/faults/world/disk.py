"""A device's disk: full or slow when its seed says so, and cut off at any byte of what was being written when the power goes."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from club.sync.manifest_store import Kept, ManifestStore
from club.sync.store import DeviceStore


class PowerCut(BaseException):
    """The power went. No `except Exception` catches it, as nothing catches the real one."""


@dataclass
class Plug:
    """What may happen to the disk's next write."""

    chance: Random
    is_full: bool = False
    cuts: float = 0.0  # how likely the power goes at a write
    lies: bool = False  # what was flushed may be lost too: a card that says "done" too early
    cut_at: int | None = None  # bytes of the write-ahead log that reached the disk before the power went

    def before(self) -> None:
        if self.is_full and self.chance.random() < 0.7:
            raise sqlite3.OperationalError("database or disk is full")
        if self.chance.random() < self.cuts / 3:
            raise PowerCut

    def after(self, log_before: int, log_after: int) -> None:
        if self.chance.random() >= self.cuts:
            return
        if log_after > log_before:
            # Anywhere in what this commit wrote: the last frames are torn, or it is whole and nobody heard of it.
            self.cut_at = self.chance.randint(log_before, log_after)
        raise PowerCut


class SimStore(DeviceStore):
    """The device's real store on a disk that fails."""

    def __init__(self, path: Path, plug: Plug) -> None:
        self._plug = plug
        self._depth = 0
        super().__init__(path)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        if self._depth:
            with super().transaction() as db:
                yield db
            return
        self._plug.before()
        before = self._log_size()
        self._depth += 1
        try:
            with super().transaction() as db:
                yield db
        finally:
            self._depth -= 1
        self._plug.after(before, self._log_size())

    def survives(self, folder: Path) -> Path:
        """Write down in `folder` what a power failure leaves of the files now; gives the store's path there."""
        folder.mkdir(parents=True)
        kept = folder / self.path.name
        shutil.copyfile(self.path, kept)
        key = self.path.with_name(self.path.name + ".key")
        if key.exists():
            shutil.copyfile(key, kept.with_name(key.name))
        log = self.path.with_name(self.path.name + "-wal")
        if log.exists():
            content = log.read_bytes()
            at = self._plug.cut_at
            if self._plug.lies:
                at = self._plug.chance.randint(0, len(content))
            kept.with_name(log.name).write_bytes(content if at is None else content[:at])
        self._plug.cut_at = None
        return kept

    def _log_size(self) -> int:
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except FileNotFoundError:
            return 0


class SimManifestStore(ManifestStore):
    """The device's real manifests on the same disk."""

    def __init__(self, folder: Path, plug: Plug) -> None:
        super().__init__(folder)
        self._plug = plug

    def stage(self, body: bytes, etag: str) -> Kept:
        self._write()
        kept = super().stage(body, etag)
        self._cut()
        return kept

    def flip(self, staged: Kept) -> None:
        self._write()
        super().flip(staged)
        self._cut()

    def _write(self) -> None:
        if self._plug.is_full and self._plug.chance.random() < 0.7:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._cut()

    def _cut(self) -> None:
        if self._plug.chance.random() < self._plug.cuts:
            raise PowerCut
