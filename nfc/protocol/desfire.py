"""Commands of MIFARE DESFire EV1 to EV3: applications, AES authentication, standard, backup and value files (MF3D(H)x3 §11).

What survives a card pulled away in the middle:

===============  =========================================================================================
standard file    torn: bytes already written stay; for what may be lost and written again
backup file      safe: :meth:`Card.write` goes to a shadow, which becomes the file at :meth:`Card.commit`
value file       safe: credit and debit wait for :meth:`Card.commit`, too
===============  =========================================================================================

The commit itself is one command and the card's own affair. When its answer is lost nobody knows whether it was done: read
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from nfc.protocol import apdu, errors, ev1, ev2
from nfc.protocol.channels import Call, Channel, Ev1, Ev2, Mode, Open

AID_BYTES = 3
UID_BYTES = 7
FREE, NEVER = 0xE, 0xF
"""Key numbers in access rights that mean everyone, and nobody."""

_COMMIT, _ABORT = 0xC7, 0xA7
_CREDIT, _DEBIT = 0x0C, 0xDC
# Data bytes in one write, so that any card takes the command in one frame: EV1 has room for 59 with header and MAC.
_WRITE_CHUNK = {Mode.PLAIN: 52, Mode.MACED: 44, Mode.FULL: 31}
_MAX_24_BITS = 0xFFFFFF
_VALUE_BYTES = 4


class FileKind(IntEnum):
    """What a file is; the numbers are the card's own."""

    STANDARD = 0
    BACKUP = 1
    VALUE = 2
    LINEAR_RECORD = 3
    CYCLIC_RECORD = 4
    TRANSACTION_MAC = 5


