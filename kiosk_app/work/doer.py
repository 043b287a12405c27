"""Does the flow's effects off the UI thread, and posts what came of them back as events."""

import logging
import sqlite3
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from club.model import errors
from club.sync import faults
from club.sync.errors import SyncError
from club.wire import cards as wire
from club.wire.changes import MemberEntity
from club.wire.history import PointsHistory
from club.wire.rewards import Redeem
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.work.outage import Counter
from kiosk_app.work.sounds import Player
from kiosk_app.work.staff_desk import StaffDesk
from kiosk_app.work.tap_times import TapTimes

_log = logging.getLogger(__name__)

NET_THREADS = 4


class Server(Protocol):
    """What the kiosk asks of the central API at once (`club.sync.client.ApiClient`)."""

    def open_card_session(self, request: wire.OpenCardSession) -> wire.CardSession:
        """Have a card verified (N4)."""
        ...

    def open_phone_session(self, request: wire.OpenPhoneSession) -> wire.CardSession:
        """Have number and PIN checked (N8)."""
        ...

    def open_code_session(self, request: wire.OpenCodeSession) -> wire.CardSession:
        """Have a scanned member code looked up (N8)."""
        ...

    def card_session(self, session_id: str) -> wire.CardSession:
        """Fetch a session's fresh figures."""
        ...

    def history(self, session_id: str, kind: str = "", before: str = "") -> PointsHistory:
        """Fetch a page of the points history (K3)."""
        ...

    def end_card_session(self, session_id: str) -> None:
        """Say that a session is over."""
        ...

    def step_up(self, request: wire.StepUp) -> wire.Grant:
        """Have a PIN checked for one command."""
        ...


class KnownCards(Protocol):
    """What this device knows of cards (`club.sync.mirror.Mirror`)."""

    def card_hash(self, uid: str) -> str | None:
        """The hash under which a card is kept; None when it cannot be."""
        ...

    def member(self, card_hash: str) -> MemberEntity | None:
        """Who holds the card; None when it is not known."""
        ...


class Commands(Protocol):
    """What outlives the program (`club.sync.worker.SyncWorker`)."""

    def submit(self, command: Redeem, *, member_id: str = "", hold_points: int | None = None) -> None:
        """Write a command down and send it; durable when this returns."""
        ...

    def acknowledge(self, command_id: str) -> None:
        """Take an answer that was shown off the disk."""
        ...

    def end_session(self) -> None:
        """Take every answer off the disk."""
        ...

    def wake(self) -> None:
        """Try the network now."""
        ...


