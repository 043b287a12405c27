"""LED and buzzer commands of the readers that have them (spec N7); silently absent elsewhere.

==================  ======================================  ==========================================================
reader              what it can do                          remarks
==================  ======================================  ==========================================================
ACS ACR122U, T      green/red blink with a beep             answers 90 xx (xx = LED state, *not* always 9000); taken with
                                                            a card on it as an APDU, and without one as an escape
                                                            command, which libccid must allow (ifdDriverOptions bit 1)
ACS ACR1251U,       beep, short or long                     escape command only; the LED follows the card by itself;
ACR1252U, ACR1281U                                          answers E1 00 00 00 01 xx
any other           nothing                                 screen and sound have to do it
==================  ======================================  ==========================================================

vpcd knows no escape commands, so these can only be felt on a real reader; the bytes and the two ways are tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nfc import service


class Signal(StrEnum):
    """What the reader should tell the person holding the card."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Command:
    """One command to a reader.

    Args:
        data: as sent.
        as_apdu: whether the reader takes it in the place of an APDU while a card lies there, which needs no permission.
        answers: how an answer begins that says it was done.
    """

    data: bytes
    as_apdu: bool
    answers: bytes


def _acr122(text: str) -> Command:
    # FF 00 40 P2 04 T1 T2 n buzz. P2 bits: 7/6 blink green/red, 5/4 start with green/red on, 3/2 set green/red at the end,
    # 1/0 to what. T1, T2 in 100 ms, n repeats, buzz 01 = during T1.
    return Command(bytes.fromhex(text), as_apdu=True, answers=b"\x90")


def _acr125x(text: str) -> Command:
    # E0 00 00 28 01 t: buzzer for t x 10 ms
    return Command(bytes.fromhex(text), as_apdu=False, answers=b"\xe1")


_ACR125X = {Signal.ACCEPTED: _acr125x("E0000028010A"), Signal.REFUSED: _acr125x("E00000280128")}
_COMMANDS: tuple[tuple[str, dict[Signal, Command]], ...] = (
    (
        "ACR122",
        {Signal.ACCEPTED: _acr122("FF0040A80401010101"), Signal.REFUSED: _acr122("FF0040540402010201")},
    ),
    ("ACR1251", _ACR125X),
    ("ACR1252", _ACR125X),
    ("ACR1281", _ACR125X),
)


def command_for(reader: str, signal: Signal) -> Command | None:
    """Return the command for a reader's PC/SC name, or None when it can show nothing."""
    for product, commands in _COMMANDS:
        if product in reader.upper():
            return commands[signal]
    return None


def send(context: service.Context, reader: str, command: Command) -> bool:
    """Send a command to a reader, by the way that needs no permission first.

    Returns:
        Whether it is worth sending another one: a reader that refuses will not do it next time either.

    Raises:
        service.ServiceLost, service.ReaderVanished: there is nobody to send it to.
    """
    if command.as_apdu:
        try:
            with context.card(reader) as transmit:
                if transmit(command.data).startswith(command.answers):
                    return True
        except (service.ServiceLost, service.ReaderVanished):
            raise
        except service.ServiceError:
            pass  # no card there, or another program has it: the other way needs none
    try:
        return context.escape(reader, command.data).startswith(command.answers)
    except service.CardSilent:
        return False  # the driver does not let escape commands through, or the reader knows none
    except (service.CardBusy, service.CardRemoved, service.CardReset):
        return True
