"""Decides what the device sends, fetches, applies and retries, and when; pure, so that faults can be simulated at any step."""

from msgspec.structs import replace

from club.sync import downloads, events, feeds, orders
from club.sync.planning import ORDER, plan
from club.sync.state import SERVER, Effects, State, backoff, forgiven, rest_name, rested, resting, want
from club.sync.steps import (
    Applied,
    Apply,
    Beaten,
    Call,
    ChangesCame,
    Closed,
    CommandAnswered,
    CommandGone,
    CommandRejected,
    Contact,
    DisplayNudged,
    EnrolAsked,
    Failed,
    Fault,
    Flipped,
    Input,
    Known,
    ManifestCame,
    MediaCame,
    MediaFailed,
    MediaPaused,
    Nudged,
    OrderAnswered,
    OrderDone,
    OrdersCame,
    OrdersWaiting,
    PairingCame,
    PictureChanged,
    Refuse,
    Replace,
    Settle,
    SnapshotCame,
    Started,
    StartTimer,
    StreamClosed,
    StreamOpened,
    Submitted,
    Tell,
    TellOffline,
    TimedOut,
    Window,
    WipeAsked,
    Wiped,
    Woken,
    Work,
)
from club.wire.changes import SyncAnswer
from club.wire.devices import Pairing

__all__ = ["State", "backoff", "step"]

HEARTBEAT_S = 30.0
POLL_S = (45.0, 75.0)  # a push may be lost; this finds what it would have said
PAIRING_S = 3.0  # how soon a screen notices that its code was entered
_TELLING = (
    "heartbeat",
    "enrol",
    "pairing",
)  # when these get no answer of ours, the device is offline: they are always asked


def step(state: State, event: Input) -> tuple[State, Effects]:
    """The next state and what to do for it, in this order. Never more than one piece of work is under way on the line."""
    state, effects = _absorb(state, event)
    state, more = plan(state)
    return state, effects + more


def _absorb(state: State, event: Input) -> tuple[State, Effects]:
    match event:
        case Started() | EnrolAsked() | Woken() | Submitted() | PictureChanged() | WipeAsked():
            return _asked(state, event)
        case OrdersWaiting():
            return (want(state, "orders") if state.enrolled else state), ()
        case OrderDone():
            return orders.done(state, event), ()
        case Window(is_open):
            return replace(state, window=is_open), ()
        case TimedOut(timer):
            return _rang(state, timer)
        case Contact(ok=True):
            return _reached(state)
        case Contact(ok=False):
            return _lost(want(state, "heartbeat")) if state.online is not False else (state, ())
        case StreamOpened() | Nudged() | DisplayNudged() | StreamClosed():
            return _streamed(state, event)
        case Failed():
            return _failed(state, event)
        case MediaCame() | MediaPaused() | MediaFailed():
            return _fetched(state, event)
        case Applied() | Closed() | Flipped() | Wiped() | CommandGone():
            return _done(forgiven(state, "disk"), event)
        case _:
            return _answered(state, event)


def _asked(state: State, event: Input) -> tuple[State, Effects]:
    """Something on the device wants something."""
    match event:
        case Started() if state.enrolled:
            state = want(state, "sync" if state.epoch else "snapshot", "manifest", "heartbeat", "self")
            return state, _timers()
        case Started():
            return state, (() if state.enrol_code else (Tell(events.NeedsEnrolment()),))
        case EnrolAsked(code):
            return rested(replace(state, enrol_code=code, enrolled=False), "enrol", SERVER), ()
        case Woken():
            return rested(want(state, "sync", "manifest"), SERVER, "sync", "manifest", "stream"), ()
        case WipeAsked():
            return replace(state, todo=orders.wiping(state.todo)), ()
        case Submitted(command_id, lane):
            if command_id not in state.commands:
                lanes = {**state.lanes, command_id: lane} if lane else state.lanes
                state = replace(state, commands=(*state.commands, command_id), lanes=lanes)
            # A person is waiting: this one is tried at once, whatever failed before.
            return rested(state, SERVER, f"command:{command_id}"), ()
        case _:  # PictureChanged
            return (want(state, "heartbeat") if state.enrolled else state), ()


def _rang(state: State, timer: str) -> tuple[State, Effects]:
    match timer:
        case "beat":  # not by the call's own name: that is the timer by which a call that failed rests
            return want(state, "heartbeat"), (StartTimer("beat", HEARTBEAT_S, HEARTBEAT_S),)
        case "poll":
            return want(state, "sync", "manifest"), (StartTimer("poll", *POLL_S),)
        case _:
            return replace(state, rest=state.rest - {timer}), ()


