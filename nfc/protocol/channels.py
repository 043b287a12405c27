"""How a native command travels to a DESFire card: openly, or inside an EV1 or EV2 session.

A channel is a value: each call returns the channel for the next one, and whoever holds it forgets it when a call fails,
because a session that missed an answer cannot go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

from nfc.protocol import apdu, errors, ev1, ev2


class Mode(IntEnum):
    """How a file's data travel; the numbers are the card's own (communication settings)."""

    PLAIN = 0
    MACED = 1
    FULL = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One native command with what is expected back.

    Args:
        ins: the command.
        header: parameters that stay readable in every mode.
        data: what the mode protects on its way to the card.
        sends: the mode of the command.
        answers: the mode of the answer.
        length: bytes expected back; None when the card decides (never in FULL mode).
        tail: what follows in FULL mode: after the CRC in an EV1 session, after the data in an EV2 session (ChangeKey).
        ends: whether the card ends the session with this command, so that its answer has no MAC.
    """

    ins: int
    header: bytes = b""
    data: bytes = b""
    sends: Mode = Mode.MACED
    answers: Mode = Mode.MACED
    length: int | None = 0
    tail: bytes = b""
    ends: bool = False


class Channel(Protocol):
    """One way to make a call."""

    def call(self, transmit: apdu.Transmit, call: Call) -> tuple[bytes, Self]:
        """Send a command and return the answer's data, checked and decrypted, with the channel for the next call.

        Raises:
            errors.StatusError: the card refused.
            errors.AuthenticationFailed: the answer is not protected as it must be.
            errors.Malformed: the answer has not the length asked for.
        """


@dataclass(frozen=True, slots=True)
class Open:
    """No session: everything travels as it is."""

    def call(self, transmit: apdu.Transmit, call: Call) -> tuple[bytes, Self]:
        """See :meth:`Channel.call`."""
        command = apdu.Command(0x90, call.ins, data=call.header + call.data, le=256)
        return _measured(apdu.exchange(transmit, command).require(), call.length), self


@dataclass(frozen=True, slots=True)
class Ev1:
    """An EV1 session: every answer is MACed or encrypted, whatever the file's mode."""

    session: ev1.Session

    def call(self, transmit: apdu.Transmit, call: Call) -> tuple[bytes, Self]:
        """See :meth:`Channel.call`."""
        if not call.data or call.sends is Mode.PLAIN:
            command, sent = self.session.plain_command(call.ins, call.header, call.data)
        elif call.sends is Mode.MACED:
            command, sent = self.session.maced_command(call.ins, call.header, call.data)
        else:
            command, sent = self.session.full_command(call.ins, call.header, call.data, call.tail)
        response = apdu.exchange(transmit, command)
        if call.ends:
            return _measured(response.require(), call.length), self
        if call.answers is Mode.FULL and call.length:
            data, after = sent.open_response(response, call.length)
        else:
            data, after = sent.check_response(response)
        return _measured(data, call.length), type(self)(after)


@dataclass(frozen=True, slots=True)
class Ev2:
    """An EV2 session (EV2 and EV3 cards): protection as the file's mode says, with a counter in every MAC."""

    session: ev2.Session

    def call(self, transmit: apdu.Transmit, call: Call) -> tuple[bytes, Self]:
        """See :meth:`Channel.call`."""
        session = self.session
        if call.sends is Mode.FULL:
            command = session.full_command(call.ins, call.header, call.data + call.tail)
        else:
            body = call.header + call.data
            code = session.command_mac(call.ins, call.header, call.data) if call.sends is Mode.MACED else b""
            command = apdu.Command(0x90, call.ins, data=body + code, le=256)
        response = apdu.exchange(transmit, command)
        if call.ends:
            data = response.require()
        elif call.answers is Mode.FULL:
            data = session.open_response(response)
        elif call.answers is Mode.MACED:
            data = session.check_response(response)
        else:
            data = response.require()
        return _measured(data, call.length), type(self)(session.after())


def _measured(data: bytes, length: int | None) -> bytes:
    if length is not None and len(data) != length:
        raise errors.Malformed(f"expected {length} bytes from the card, found {len(data)}")
    return data
