"""Does what staff mode asks for: opens it, finds members, has cards written, and posts what came of it (K12, N6)."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol, TypeVar

from club.model import errors
from club.sync.errors import SyncError
from club.wire import staff_mode as wire
from club.wire.cards import Evidence
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow.staff_state import OTHER_KIND
from kiosk_app.work.card_runs import RunServer, ServerAuthority
from kiosk_app.work.card_talk import Connect, talking
from kiosk_app.work.taps import Tap, Taps
from nfc import service
from nfc.issuing import kinds, relay
from nfc.issuing.authority import AuthorityRefused, AuthorityUnreachable, Purpose, Step, Wish
from nfc.protocol import apdu
from nfc.protocol import errors as protocol
from nfc.protocol.kind import Kind

_log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE_S = 8.0
"""How long a card may keep us waiting in all while it is written; the network has limits of its own."""
COMMANDS = 36
"""Of a fresh card (`nfc.protocol.ntag424_issue`); one that was torn takes fewer, and then the bar jumps."""
_UID_BYTES = 7
_BEFORE_REGISTERED = 96  # percent
_TRIES, _AGAIN_S = 20, 0.1  # for the watch to let go of the card it has just read


class StaffServer(RunServer, Protocol):
    """What this asks of the central API (`club.sync.client.ApiClient`)."""

    def open_staff_session(self, request: wire.OpenStaffSession) -> wire.StaffSession:
        """Have a staff card and a PIN judged."""
        ...

    def end_staff_session(self, session_id: str) -> None:
        """Say that it is over."""
        ...

    def staff_ask(self, session_id: str, what: str, request: object, kind: type[T]) -> T:
        """Ask for something in an open session."""
        ...


class StaffDesk:
    """Does the effects of staff mode, each on the thread that calls.

    Args:
        server: the central API.
        post: takes the flow's events.
        taps: which cards they were.
        connect: to the card, alone.
        new_id: makes a run's id.
        patience_s: how long a card may take.
    """

    def __init__(
        self,
        server: StaffServer,
        post: Callable[[ev.Event], None],
        taps: Taps,
        connect: Connect,
        new_id: Callable[[], str],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._server, self._post, self._taps, self._connect, self._new_id = server, post, taps, connect, new_id
        self._patience_s = patience_s
        self._asked_for = ""  # the session last asked for: it may be open though no answer came
        self._pause = threading.Event()  # never set

    def enter(self, effect: ef.OpenStaff, evidence: Evidence | None) -> None:
        """Have the staff card and the PIN judged; without its evidence there is nothing to judge."""
        if evidence is None:
            self._post(ev.StaffFailed(effect.session_id, errors.SessionEnded("the tap is over")))
            return
        self._asked_for = effect.session_id
        request = wire.OpenStaffSession(session_id=effect.session_id, evidence=evidence, pin=effect.pin.value)
        self._answer(effect.session_id, lambda: ev.StaffOpened(self._server.open_staff_session(request)))

    def do(self, effect: ef.StaffEffect | ef.EndStray) -> None:
        """Do one; `OpenStaff` is `enter`'s."""
        match effect:
            case ef.EndStaff(session_id, opened):
                if opened or session_id == self._asked_for:
                    self._leave(session_id)
                self._asked_for = ""
            case ef.EndStray(session_id):
                self._leave(session_id)
            case ef.FindMembers(session_id, ask, query):
                wish = wire.FindMembers(query=query.value)
                self._answer(
                    ask, lambda: ev.MembersFound(ask, self._ask(session_id, "members", wish, wire.FoundMembers))
                )
            case ef.SetCardPin(session_id, ask, card_id, pin, again, identity):
                pins = wire.SetCardPin(card_id=card_id, pin=pin.value, again=again.value, identity=identity)
                self._answer(ask, lambda: self._done(ask, session_id, "pins", pins))
            case ef.ActOnCard(session_id, ask, card_id, act, identity):
                acts = wire.ActOnCard(card_id=card_id, act=act, identity=identity)
                self._answer(ask, lambda: self._done(ask, session_id, "cards", acts))
            case ef.SeeVoucher(session_id, ask, code):
                look = wire.SeeVoucher(code=code.value)
                self._answer(ask, lambda: ev.VoucherSeen(ask, self._voucher(session_id, "vouchers", look)))
            case ef.FulfilVoucher(session_id, ask, act_id, code):
                hand = wire.FulfilVoucher(act_id=act_id, code=code.value)
                self._answer(ask, lambda: ev.VoucherHanded(ask, self._voucher(session_id, "vouchers/fulfil", hand)))
            case ef.WriteCard():
                self._write(effect)

    def _voucher(self, session_id: str, what: str, request: object) -> wire.DeskVoucher:
        return self._ask(session_id, what, request, wire.DeskVoucher)

    def _done(self, ask: str, session_id: str, what: str, request: object) -> ev.CardDone:
        self._ask(session_id, what, request, wire.CardNow)
        return ev.CardDone(ask)

    def _ask(self, session_id: str, what: str, request: object, kind: type[T]) -> T:
        return self._server.staff_ask(session_id, what, request, kind)

    def _answer(self, ask: str, work: Callable[[], ev.Event]) -> None:
        try:
            self._post(work())
        except errors.ClubError as error:
            _log.info("staff: %s refused: %s", ask, error.code)
            self._post(ev.StaffFailed(ask, error))
        except SyncError:
            self._post(ev.StaffFailed(ask))

    def _leave(self, session_id: str) -> None:
        try:
            self._server.end_staff_session(session_id)
        except (errors.ClubError, SyncError) as error:
            _log.info("staff session %s ends by itself: %s", session_id, getattr(error, "code", type(error).__name__))

    # -- writing a card -------------------------------------------------------------------------------------------

    def _write(self, effect: ef.WriteCard) -> None:
        tap, issue_id = self._taps.get(effect.tap), effect.issue_id
        if tap is None or len(tap.evidence.uid) != _UID_BYTES or not self._taps.was_last(tap):
            unfit = errors.CardNotFit(
                f"expected a card with a UID of {_UID_BYTES} bytes that still lies there",
                state="unknown",
                needs="stock",
            )
            self._post(ev.IssueTorn(issue_id, unfit))
            return
        try:
            begun = self._ask(effect.session_id, "issues", _wish(effect, tap), wire.Issue)
            self._post(ev.IssueMoved(begun))
            if begun.state != "open":  # it was ended before, and the answer to that was lost
                return
            run = self._new_id()
            self._run(tap, run, begun)
            end = wire.EndIssue(run_id=run)
            self._post(ev.IssueMoved(self._ask(effect.session_id, f"issues/{issue_id}/end", end, wire.Issue)))
        except errors.ClubError as error:
            _log.info("issue %s refused: %s", issue_id, error.code)
            self._post(ev.IssueTorn(issue_id, error))
            if error.text("state") == OTHER_KIND:
                self._drop(effect.session_id, issue_id)
        except (SyncError, AuthorityUnreachable, protocol.ProtocolError, service.ServiceError) as fault:
            _log.info("issue %s was torn: %s", issue_id, type(fault).__name__)
            self._post(ev.IssueTorn(issue_id))

    def _run(self, tap: Tap, run: str, begun: wire.Issue) -> None:
        """Write the card. A run that the server ended badly is not raised: what becomes of the card is its word.

        Raises:
            CardNotFit: what lies there is of another kind than the stock says; nothing was written.
        """
        issue_id = begun.issue_id

        def hear(step: Step) -> None:
            self._post(ev.IssueStep(issue_id, min(_BEFORE_REGISTERED, 100 * step.index // COMMANDS), phase_of(step)))

        with talking(self._alone, tap.reader, self._patience_s) as transmit:
            kind = _kind_of(transmit, tap, begun.family)
            try:
                relay.run(
                    ServerAuthority(self._server), Wish(run, Purpose.ISSUE, tap.evidence.uid, kind), transmit, hear
                )
            except AuthorityRefused as refused:
                _log.info("issue %s: the card did not do as it was told: %s", issue_id, refused.code)
        self._post(ev.IssueStep(issue_id, _BEFORE_REGISTERED, _REGISTER))

    def _drop(self, session_id: str, issue_id: str) -> None:
        """Say that nothing will be written; where that cannot be said, the permit ends by itself, or with the session."""
        try:
            self._ask(session_id, f"issues/{issue_id}/drop", wire.DropIssue(reason=OTHER_KIND), wire.CardNow)
        except (errors.ClubError, SyncError) as error:
            _log.info("issue %s ends by itself: %s", issue_id, getattr(error, "code", type(error).__name__))

    @contextmanager
    def _alone(self, reader: str) -> Iterator[apdu.Transmit]:
        """Connect as soon as the watch has let go of the card."""
        for left in reversed(range(_TRIES)):
            with ExitStack() as held:
                try:
                    transmit = held.enter_context(self._connect(reader))
                except service.CardBusy:
                    if not left:
                        raise
                    self._pause.wait(_AGAIN_S)
                    continue
                yield transmit
                return


_RECOGNISE, _APPLICATION, _KEYS, _READ_BACK, _REGISTER = range(5)
_FIRST_WRITE, _FIRST_KEY, _KEYS_DONE = 8, 12, 21


def phase_of(step: Step) -> int:
    """Which of the five phases a command belongs to (kiosk-34), by its name, and by its place where one name is said twice."""
    if step.what.startswith(("change key", "read the version of key")) and _FIRST_KEY <= step.index < _KEYS_DONE:
        return _KEYS
    if step.what.startswith(("write", "read file", "change the settings")):
        return _APPLICATION
    if step.index < _FIRST_WRITE:
        return _RECOGNISE
    return _APPLICATION if step.index < _FIRST_KEY else _KEYS if step.what.startswith("change key") else _READ_BACK


def _kind_of(transmit: apdu.Transmit, tap: Tap, family: str) -> Kind:
    """What the card itself says that it is, when that is what the stock says too."""
    try:
        kind = kinds.look(transmit, tap.evidence.atr)
    except AuthorityRefused as refused:
        raise errors.CardNotFit(f"{refused}; the stock says {family}", state=OTHER_KIND, needs=family) from refused
    if kind.value != family:
        raise errors.CardNotFit(f"expected a card of kind {family}, found {kind}", state=OTHER_KIND, needs=family)
    return kind


def _wish(effect: ef.WriteCard, tap: Tap) -> wire.BeginIssue:
    return wire.BeginIssue(
        issue_id=effect.issue_id,
        member_id=effect.member_id,
        uid=tap.evidence.uid.hex().upper(),
        identity=effect.identity,
        replaces=effect.replaces,
    )
