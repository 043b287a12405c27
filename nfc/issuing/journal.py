"""Writes down what is done to each card *before* it is done, so that a torn issue is found and goes on (spec N6).

One line of JSON each, flushed to the disk, appended for ever; half a line at the end, where the power failed, counts as not
written. The card itself knows how far it came (``protocol.ntag424_issue``); what it cannot say is which of two keys its key 0
is when power failed at that very command, and which cards are waiting to be finished. That is what is read here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Torn:
    """A run that did not end.

    Args:
        purpose: what it was for.
        version: the keys' version that it was to reach.
        step: the last step that was begun; it may or may not have happened.
    """

    purpose: str
    version: int
    step: str


class JournalDamaged(Exception):
    """A line in the middle of the journal cannot be read; the message names file and line."""


class Journal:
    """A journal file; one program writes it at a time.

    Args:
        path: made when it is missing, readable by its owner only: it names cards.
        now: the present time, as text for whoever reads the file.
        keep: puts what was written to a file onto the disk.

    Raises:
        JournalDamaged: see there.
        OSError: the file cannot be used.
    """

    def __init__(self, path: Path, now: Callable[[], str], keep: Callable[[int], None] = os.fdatasync) -> None:
        self._path, self._now, self._keep = path, now, keep
        self._torn: dict[str, Torn] = {}
        self._read()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def begun(self, uid: bytes, purpose: str, version: int) -> None:
        """Note that a card is about to be changed."""
        self._add({"card": uid.hex().upper(), "begin": purpose, "version": version})

    def step(self, uid: bytes, what: str) -> None:
        """Note that a command is about to be sent."""
        self._add({"card": uid.hex().upper(), "step": what})

    def ended(self, uid: bytes) -> None:
        """Note that a card is what it was to be."""
        self._add({"card": uid.hex().upper(), "end": True})

    def torn(self, uid: bytes) -> Torn | None:
        """Return the run of a card that did not end, if there is one."""
        return self._torn.get(uid.hex().upper())

    def all_torn(self) -> dict[str, Torn]:
        """Return every run that did not end, by UID in hexadecimal."""
        return dict(self._torn)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, entry: dict[str, Any]) -> None:
        line = json.dumps({"at": self._now(), **entry}, separators=(",", ":")) + "\n"
        os.write(self._file, line.encode("ascii"))
        self._keep(self._file)
        self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        card = str(entry["card"])
        if "begin" in entry:
            before = self._torn.get(card)
            # Begun anew: what key 0 is may still hang on the step at which the run before was torn.
            self._torn[card] = Torn(str(entry["begin"]), int(entry["version"]), before.step if before else "")
        elif "step" in entry and card in self._torn:
            known = self._torn[card]
            self._torn[card] = Torn(known.purpose, known.version, str(entry["step"]))
        elif "end" in entry:
            self._torn.pop(card, None)

    def _read(self) -> None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        whole, newline, half = content.rpartition(b"\n")
        if half:
            # The power failed while this was written, so what it announces was not done.
            with self._path.open("r+b") as file:
                file.truncate(len(whole) + len(newline))
                os.fsync(file.fileno())
        for number, line in enumerate(whole.split(b"\n") if whole else [], 1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as fault:
                raise JournalDamaged(
                    f"{self._path}: line {number}: expected an entry of this journal, found {line[:40]!r}; "
                    "put the file aside and begin a new one"
                ) from fault
