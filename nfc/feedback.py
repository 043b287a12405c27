"""LED and buzzer commands of the readers that have them (spec N7).

==================  ======================================  ==========================================================
reader              what it can do                          remarks
==================  ======================================  ==========================================================
ACS ACR122U         green/red blink with a beep             answers 90 xx (xx = LED state); with libccid the driver
                                                            option "escape commands" (bit 1) must be allowed
ACS ACR1252U        beep, short or long                     the LED follows the card by itself
any other           nothing                                 screen and sound have to do it
==================  ======================================  ==========================================================

vpcd knows no escape commands, so these can only be felt on a real reader.
"""

from __future__ import annotations

from enum import StrEnum


class Signal(StrEnum):
    """What the reader should tell the person holding the card."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


# ACR122U: FF 00 40 P2 04 T1 T2 n buzz. P2 bits: 7/6 blink green/red, 5/4 start with green/red on, 3/2 set green/red at
# the end, 1/0 to what. T1, T2 in 100 ms, n repeats, buzz 01 = during T1.
_COMMANDS: tuple[tuple[str, dict[Signal, bytes]], ...] = (
    (
        "ACR122",
        {
            Signal.ACCEPTED: bytes.fromhex("FF0040A80401010101"),
            Signal.REFUSED: bytes.fromhex("FF0040540402010201"),
        },
    ),
    (
        "ACR1252",
        {  # E0 00 00 28 01 t: buzzer for t x 10 ms
            Signal.ACCEPTED: bytes.fromhex("E0000028010A"),
            Signal.REFUSED: bytes.fromhex("E00000280128"),
        },
    ),
)


def command_for(reader: str, signal: Signal) -> bytes | None:
    """Return the escape command for a reader's PC/SC name, or None when it can show nothing."""
    for product, commands in _COMMANDS:
        if product in reader.upper():
            return commands[signal]
    return None
