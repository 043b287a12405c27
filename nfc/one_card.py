"""Waits for one card on one of the readers and connects to it alone: for programs that handle a card by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from nfc import naming, service
from nfc.protocol import apdu

_LOOK_S = 1.0


class NoCard(Exception):
    """No card came in time, or there is no reader it could come to."""


def wait(
    context: service.Context,
    choice: naming.Choice,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, bytes]:
    """Wait until a card lies on a reader.

    Args:
        context: a connection of this thread's own.
        choice: which readers count.
        seconds: how long to wait.
        clock: seconds that only rise.

    Returns:
        The reader's PC/SC name, and the card's ATR.

    Raises:
        NoCard: see there.
        service.ServiceLost: the PC/SC service is not running.
    """
    give_up = clock() + seconds
    known: dict[str, int] = {}
    while True:
        names = [
            name for name in context.readers() if choice.fits(name, lambda name: naming.usb_port(context.channel(name)))
        ]
        known = {name: known.get(name, 0) for name in names}
        left = give_up - clock()
        if left <= 0:
            raise NoCard(_why(context.readers(), names, choice, seconds))
        for name, slot in context.wait(known, min(left, _LOOK_S)).items():
            if slot.present:
                return name, slot.atr
            known[name] = slot.raw


def alone(context: service.Context, reader: str) -> AbstractContextManager[apdu.Transmit]:
    """Connect to the card on a reader, and keep every other program away for as long as the block lasts.

    Raises:
        service.CardBusy: another program has it: stop it, or wait until it is done.
        service.ServiceError: the card or the reader is gone.
    """
    return context.card(reader, exclusive=True)


def _why(plugged: Sequence[str], fitting: Sequence[str], choice: naming.Choice, seconds: float) -> str:
    if fitting:
        return (
            f"no card came within {seconds:.0f} s: lay one flat on {' or '.join(fitting)}; if one lies there, "
            "'nfc-cards doctor' looks for what is in its way"
        )
    if plugged:
        return f"no reader matches {choice}, found {', '.join(plugged)}: name one of these; 'nfc-cards list' shows how"
    return (
        f"no reader matches {choice}, for none is plugged in: plug one in; 'nfc-cards doctor' says why one is not seen"
    )