def _streamed(state: State, event: Input) -> tuple[State, Effects]:
    match event:
        case StreamOpened(epoch, places):
            state = replace(forgiven(state, "stream"), stream="open")
            if epoch != state.epoch:
                state = want(state, "snapshot")
            elif any(state.places.get(feed, -1) < seq for feed, seq in places.items()):
                state = want(state, "sync")
            return _reached(want(state, "manifest"))
        case Nudged(feed, seq):
            return (want(state, "sync") if state.places.get(feed, -1) < seq else state), ()
        case DisplayNudged(slug, revision):
            return (want(state, "manifest") if slug == state.place and revision != state.revision else state), ()
        case StreamClosed(fault):
            # A stream that had been open and broke says that the server may be gone: find out by a heartbeat.
            state = replace(state, stream="closed")
            if fault is Fault.ENDED:
                state = want(state, "sync", "heartbeat")
            elif fault is Fault.UNREACHABLE and state.online is not False:
                state = want(state, "heartbeat")
            elif fault in (Fault.UNKNOWN, Fault.REVOKED):
                return _disowned(state, fault)
            state, timer = resting(state, "stream")
            return state, (timer,)
        case _:
            return state, ()


def _answered(state: State, event: Input) -> tuple[State, Effects]:
    """A call came back with what it was for."""
    busy = state.busy
    state, effects = _reached(forgiven(replace(state, busy=None), rest_name(busy)))
    match event:
        case Known(enrolled, moved):
            is_new = not state.enrolled
            state = replace(state, enrolled=True, enrol_code="", pairing_code="", place=enrolled.place)
            effects += (Tell(events.DeviceEnrolled(enrolled)),)
            if is_new or moved:
                # Perhaps, or surely, another store than before: nothing mirrored so far is trusted, nor what is still to be written.
                todo = tuple(work for work in state.todo if not isinstance(work, Apply | Replace))
                state = replace(state, epoch="", places={}, todo=todo)
                state = want(state, "snapshot", "manifest", "heartbeat")
            if is_new:
                effects += _timers()
        case PairingCame(pairing):
            state, more = _paired(state, pairing)
            effects += more
        case CommandAnswered(command_id, body, answer):
            state = replace(state, todo=(*state.todo, Settle(command_id, body, answer)))
        case CommandRejected(command_id, error):
            state = replace(state, todo=(*state.todo, Refuse(command_id, error)))
        case ChangesCame(answer):
            state = _changes(state, answer)
        case SnapshotCame(snapshot):
            state = replace(state, todo=(*state.todo, Replace(snapshot)))
        case ManifestCame():
            state, more = downloads.staged(state, event)
            effects += more
        case OrdersCame():
            state, more = orders.came(state, event)
            effects += more
        case OrderAnswered(order_id, ended):
            state, more = orders.answered(state, order_id, ended)
            effects += more
        case Beaten(waiting):
            state = want(state, "orders") if waiting else state
        case _:
            raise AssertionError(f"no rule for {type(event).__name__}")
    return state, effects


def _paired(state: State, pairing: Pairing) -> tuple[State, Effects]:
    """Show the code until it was entered, asking again and again; then learn who we are."""
    if state.enrolled or state.enrol_code:
        return state, ()  # it is on its way by the other road
    state = replace(state, rest=state.rest | {"pairing"})
    effects: Effects = (StartTimer("pairing", PAIRING_S, PAIRING_S),)
    if pairing.enrolled:
        return want(state, "self"), effects
    if pairing.code != state.pairing_code:
        effects = (*effects, Tell(events.PairingCode(pairing.code, pairing.expires_at)))
    return replace(state, pairing_code=pairing.code), effects


def _fetched(state: State, event: MediaCame | MediaPaused | MediaFailed) -> tuple[State, Effects]:
    """A download ended, well or not."""
    state = downloads.ended(state, event.sha256)
    match event:
        case MediaCame():
            state, told = _reached(state)
            state, effects = downloads.came(state, event.sha256)
            return state, told + effects
        case MediaFailed(sha256, fault):
            if fault is Fault.UNREACHABLE:
                return _lost(state)
            if fault in (Fault.UNKNOWN, Fault.REVOKED):
                return _disowned(state, fault)
            return downloads.failed(state, sha256, fault)
        case _:
            return state, ()


def _changes(state: State, answer: SyncAnswer) -> State:
    """Apply the rows that follow on; ask for a snapshot where some are missing."""
    followed = feeds.follow(state.epoch, state.places, answer)
    if followed is None:
        return want(state, "snapshot")
    if followed.more:
        state = want(state, "sync")
    return replace(state, todo=(*state.todo, Apply(followed.changes, answer.epoch, followed.places, answer.now)))


