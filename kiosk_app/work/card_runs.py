"""The key authority of issuing as the kiosk reaches it: each command comes from the central API, no key ever does (N3, N6)."""

from typing import Protocol

from club.model import errors
from club.sync.errors import SyncError
from club.wire import card_runs as wire
from nfc.issuing.authority import AuthorityRefused, AuthorityUnreachable, Outcome, Purpose, Step, Wish
from nfc.protocol.kind import Kind


class RunServer(Protocol):
    """What this asks of the central API (`club.sync.client.ApiClient`)."""

    def begin_card_run(self, request: wire.BeginCardRun) -> wire.CardRunStep:
        """Begin a run."""
        ...

    def answer_card_run(self, run_id: str, request: wire.AnswerCardRun) -> wire.CardRunStep:
        """Hand in a card's answer."""
        ...


class ServerAuthority:
    """See `nfc.issuing.authority.KeyAuthority`; off the UI thread, for each step waits for the network.

    Args:
        server: the central API; repeats a request by itself, which is answered the same.
    """

    def __init__(self, server: RunServer) -> None:
        self._server = server
        self._purposes: dict[str, Purpose] = {}

    def begin(self, wish: Wish) -> Step:
        """Begin a run."""
        # Left out where the server takes it for granted, or decides alone: as it was said before there were other kinds.
        told = wish.kind is not Kind.NTAG424 and wish.purpose is not Purpose.PROVE
        request = wire.BeginCardRun(
            run_id=wish.run,
            purpose=wish.purpose.value,
            uid=wish.uid.hex().upper(),
            family=wish.kind.value if told else "",
        )
        try:
            step = self._server.begin_card_run(request)
        except (errors.ClubError, SyncError) as fault:
            raise _said(fault) from fault
        self._purposes = {wish.run: wish.purpose}
        return _step(step, wish.purpose)

    def answer(self, run: str, index: int, answer: bytes) -> Step:
        """Hand in the card's answer."""
        if len(answer) > wire.MAX_ANSWER_BYTES:
            # No answer that is asked for is nearly as long: it is not carried over the network at all.
            raise AuthorityRefused("card_fault", f"expected at most {wire.MAX_ANSWER_BYTES} bytes, found {len(answer)}")
        try:
            step = self._server.answer_card_run(run, wire.AnswerCardRun(index=index, answer=answer.hex().upper()))
        except (errors.ClubError, SyncError) as fault:
            raise _said(fault) from fault
        return _step(step, self._purposes[run])


def _step(step: wire.CardRunStep, purpose: Purpose) -> Step:
    if step.done:
        return Step(step.index, None, step.what, Outcome(purpose, step.version, step.counter))
    return Step(step.index, bytes.fromhex(step.command), step.what)


def _said(fault: errors.ClubError | SyncError) -> AuthorityRefused | AuthorityUnreachable:
    if isinstance(fault, errors.ClubError) and not isinstance(fault, errors.Unavailable):  # out of order is no "no"
        return AuthorityRefused(fault.code, str(fault))
    return AuthorityUnreachable(str(fault))
