"""A tap written down: the ATR, and each command with its answer, to be read by people and played again in tests.

::

    # anything
    atr 3B 81 80 01 80 80
    > FF CA 00 00 00
    < 04 A1 B2 C3 D4 E5 F6 90 00
    > 00 A4 04 0C 07 D2 76 00 00 85 01 01 00
    <                                            nothing: the card had left

It holds the card's UID and whatever else it said. :meth:`Transcript.pseudonymous` takes the UID out where it stands in the
open; treat the rest as personal all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from nfc.protocol import apdu

_ATR, _COMMAND, _ANSWER, _COMMENT = "atr", ">", "<", "#"


class BadTranscript(ValueError):
    """The text is no transcript; the message names the line."""


class Strayed(Exception):
    """Something else was asked than the transcript holds.

    Args:
        expected: the command written down; None when there is no further one.
        found: what was asked.
    """

    def __init__(self, expected: bytes | None, found: bytes) -> None:
        wanted = expected.hex(" ").upper() if expected is not None else "no further command"
        super().__init__(f"expected {wanted}, found {found.hex(' ').upper()}")
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class Transcript:
    """A tap.

    Args:
        atr: of the activation.
        lines: commands with their answers, in order; an empty answer is a card that left.
        remarks: comment lines at the head, without their mark.
    """

    atr: bytes
    lines: tuple[tuple[bytes, bytes], ...]
    remarks: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the text :meth:`parse` reads."""
        out = [f"{_COMMENT} {remark}" for remark in self.remarks]
        out.append(f"{_ATR} {_spaced(self.atr)}".rstrip())
        for command, answer in self.lines:
            out.append(f"{_COMMAND} {_spaced(command)}")
            out.append(f"{_ANSWER} {_spaced(answer)}".rstrip())
        return "\n".join(out) + "\n"

    @classmethod
    def parse(cls, text: str) -> Transcript:
        """Read a transcript.

        Raises:
            BadTranscript: a line is none of the four, out of order, or no hexadecimal.
        """
        atr: bytes | None = None
        remarks: list[str] = []
        lines: list[tuple[bytes, bytes]] = []
        command: bytes | None = None
        for number, line in enumerate(text.splitlines(), 1):
            mark, _, rest = line.strip().partition(" ")
            if not mark or mark.startswith(_COMMENT):
                if mark and atr is None:
                    remarks.append(line.strip().lstrip(_COMMENT).strip())
            elif mark == _ATR and atr is None:
                atr = _bytes(number, rest)
            elif mark == _COMMAND and atr is not None and command is None:
                command = _bytes(number, rest)
            elif mark == _ANSWER and command is not None:
                lines.append((command, _bytes(number, rest)))
                command = None
            else:
                raise BadTranscript(f"line {number}: expected 'atr', then '>' and '<' by turns, found {line.strip()!r}")
        if atr is None or command is not None:
            raise BadTranscript("expected an 'atr' line and an answer to every command")
        return cls(atr, tuple(lines), tuple(remarks))

    def pseudonymous(self, uid: bytes) -> Transcript:
        """Return the same tap by another card: the UID, wherever it stands in an answer, becomes one made of its hash.

        What the UID went into, such as a SUN message, stays, and no longer fits.
        """
        made_up = uid[:1] + hashlib.blake2b(uid, digest_size=len(uid) - 1, person=b"nfc transcript").digest()
        lines = tuple((command, answer.replace(uid, made_up)) for command, answer in self.lines)
        return Transcript(self.atr, lines, self.remarks)


class Recorder:
    """Writes down what goes through it; use it as ``transmit``.

    Args:
        transmit: sends one APDU.
        raw_atr: of the activation.
        remarks: see :class:`Transcript`.
    """

    def __init__(self, transmit: apdu.Transmit, raw_atr: bytes, remarks: Iterable[str] = ()) -> None:
        self._transmit = transmit
        self._atr = raw_atr
        self._remarks = tuple(remarks)
        self._lines: list[tuple[bytes, bytes]] = []

    def __call__(self, command: bytes) -> bytes:
        """Send a command and write it down with its answer."""
        try:
            answer = self._transmit(command)
        except Exception:
            self._lines.append((command, b""))
            raise
        self._lines.append((command, answer))
        return answer

    @property
    def transcript(self) -> Transcript:
        """What was written down so far."""
        return Transcript(self._atr, tuple(self._lines), self._remarks)


class Replay:
    """Plays a transcript; use it as ``transmit``.

    Raises:
        Strayed: when called with another command than comes next.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._left = list(transcript.lines)

    @property
    def left(self) -> int:
        """How many lines were not played."""
        return len(self._left)

    def __call__(self, command: bytes) -> bytes:
        """Return the answer written down."""
        if not self._left or self._left[0][0] != command:
            raise Strayed(self._left[0][0] if self._left else None, command)
        return self._left.pop(0)[1]


def _spaced(data: bytes) -> str:
    return data.hex(" ").upper()


def _bytes(number: int, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as fault:
        raise BadTranscript(f"line {number}: expected hexadecimal, found {text!r}") from fault
