"""Has a card that can be asked prove itself to the central API before its session is opened (N3).

The reader said only that the card can be asked (`nfc.Challenge`). The central API makes the challenge and checks the answer;
here bytes are carried while the card still lies there. A card that proves nothing is opened as what it is: the central API
refuses it when it was issued as more. So does one that stays mute: it is given up within the tap's deadline, for no thread
that others wait for may hang in a driver.
"""

import logging
from collections.abc import Callable

from msgspec.structs import replace

import nfc
from club.sync.errors import ServerUnreachable
from club.wire.cards import OpenCardSession
from kiosk_app.work.card_runs import RunServer, ServerAuthority
from kiosk_app.work.card_talk import CardMute, Connect, talking
from kiosk_app.work.taps import Asked, Tap, Taps
from nfc import service
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, AuthorityUnreachable, Purpose, Wish
from nfc.protocol import errors

_log = logging.getLogger(__name__)

_CAN_BE_ASKED = {nfc.Family.DESFIRE: (7,), nfc.Family.CPU: (4, 7), nfc.Family.PHONE: (8,)}
"""What the central API can ask, and how long their numbers are, in bytes."""

PATIENCE_S = nfc.Timing().deadline_s
"""How long a card may keep us waiting in all; the network has limits of its own."""


class Prover:
    """Asks a tap's card when its session is opened; no evidence is kept.

    Args:
        server: the central API.
        taps: which cards they were.
        connect: to the card.
        new_id: makes a run's id.
        patience_s: how long the card may take.
    """

    def __init__(
        self, server: RunServer, taps: Taps, connect: Connect, new_id: Callable[[], str], patience_s: float = PATIENCE_S
    ) -> None:
        self._server, self._taps, self._connect, self._new_id = server, taps, connect, new_id
        self._patience_s = patience_s

    def proved(self, request: OpenCardSession) -> OpenCardSession:
        """The request with the card's proof, where it gave one; asked for again it says the same.

        Raises:
            ServerUnreachable: the central API was not reached; the session could not be opened either.
        """
        tap = self._taps.get(request.session_id)
        if tap is None or not _can_be_asked(tap.evidence):
            return request
        if tap.asked is None:
            tap.asked = self._ask(tap)
        if tap.asked.proof is None:
            return request
        return replace(request, evidence=replace(request.evidence, proof=tap.asked.proof))

    def was_torn(self, session_id: str) -> bool:
        """Whether the card was taken away while it was asked: that it proved nothing says nothing of it."""
        tap = self._taps.get(session_id)
        return tap is not None and tap.asked is not None and tap.asked.torn

    def _ask(self, tap: Tap) -> Asked:
        try:
            try:
                return Asked(self._run(tap))
            except service.CardReset:
                return Asked(self._run(tap))  # another program's doing, which says nothing of the card
        except AuthorityUnreachable as fault:
            raise ServerUnreachable(str(fault)) from fault
        except (AuthorityRefused, errors.ProtocolError, service.ServiceError) as fault:
            _log.info("session %s: the card proved nothing: %s", tap.session_id, fault)
            return Asked(torn=_is_tear(fault))

    def _run(self, tap: Tap) -> str:
        wish = Wish(self._new_id(), Purpose.PROVE, tap.evidence.uid)
        with talking(self._connect, tap.reader, self._patience_s) as transmit:
            relay.run(ServerAuthority(self._server), wish, transmit)
        return wish.run


def _can_be_asked(evidence: nfc.Evidence) -> bool:
    return evidence.challenge is not None and len(evidence.uid) in _CAN_BE_ASKED.get(evidence.family, ())


def _is_tear(fault: Exception) -> bool:
    """Whether a card was probably taken away: readers say it by an empty answer, by name, or by a failed transmission."""
    return isinstance(fault, errors.CardLeft | service.CardRemoved | service.CardSilent) and not isinstance(
        fault, CardMute
    )
