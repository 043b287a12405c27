"""Has a card that can be asked prove itself to the central API before its session is opened (N3).

The reader said only that the card can be asked (`nfc.Challenge`). The central API makes the challenge and checks the answer;
here bytes are carried while the card still lies there. A card that proves nothing is opened as what it is: the central API
refuses it when it was issued as more. So does one that stays mute: it is given up within the tap's deadline, for no thread
that others wait for may hang in a driver.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

import nfc
from club.sync.errors import ServerUnreachable
from club.wire.cards import OpenCardSession
from kiosk_app.work.card_runs import RunServer, ServerAuthority
from kiosk_app.work.card_talk import Connect, talking
from nfc import service
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, AuthorityUnreachable, Purpose, Wish
from nfc.protocol import errors

_log = logging.getLogger(__name__)

_CAN_BE_ASKED = {nfc.Family.DESFIRE: (7,), nfc.Family.CPU: (4, 7), nfc.Family.PHONE: (8,)}
"""What the central API can ask, and how long their numbers are, in bytes."""

PATIENCE_S = nfc.Timing().deadline_s
"""How long a card may keep us waiting in all; the network has limits of its own."""


@dataclass(slots=True)
class _Tap:
    """The last card that can be asked: its session, where it lies, and what came of asking it."""

    session_id: str
    reader: str
    uid: bytes
    asked: bool = False
    proof: str | None = None
    torn: bool = False


class Prover:
    """Remembers the last tap, and asks its card when its session is opened; no evidence is kept.

    Args:
        server: the central API.
        connect: to the card.
        new_id: makes a run's id.
        patience_s: how long the card may take.
    """

    def __init__(
        self, server: RunServer, connect: Connect, new_id: Callable[[], str], patience_s: float = PATIENCE_S
    ) -> None:
        self._server, self._connect, self._new_id, self._patience_s = server, connect, new_id, patience_s
        self._tap: _Tap | None = None

    def tapped(self, session_id: str, reader: str, evidence: nfc.Evidence) -> None:
        """A card was read; on the reader's thread."""
        can = evidence.challenge is not None and len(evidence.uid) in _CAN_BE_ASKED.get(evidence.family, ())
        self._tap = _Tap(session_id, reader, evidence.uid) if can else None

    def forget(self, session_id: str) -> None:
        """The visit is over: which card it was is not kept (K13)."""
        tap = self._tap
        if tap is not None and tap.session_id == session_id:
            self._tap = None

    def proved(self, request: OpenCardSession) -> OpenCardSession:
        """The request with the card's proof, where it gave one; asked for again it says the same.

        Raises:
            ServerUnreachable: the central API was not reached; the session could not be opened either.
        """
        tap = self._tap
        if tap is None or tap.session_id != request.session_id:
            return request
        if not tap.asked:
            tap.proof = self._ask(tap)
            tap.asked = True
        if tap.proof is None:
            return request
        return replace(request, evidence=replace(request.evidence, proof=tap.proof))

    def was_torn(self, session_id: str) -> bool:
        """Whether the card was taken away while it was asked: that it proved nothing says nothing of it."""
        tap = self._tap
        return tap is not None and tap.session_id == session_id and tap.torn

    def _ask(self, tap: _Tap) -> str | None:
        try:
            try:
                return self._run(tap)
            except service.CardReset:
                return self._run(tap)  # another program's doing, which says nothing of the card
        except AuthorityUnreachable as fault:
            raise ServerUnreachable(str(fault)) from fault
        except (AuthorityRefused, errors.ProtocolError, service.ServiceError) as fault:
            tap.torn = isinstance(fault, errors.CardLeft | service.CardRemoved)
            _log.info("session %s: the card proved nothing: %s", tap.session_id, fault)
            return None

    def _run(self, tap: _Tap) -> str:
        wish = Wish(self._new_id(), Purpose.PROVE, tap.uid)
        with talking(self._connect, tap.reader, self._patience_s) as transmit:
            relay.run(ServerAuthority(self._server), wish, transmit)
        return wish.run
