"""Command and response APDUs, the table of status words, and bounded chained exchanges (ISO 7816-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nfc.protocol import errors

Transmit = Callable[[bytes], bytes]
"""Sends one command APDU to the card and returns the raw answer, status word included."""

MAX_LINKS = 64
"""A hostile card may announce more data for ever; after this many follow-ups we stop."""
MAX_ANSWER_BYTES = 64 * 1024

OK = 0x9000
OK_NATIVE = 0x9100
MORE_NATIVE = 0x91AF
_NATIVE_MORE_COMMAND = bytes.fromhex("90AF000000")

# Exact words first, then whole SW1 families. The table is the documentation: ISO 7816-4 (6xxx), NXP native (91xx).
STATUS_WORDS: dict[int, type[errors.StatusError]] = {
    0x6581: errors.MemoryFailed,
    0x6700: errors.WrongLength,
    0x6881: errors.NotSupported,
    0x6882: errors.NotSupported,
    0x6982: errors.NotAuthorised,
    0x6983: errors.TooManyFailures,
    0x6985: errors.NotAuthorised,
    0x6988: errors.IntegrityError,
    0x6A80: errors.WrongParameters,
    0x6A81: errors.NotSupported,
    0x6A82: errors.NotFound,
    0x6A83: errors.NotFound,
    0x6A86: errors.WrongParameters,
    0x6B00: errors.WrongParameters,
    0x6D00: errors.NotSupported,
    0x6E00: errors.NotSupported,
    0x910B: errors.NotSupported,
    0x911C: errors.NotSupported,
    0x911E: errors.IntegrityError,
    0x9140: errors.NotFound,
    0x917E: errors.WrongLength,
    0x919D: errors.NotAuthorised,
    0x919E: errors.WrongParameters,
    0x91A0: errors.NotFound,
    0x91AD: errors.TooManyFailures,
    0x91AE: errors.WrongKey,
    0x91BE: errors.WrongParameters,
    0x91EE: errors.MemoryFailed,
    0x91F0: errors.NotFound,
}
STATUS_FAMILIES: dict[int, type[errors.StatusError]] = {
    0x63: errors.NotAuthorised,  # 63Cx: x tries left; 6300: the reader could not do it (ACR122U, failed Classic key)
    0x65: errors.MemoryFailed,
    0x67: errors.WrongLength,
    0x6C: errors.WrongLength,
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command APDU in short form.

    Args:
        cla, ins, p1, p2: the four header bytes, 0 to 255 each.
        data: up to 255 bytes sent to the card.
        le: bytes expected back, 1 to 256 (256 is coded as 00); None when no Le byte is sent.
    """

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            value = getattr(self, name)
            if not 0 <= value <= 0xFF:
                raise ValueError(f"APDU {name} must be 0 to 255, found {value}")
        if len(self.data) > 0xFF:
            raise ValueError(f"a short APDU carries at most 255 bytes, found {len(self.data)}")
        if self.le is not None and not 1 <= self.le <= 256:
            raise ValueError(f"Le must be 1 to 256, found {self.le}")

    @classmethod
    def parse(cls, raw: bytes) -> Command:
        """Read a command in short form (ISO 7816-4 §5.1, cases 1 to 4).

        Raises:
            ValueError: the length inside does not fit.
        """
        if len(raw) < 4:
            raise ValueError(f"expected a command of at least 4 bytes, found {len(raw)}")
        (cla, ins, p1, p2), body = raw[:4], raw[4:]
        if len(body) <= 1:
            return cls(cla, ins, p1, p2, le=(body[0] or 256) if body else None)
        size = body[0]
        data, rest = body[1 : 1 + size], body[1 + size :]
        if not size or len(data) < size or len(rest) > 1:
            raise ValueError(f"expected {size} bytes of data and at most one of Le, found {len(body) - 1} together")
        return cls(cla, ins, p1, p2, data, (rest[0] or 256) if rest else None)

    def to_bytes(self) -> bytes:
        """Return the bytes to send."""
        out = bytearray((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            out.append(len(self.data))
            out += self.data
        if self.le is not None:
            out.append(self.le & 0xFF)
        return bytes(out)


@dataclass(frozen=True, slots=True)
class Response:
    """One response APDU: the data and the status word (SW1 SW2 as one 16-bit number)."""

    data: bytes
    sw: int

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        """Split a raw answer.

        Raises:
            errors.CardLeft: the answer is shorter than a status word.
        """
        if len(raw) < 2:
            raise errors.CardLeft(raw)
        return cls(data=raw[:-2], sw=int.from_bytes(raw[-2:], "big"))

    @property
    def ok(self) -> bool:
        """Whether the card did what was asked, completely."""
        return self.sw in (OK, OK_NATIVE)

    def require(self) -> bytes:
        """Return the data of a successful answer.

        Raises:
            errors.StatusError: the card refused; the subclass says how.
        """
        if not self.ok:
            raise status_error(self.sw)
        return self.data


def status_error(sw: int) -> errors.StatusError:
    """Return the named error of a status word (not raised)."""
    kind = STATUS_WORDS.get(sw) or STATUS_FAMILIES.get(sw >> 8) or errors.StatusError
    return kind(sw)


def exchange(transmit: Transmit, command: Command) -> Response:
    """Send a command and collect its whole answer: 61xx, 6Cxx and native 91AF are followed.

    Args:
        transmit: sends one APDU, returns the raw answer.
        command: the command; repeated with the right Le when the card says 6Cxx.

    Returns:
        The joined data with the final status word, which may be a refusal: see :meth:`Response.require`.

    Raises:
        errors.CardLeft: the card stopped answering.
        errors.EndlessAnswer: more than ``MAX_LINKS`` follow-ups or ``MAX_ANSWER_BYTES``.
    """
    collected = bytearray()
    to_send = command.to_bytes()
    header = bytes((command.cla, command.ins, command.p1, command.p2))
    length_corrected = False
    for _ in range(MAX_LINKS):
        response = Response.parse(transmit(to_send))
        sw1, sw2 = response.sw >> 8, response.sw & 0xFF
        if sw1 == 0x6C and not length_corrected:
            # Once only: a card that keeps correcting its correction would hold us here.
            length_corrected = True
            body = bytes((len(command.data),)) + command.data if command.data else b""
            to_send = header + body + bytes((sw2,))
            continue
        collected += response.data
        if len(collected) > MAX_ANSWER_BYTES:
            raise errors.EndlessAnswer(f"card sent more than {MAX_ANSWER_BYTES} bytes in one answer")
        if sw1 == 0x61:
            to_send = bytes((command.cla & 0xFC, 0xC0, 0x00, 0x00, sw2))
        elif response.sw == MORE_NATIVE:
            to_send = _NATIVE_MORE_COMMAND
        else:
            return Response(bytes(collected), response.sw)
    raise errors.EndlessAnswer(f"card announced more data {MAX_LINKS} times")