def _done(state: State, event: Input) -> tuple[State, Effects]:
    """Work on the device's own disk is done."""
    busy, state = state.busy, replace(state, busy=None)
    match event:
        case Applied(epoch, places, kinds):
            if state.places and set(places) != set(state.places):
                # Other feeds than before: perhaps another group, perhaps another store, whose cards have another key.
                state = want(state, "self")
            state = replace(state, epoch=epoch, places=dict(places))
            if "display" in kinds:
                state = want(state, "manifest")
            return state, ((Tell(events.MirrorChanged(kinds)),) if kinds else ())
        case Flipped(manifest):
            state = replace(state, staged="", revision=manifest.revision)
            return state, (Tell(events.ManifestReady(manifest, manifest.revision)),)
        case Wiped():
            # With its places, so that no change that came meanwhile follows on; an enrolled device asks for all of it again.
            todo = tuple(work for work in state.todo if not isinstance(work, Apply))
            state = orders.wiped(replace(state, epoch="", places={}, todo=todo))
            return want(state, *(("self", "snapshot") if state.enrolled else ())), ()
        case Closed(command_id) | CommandGone(command_id):
            lanes = {other: lane for other, lane in state.lanes.items() if other != command_id}
            state = replace(
                state, commands=tuple(other for other in state.commands if other != command_id), lanes=lanes
            )
    if isinstance(busy, Settle):
        return want(state, "sync"), (Tell(events.CommandSettled(busy.command_id, busy.answer)),)
    if isinstance(busy, Refuse):
        return state, (Tell(events.CommandRefused(busy.command_id, busy.error)),)
    return state, ()


def _failed(state: State, event: Failed) -> tuple[State, Effects]:
    busy, state = state.busy, replace(state, busy=None)
    if busy is None:
        return state, ()
    if not isinstance(busy, Call):
        # Our own disk: the work is kept at the head and tried again.
        state, timer = resting(replace(state, todo=(busy, *state.todo)), "disk")
        return state, (timer,)
    nothing_planned = busy.job == "manifest" and event.fault is Fault.NOT_FOUND
    if busy.job in ORDER and not nothing_planned and state.enrolled:
        state = want(state, busy.job)  # it brought nothing, so it is wanted as before
    if event.fault is Fault.UNREACHABLE:
        return _lost(state)
    if event.fault is Fault.DISK:
        state, timer = resting(state, rest_name(busy))
        return state, (timer,)
    if event.fault in (Fault.UNKNOWN, Fault.REVOKED) and state.enrolled and busy.job != "enrol":
        return _disowned(state, event.fault)
    if busy.job == "enrol" and event.error is not None and event.fault is not Fault.CONFUSED:
        state, told = _reached(replace(state, enrol_code=""))
        return state, (*told, Tell(events.EnrolRefused(event.error)))
    if busy.job == "order-answer" and event.fault in (Fault.NOT_FOUND, Fault.REFUSED):
        return orders.answered(state, busy.key, "unknown")
    # Something answers, but this work is no good now: it rests alone, the rest of the line goes on.
    state, effects = (state, ()) if event.fault is Fault.CONFUSED else _reached(state)
    if event.fault is Fault.CONFUSED and busy.job in _TELLING and state.online is not False:
        state, effects = replace(state, online=False), (TellOffline(),)
    if nothing_planned:
        return forgiven(state, "manifest"), effects
    state, timer = resting(state, rest_name(busy))
    return state, (*effects, timer)


def _disowned(state: State, fault: Fault) -> tuple[State, Effects]:
    """The server does not take this device: wait for a code; unsettled commands wait too (X1)."""
    if not state.enrolled:
        return state, ()
    state = replace(state, enrolled=False, pairing_code="", wants=frozenset(), missing=(), staged="")
    revoked = fault is Fault.REVOKED
    state = replace(state, todo=_commands_only(state.todo))
    if revoked:
        state = replace(state, todo=orders.wiping(state.todo))
    return state, (Tell(events.NeedsEnrolment(revoked)),)


def _commands_only(todo: tuple[Work, ...]) -> tuple[Work, ...]:
    return tuple(work for work in todo if isinstance(work, Settle | Refuse))


def _reached(state: State) -> tuple[State, Effects]:
    """The server answers."""
    state = forgiven(state, SERVER)
    if state.online:
        return state, ()
    back = state.online is False
    state = replace(state, online=True)
    if back and state.enrolled:
        state = rested(want(state, "sync", "manifest", "heartbeat"), "stream")
    return state, (Tell(events.Online()),)


def _lost(state: State) -> tuple[State, Effects]:
    """The server does not answer: everything rests, and the program is told once."""
    state, timer = resting(state, SERVER)
    if state.online is False:
        return state, (timer,)
    return replace(state, online=False), (timer, TellOffline())


def _timers() -> Effects:
    return StartTimer("beat", HEARTBEAT_S, HEARTBEAT_S), StartTimer("poll", *POLL_S)
