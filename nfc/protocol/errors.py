"""The errors of the card protocols, each named after what went wrong.

ProtocolError
├── CardLeft              the card answered nothing: it left the field in mid-command
├── Malformed             the card answered bytes that break its own protocol
│   ├── BadNdef           the NDEF file holds no readable URL
│   └── BadSun            a SUN message is incomplete, or decrypts to nonsense
├── SunRefused            a SUN message is well formed, but its MAC is not this card's
├── AuthenticationFailed  the card could not prove that it holds the key
├── EndlessAnswer         the card announces more and more data
└── StatusError           the card refused, with a status word (subclasses: see ``apdu.STATUS_WORDS``)
"""

from __future__ import annotations


class ProtocolError(Exception):
    """Base of everything that can go wrong between the reader and a card."""


class CardLeft(ProtocolError):
    """The answer had fewer than two bytes.

    PC/SC reports a card that is pulled away in mid-command as a *successful* exchange with an empty answer, so this is
    the normal sign of an impatient hand and not a fault.
    """

    def __init__(self, answer: bytes) -> None:
        super().__init__(f"expected an answer of at least 2 bytes, found {len(answer)}: the card left the reader")
        self.answer = answer


class Malformed(ProtocolError):
    """The card answered something its own protocol does not allow."""


class BadNdef(Malformed):
    """The NDEF file holds no readable URL."""


class BadSun(Malformed):
    """The URL holds no complete SUN message, or its encrypted part does not decrypt to one."""


class SunRefused(ProtocolError):
    """The SUN message's MAC was not made with this card's key."""


class AuthenticationFailed(ProtocolError):
    """The card's answer does not prove that it holds the key."""


class EndlessAnswer(ProtocolError):
    """The card announced more data than any card of ours holds."""


class StatusError(ProtocolError):
    """The card refused a command; ``sw`` is its status word (SW1 SW2 as one 16-bit number)."""

    meaning = "refused"

    def __init__(self, sw: int) -> None:
        super().__init__(f"card answered {sw:04X}: {self.meaning}")
        self.sw = sw


class NotAuthorised(StatusError):
    """A key or PIN must be proved first, or the one tried was wrong."""

    meaning = "security status not satisfied"


class WrongKey(StatusError):
    """The key tried is not the card's."""

    meaning = "authentication error, the key is wrong"


class TooManyFailures(StatusError):
    """Too many wrong keys: the card delays or refuses authentication (NTAG 424 DNA: TotFailCtr)."""

    meaning = "authentication delayed after too many failures"


class NotFound(StatusError):
    """No such application, file or record."""

    meaning = "application or file not found"


class NotSupported(StatusError):
    """The card does not know this command."""

    meaning = "command not supported"


class WrongLength(StatusError):
    """Lc, Le or the data length does not fit."""

    meaning = "wrong length"


class WrongParameters(StatusError):
    """P1, P2 or the data are not acceptable."""

    meaning = "wrong parameters"


class IntegrityError(StatusError):
    """The card found a wrong MAC, CRC or padding in our command."""

    meaning = "integrity error, the command's MAC or padding is wrong"


class MemoryFailed(StatusError):
    """The card could not write."""

    meaning = "memory failure"
