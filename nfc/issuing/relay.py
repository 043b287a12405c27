"""Carries an authority's commands to a card and its answers back (spec N6); knows no key and no card."""

from __future__ import annotations

from collections.abc import Callable

from nfc.issuing.authority import AuthorityRefused, KeyAuthority, Outcome, Step, Wish
from nfc.protocol import apdu, errors

MAX_STEPS = 200
"""No run is nearly as long: an authority that never ends would hold the card for ever."""


def run(
    authority: KeyAuthority, wish: Wish, transmit: apdu.Transmit, told: Callable[[Step], None] = lambda _: None
) -> Outcome:
    """Have a card issued, reset or proved; torn anywhere, it is simply run again with a new id.

    Args:
        authority: holds the keys.
        wish: which card, what for.
        transmit: sends one APDU; the card is connected exclusively.
        told: hears of each step before it is done.

    Raises:
        AuthorityRefused, AuthorityUnreachable: see ``authority.KeyAuthority``.
        errors.CardLeft: the card was taken away.
        service.ServiceError: so was the reader.
    """
    step = authority.begin(wish)
    for _ in range(MAX_STEPS):
        if step.outcome is not None:
            return step.outcome
        if step.command is None:
            raise AuthorityRefused("confused", f"expected a command or an outcome at step {step.index}, found neither")
        told(step)
        answer = transmit(step.command)
        if len(answer) < 2:
            raise errors.CardLeft(answer)
        step = authority.answer(wish.run, step.index, answer)
    raise AuthorityRefused("endless", f"expected an end within {MAX_STEPS} steps, found none")