@dataclass(frozen=True, slots=True)
class Access:
    """Which key (0 to 13, ``FREE`` or ``NEVER``) may do what with a file."""

    read: int
    write: int
    both: int
    change: int

    def to_bytes(self) -> bytes:
        """Return the two bytes the card knows: [both|change] [read|write]."""
        return bytes((self.both << 4 | self.change, self.read << 4 | self.write))

    @classmethod
    def parse(cls, raw: bytes) -> Access:
        """Undo :meth:`to_bytes`."""
        return cls(read=raw[1] >> 4, write=raw[1] & 0xF, both=raw[0] >> 4, change=raw[0] & 0xF)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A file as GetFileSettings tells it; ``size`` in bytes, None for a value file."""

    kind: FileKind
    mode: Mode
    access: Access
    size: int | None

    @classmethod
    def parse(cls, raw: bytes) -> FileSettings:
        """Read the card's answer.

        Raises:
            errors.Malformed: it is too short, or names a kind or mode that does not exist.
        """
        if len(raw) < 7:
            raise errors.Malformed(f"expected at least 7 bytes of file settings, found {len(raw)}")
        try:
            kind, mode = FileKind(raw[0]), Mode(raw[1] & 0x3)
        except ValueError as fault:
            raise errors.Malformed(f"no such file: kind {raw[0]:02X}, communication {raw[1]:02X}") from fault
        data_file = kind in (FileKind.STANDARD, FileKind.BACKUP)
        size = int.from_bytes(raw[4:7], "little") if data_file else None
        return cls(kind, mode, Access.parse(raw[2:4]), size)


class Card:
    """A DESFire card on a reader: one application selected, at most one session.

    Any error ends the session, as it does on the card: authenticate again, and start the step again.

    Args:
        transmit: sends one APDU.
    """

    def __init__(self, transmit: apdu.Transmit) -> None:
        self._transmit = transmit
        self._channel: Channel = Open()

    @property
    def authenticated(self) -> bool:
        """Whether a session is open."""
        return not isinstance(self._channel, Open)

    def select(self, aid: bytes) -> None:
        """Select an application by its 3-byte identifier, low byte first; 000000 is the card itself.

        Raises:
            errors.NotFound: the card has no such application.
        """
        if len(aid) != AID_BYTES:
            raise ValueError(f"expected an AID of {AID_BYTES} bytes, found {len(aid)}")
        self._channel = Open()
        self._call(Call(0x5A, data=aid))

    def authenticate_ev1(self, key_number: int, key: bytes, rnd_a: bytes) -> None:
        """Open an EV1 session; ``rnd_a`` is 16 fresh random bytes.

        Raises:
            errors.WrongKey: the card does not have this key.
            errors.AuthenticationFailed: the card could not prove that it has it.
        """
        self._channel = Open()
        challenge = first_answer(self._transmit, ev1.first_command(key_number))
        command, rnd_b = ev1.answer_challenge(key, challenge, rnd_a)
        answer = apdu.Response.parse(self._transmit(command.to_bytes())).require()
        self._channel = Ev1(ev1.finish(key, rnd_a, rnd_b, command.data, answer))

    def authenticate_ev2(self, key_number: int, key: bytes, rnd_a: bytes) -> None:
        """Open an EV2 session (AuthenticateEV2First); ``rnd_a`` is 16 fresh random bytes.

        Raises:
            errors.NotSupported: an EV1 card.
            errors.WrongKey: the card does not have this key.
            errors.AuthenticationFailed: the card could not prove that it has it.
        """
        self._channel = Open()
        challenge = first_answer(self._transmit, ev2.first_command(key_number))
        command, rnd_b = ev2.answer_challenge(key, challenge, rnd_a)
        answer = apdu.Response.parse(self._transmit(command.to_bytes())).require()
        self._channel = Ev2(ev2.finish(key, rnd_a, rnd_b, answer))

    def uid(self) -> bytes:
        """Return the real 7-byte UID, also of a card that shows a random one; needs a session (GetCardUID)."""
        return self._call(Call(0x51, answers=Mode.FULL, length=UID_BYTES))

    def file_ids(self) -> tuple[int, ...]:
        """Return the numbers of the application's files."""
        return tuple(self._call(Call(0x6F, length=None)))

    def file_settings(self, number: int) -> FileSettings:
        """Return what a file is."""
        return FileSettings.parse(self._call(Call(0xF5, header=bytes((number,)), length=None)))

    def key_version(self, number: int) -> int:
        """Return the version a key was stored with (0 to 255)."""
        return self._call(Call(0x64, header=bytes((number,)), length=1))[0]

    def read(self, number: int, offset: int, length: int, mode: Mode) -> bytes:
        """Read ``length`` bytes of a standard or backup file; ``mode`` is the file's own.

        Raises:
            errors.NotAuthorised: the session's key may not read here.
            errors.WrongParameters: the file ends before.
        """
        if length < 1:
            raise ValueError(f"expected to read at least one byte, found {length}")
        header = bytes((number,)) + _le3(offset) + _le3(length)
        return self._call(Call(0xBD, header, sends=_asking(mode), answers=mode, length=length))

    def write(self, number: int, offset: int, data: bytes, mode: Mode) -> None:
        """Write a standard file at once, or a backup file for the next :meth:`commit`."""
        size = _WRITE_CHUNK[mode]
        for start in range(0, len(data), size):
            part = data[start : start + size]
            header = bytes((number,)) + _le3(offset + start) + _le3(len(part))
            self._call(Call(0x3D, header, part, sends=mode, answers=_asking(mode)))

    def value(self, number: int, mode: Mode) -> int:
        """Return a value file's amount (-2^31 to 2^31 - 1)."""
        call = Call(0x6C, bytes((number,)), sends=_asking(mode), answers=mode, length=_VALUE_BYTES)
        return int.from_bytes(self._call(call), "little", signed=True)

    def credit(self, number: int, amount: int, mode: Mode) -> None:
        """Raise a value file by ``amount`` (1 to 2^31 - 1) at the next :meth:`commit`."""
        self._change_value(_CREDIT, number, amount, mode)

    def debit(self, number: int, amount: int, mode: Mode) -> None:
        """Lower a value file by ``amount`` at the next :meth:`commit`; the card keeps its lower limit (91BE)."""
        self._change_value(_DEBIT, number, amount, mode)

    def commit(self) -> None:
        """Make every write to backup and value files since the last commit true, all or none."""
        self._call(Call(_COMMIT))

    def abort(self) -> None:
        """Forget them instead; so does taking the card away."""
        self._call(Call(_ABORT))

    def call(self, call: Call) -> bytes:
        """Make any other call in the card's session, e.g. those of ``desfire_issue``."""
        return self._call(call)

    def forget_session(self) -> None:
        """Note that the card has ended the session by itself."""
        self._channel = Open()

    def _change_value(self, ins: int, number: int, amount: int, mode: Mode) -> None:
        if not 0 < amount < 1 << 31:
            raise ValueError(f"expected an amount from 1 to 2^31 - 1, found {amount}")
        data = amount.to_bytes(_VALUE_BYTES, "little")
        self._call(Call(ins, bytes((number,)), data, sends=mode, answers=_asking(mode)))

    def _call(self, call: Call) -> bytes:
        # Forgotten first: whatever goes wrong, no half-known session is left.
        channel, self._channel = self._channel, Open()
        data, self._channel = channel.call(self._transmit, call)
        return data


def first_answer(transmit: apdu.Transmit, command: apdu.Command) -> bytes:
    """Send part 1 of an authentication and return the challenge; see :func:`challenge_in`."""
    # Not by ``apdu.exchange``: 91AF here asks for our part 2, and does not announce more data.
    return challenge_in(apdu.Response.parse(transmit(command.to_bytes())))


def challenge_in(response: apdu.Response) -> bytes:
    """Return the challenge in the answer to part 1 of an authentication.

    Raises:
        errors.StatusError: the card refused.
        errors.Malformed: it says it is done already.
    """
    if response.sw != apdu.MORE_NATIVE:
        response.require()
        raise errors.Malformed(f"expected the card to ask for part 2 (91AF), found {response.sw:04X}")
    return response.data


def _asking(mode: Mode) -> Mode:
    """Return how the half of an exchange without data travels: nothing is encrypted there, but a MAC is."""
    return Mode.PLAIN if mode is Mode.PLAIN else Mode.MACED


def _le3(number: int) -> bytes:
    if not 0 <= number <= _MAX_24_BITS:
        raise ValueError(f"expected 0 to {_MAX_24_BITS}, found {number}")
    return number.to_bytes(3, "little")