class Doer:
    """Does effects; `do` returns at once.

    What touches the disk is done by one thread in the order in which it was asked, so that the end of a visit stands before
    the beginning of the next; the network has threads of its own, so that a call that hangs holds up nothing else.
    The evidence of the running session is kept here, in memory, till it ends: it is what a retry needs (K13, K14).

    Args:
        server: the central API.
        known: the mirror.
        commands: the sync worker.
        player: of cues.
        post: takes the flow's events; called on these threads.
        times: notes how long the steps of a tap took.
        counter: hands out what may be while the central API is not reached.
        prove: has the card prove itself first, where it can be asked (`proving.Prover`).
        was_torn: whether a session's card was taken away before it had (`proving.Prover`).
        staff: does what staff mode asks for.
        forget: told of each session that is over, for whoever remembers its card.
        await_card: what has the reader of a tap take the card that was torn away there for a new one (`nfc.CardReader.await_card`).
    """

    def __init__(  # noqa: PLR0913 -- all that a kiosk does things with
        self,
        server: Server,
        known: KnownCards,
        commands: Commands,
        player: Player,
        post: Callable[[ev.Event], None],
        times: TapTimes,
        counter: Counter,
        *,
        prove: Callable[[wire.OpenCardSession], wire.OpenCardSession] = lambda request: request,
        was_torn: Callable[[str], bool] = lambda _: False,
        staff: StaffDesk | None = None,
        forget: Callable[[str], None] = lambda _: None,
        await_card: Callable[[str], Callable[[], None]] = lambda _: lambda: None,
    ) -> None:
        self._server, self._known, self._commands = server, known, commands
        self._player, self._post, self._times = player, post, times
        self._counter, self._prove, self._was_torn = counter, prove, was_torn
        self._staff, self._forget, self._await_card = staff, forget, await_card
        self._disk = ThreadPoolExecutor(1, "kiosk-disk")
        self._net = ThreadPoolExecutor(NET_THREADS, "kiosk-net")
        self._opening: wire.OpenCardSession | None = None

    def do(self, effect: ef.Effect) -> None:
        """Have one effect done."""
        match effect:
            case ef.OpenCardSession(session_id, evidence, at):
                self._opening = wire.OpenCardSession(session_id=session_id, evidence=evidence, tapped_at=at)
                self._run(self._net, self._open, self._opening)
            case ef.OpenPhoneSession():
                self._run(self._net, self._open_by_phone, effect)
            case ef.OpenCodeSession(session_id, code):
                self._run(self._net, self._open_by_code, wire.OpenCodeSession(session_id=session_id, code=code))
            case ef.RetryOpenSession(session_id):
                if self._opening is not None and self._opening.session_id == session_id:
                    self._run(self._net, self._open, self._opening)
            case ef.RefreshSession(session_id):
                self._run(self._net, self._refresh, session_id)
            case ef.FetchHistory():
                self._run(self._net, self._history, effect)
            case ef.AskStepUp():
                self._run(self._net, self._step_up, effect)
            case ef.SubmitRedeem():
                self._run(self._disk, self._submit, effect)
            case ef.AskOffline(session_id):
                if self._opening is not None and self._opening.session_id == session_id:
                    self._run(self._disk, self._counter.look, self._opening)
            case ef.HandOut(session_id=session_id):
                if self._opening is not None and self._opening.session_id == session_id:
                    self._run(self._disk, self._counter.hand_out, self._opening, effect)
            case ef.EndSession(session_id, why):
                _log.info("session %s ended: %s", session_id, why.value)
                self._opening = None
                self._forget(session_id)
                self._run(self._disk, self._commands.end_session)
                self._run(self._net, self._end, session_id)
            case ef.EndStray(session_id, staff=False):
                self._run(self._net, self._end, session_id)
            case ef.EndStray() if self._staff is not None:
                self._run(self._net, self._staff.do, effect)
            case ef.OpenStaff() if self._staff is not None:
                self._run(self._net, self._staff.enter, effect, self._opening and self._opening.evidence)
            case ef.EndStaff(session_id, _, why) if self._staff is not None:
                _log.info("staff session %s ended: %s", session_id, why.value)
                self._opening = None
                self._forget(session_id)
                self._run(self._net, self._staff.do, effect)
            case ef.FindMembers() | ef.WriteCard() | ef.SetCardPin() | ef.ActOnCard() if self._staff is not None:
                self._run(self._net, self._staff.do, effect)
            case ef.SeeVoucher() | ef.FulfilVoucher() if self._staff is not None:
                self._run(self._net, self._staff.do, effect)
            case ef.AwaitCard(tap):
                # A card that is back already is looked up in the mirror then: not on the UI thread.
                self._run(self._disk, self._await_card(tap))
            case ef.DropTap(session_id):
                self._forget(session_id)
            case ef.WakeSync():
                self._commands.wake()
            case ef.PlaySound(name):
                self._player.play(name)

    def recognise(self, session_id: str, uid: str) -> ev.MirrorAnswered:
        """What the mirror knows of a card: a read of microseconds, made on the reader's own thread.

        Posted right behind the tap, the answer is there before the first frame is drawn, so that a known member's name stands in it.
        """
        try:
            card_hash = self._known.card_hash(uid)
            member = self._known.member(card_hash) if card_hash else None
        except (sqlite3.Error, errors.ClubError) as error:
            _log.warning("the mirror did not answer: %s", type(error).__name__)
            member = None
        self._times.mirror_answered(session_id)
        return ev.MirrorAnswered(session_id, member)

    def shown(self, command_id: str) -> None:
        """The answer of a command was shown: it leaves the disk (K13)."""
        self._run(self._disk, self._commands.acknowledge, command_id)

    def on_disk(self, work: Callable[[], None]) -> None:
        """Have something read or written behind what was asked before."""
        self._run(self._disk, work)

    @property
    def holds_evidence(self) -> bool:
        """Whether the evidence of a card is in memory."""
        return self._opening is not None

    def close(self) -> None:
        """Take no more; what waits is dropped, what runs is not waited for longer than it takes."""
        self._opening = None
        self._net.shutdown(wait=False, cancel_futures=True)
        self._disk.shutdown(wait=True, cancel_futures=True)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _run(self, pool: ThreadPoolExecutor, work: Callable[..., None], *args: object) -> None:
        try:
            pool.submit(self._guarded, work, *args)
        except RuntimeError:
            _log.debug("closing: %s is left out", work.__name__)

    def _guarded(self, work: Callable[..., None], *args: object) -> None:
        try:
            work(*args)
        except Exception as error:  # noqa: BLE001  # a bug here must not take a thread away; the flow's own clock leads on
            trace = "".join(traceback.format_tb(error.__traceback__))
            # Without its message, which may hold a member's data.
            _log.error("%s: unforeseen %s\n%s", work.__name__, type(error).__name__, trace)

    def _open(self, request: wire.OpenCardSession) -> None:
        session_id = request.session_id
        self._times.server_asked(session_id)
        try:
            answer = self._server.open_card_session(self._prove(request))
        except errors.ClubError as error:
            _log.info("session %s refused: %s", session_id, error.code)
            torn = isinstance(error, errors.CardDowngraded) and self._was_torn(session_id)
            self._post(ev.SessionTorn(session_id) if torn else ev.SessionRefused(session_id, error))
        except SyncError:
            self._post(ev.SessionUnreachable(session_id))
        else:
            self._times.server_answered(session_id)
            _log.info("session %s opened, assurance %s", session_id, answer.assurance)
            self._post(ev.SessionOpened(answer))

    def _open_by_phone(self, effect: ef.OpenPhoneSession) -> None:
        session_id = effect.session_id
        request = wire.OpenPhoneSession(session_id=session_id, phone=effect.phone.value, pin=effect.pin.value)
        self._without_card(session_id, lambda: self._server.open_phone_session(request))

    def _open_by_code(self, request: wire.OpenCodeSession) -> None:
        self._without_card(request.session_id, lambda: self._server.open_code_session(request))

    def _without_card(self, session_id: str, ask: Callable[[], wire.CardSession]) -> None:
        try:
            answer = ask()
        except errors.ClubError as error:
            _log.info("session %s refused: %s", session_id, error.code)
            self._post(ev.SessionRefused(session_id, error))
        except SyncError:
            self._post(ev.SessionUnreachable(session_id))
        else:
            _log.info("session %s opened, assurance %s", session_id, answer.assurance)
            self._post(ev.SessionOpened(answer))

    def _refresh(self, session_id: str) -> None:
        try:
            self._post(ev.SessionOpened(self._server.card_session(session_id)))
        except (errors.ClubError, SyncError) as error:
            _log.info("session %s was not refreshed: %s", session_id, getattr(error, "code", type(error).__name__))
            self._post(ev.SessionUnreachable(session_id))

    def _history(self, asked: ef.FetchHistory) -> None:
        session_id, kind, before = asked.session_id, asked.kind, asked.before
        try:
            page = self._server.history(session_id, kind, before)
        except errors.ClubError as error:
            _log.info("session %s: history refused: %s", session_id, error.code)
            self._post(ev.HistoryFailed(session_id, kind, before, error))
        except SyncError:
            self._post(ev.HistoryFailed(session_id, kind, before))
        else:
            self._post(ev.HistoryCame(session_id, kind, before, page))

    def _step_up(self, effect: ef.AskStepUp) -> None:
        request = wire.StepUp(
            command_id=effect.command_id,
            session_id=effect.session_id,
            body_sha256=effect.body_sha256,
            pin=effect.pin.value,
        )
        try:
            grant = self._server.step_up(request)
        except errors.ClubError as error:
            _log.info("command %s: step-up refused: %s", effect.command_id, error.code)
            self._post(ev.StepUpRefused(effect.command_id, error))
        except SyncError:
            self._post(ev.StepUpUnreachable(effect.command_id))
        else:
            faults.reach("kiosk.after-step-up")
            self._post(ev.StepUpGranted(effect.command_id, grant.grant))

    def _submit(self, effect: ef.SubmitRedeem) -> None:
        command_id = effect.command.command_id
        faults.reach("kiosk.before-outbox")
        try:
            self._commands.submit(effect.command, member_id=effect.member_id, hold_points=effect.hold_points)
        except errors.ClubError as error:
            self._post(ev.CommandRefused(command_id, error))
        except (sqlite3.Error, OSError) as error:
            why = (
                str(error) if isinstance(error, sqlite3.OperationalError) else type(error).__name__
            )  # no values in the log
            _log.error("command %s was not stored, nothing is redeemed: %s; free the disk", command_id, why)
            self._post(ev.CommandNotStored(command_id))
        else:
            _log.info("command %s submitted", command_id)

    def _end(self, session_id: str) -> None:
        try:
            self._server.end_card_session(session_id)
        except (errors.ClubError, SyncError) as error:
            _log.info("session %s ends by itself: %s", session_id, getattr(error, "code", type(error).__name__))
