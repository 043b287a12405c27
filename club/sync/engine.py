"""Decides what the device sends, fetches, applies and retries, and when; pure, so that faults can be simulated at any step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from club.sync import events, feeds
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
    Effect,
    EnrolAsked,
    Failed,
    Fault,
    Flip,
    Flipped,
    Input,
    Known,
    ManifestCame,
    MediaCame,
    MediaPaused,
    Nudged,
    OpenStream,
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
    Wipe,
    Woken,
    Work,
)
from club.wire.changes import SyncAnswer
from club.wire.devices import DeviceKind, Pairing

BACKOFF_LOW_S = 0.5
BACKOFF_HIGH_S = 30.0
HEARTBEAT_S = 30.0
POLL_S = (45.0, 75.0)  # a push may be lost; this finds what it would have said
PAIRING_S = 3.0  # how soon a screen notices that its code was entered
_SERVER = "server"  # the rest after no answer at all: nothing is asked until it ends
_TELLING = (
    "heartbeat",
    "enrol",
    "pairing",
)  # when these get no answer of ours, the device is offline: they are always asked
_ORDER = ("snapshot", "sync", "manifest", "heartbeat", "media", "self")  # after the commands

_Effects = tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All the engine knows.

    `commands` are unsettled, in their order; `todo` is work on the device's own disk, done before any call; `wants` are
    calls to make; `rest` names what waits for its timer: `server` is everything, `command:<id>` one command, else a job.
    A kiosk plays no boards: `kind` keeps it from asking for a manifest.
    """

    kind: DeviceKind = "lounge"
    enrolled: bool = False
    place: str = ""
    enrol_code: str = ""
    pairing_code: str = ""
    epoch: str = ""
    places: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0
    commands: tuple[str, ...] = ()
    todo: tuple[Work, ...] = ()
    wants: frozenset[str] = frozenset()
    staged: str = ""
    missing: tuple[str, ...] = ()
    media: int = 0  # of the staged manifest, in all
    busy: Work | None = None
    online: bool | None = None
    stream: str = "closed"  # closed | opening | open
    rest: frozenset[str] = frozenset()
    failures: Mapping[str, int] = field(default_factory=dict)


def step(state: State, event: Input) -> tuple[State, _Effects]:
    """The next state and what to do for it, in this order. Never more than one piece of work is under way."""
    state, effects = _absorb(state, event)
    state, more = _plan(state)
    return state, effects + more


def backoff(failures: int) -> tuple[float, float]:
    """Between how many seconds the next try after so many failures in a row lies (full jitter; the draw is the worker's)."""
    return BACKOFF_LOW_S, min(BACKOFF_HIGH_S, BACKOFF_LOW_S * 2.0 ** min(failures, 10))


def _absorb(state: State, event: Input) -> tuple[State, _Effects]:
    match event:
        case Started() | EnrolAsked() | Woken() | Submitted() | PictureChanged():
            return _asked(state, event)
        case TimedOut(timer):
            return _rang(state, timer)
        case Contact(ok=True):
            return _reached(state)
        case Contact(ok=False):
            return _lost(_want(state, "heartbeat")) if state.online is not False else (state, ())
        case StreamOpened() | Nudged() | DisplayNudged() | StreamClosed():
            return _streamed(state, event)
        case Failed():
            return _failed(state, event)
        case Applied() | Closed() | Flipped() | CommandGone():
            return _done(_forgiven(state, "disk"), event)
        case _:
            return _answered(state, event)


def _asked(state: State, event: Input) -> tuple[State, _Effects]:
    """Something on the device wants something."""
    match event:
        case Started() if state.enrolled:
            state = _want(state, "sync" if state.epoch else "snapshot", "manifest", "heartbeat", "self")
            return state, _timers()
        case Started():
            return state, (() if state.enrol_code else (Tell(events.NeedsEnrolment()),))
        case EnrolAsked(code):
            return _rested(replace(state, enrol_code=code, enrolled=False), "enrol", _SERVER), ()
        case Woken():
            return _rested(_want(state, "sync", "manifest"), _SERVER, "sync", "manifest", "stream"), ()
        case Submitted(command_id):
            if command_id not in state.commands:
                state = replace(state, commands=(*state.commands, command_id))
            # A person is waiting: this one is tried at once, whatever failed before.
            return _rested(state, _SERVER, f"command:{command_id}"), ()
        case _:  # PictureChanged
            return (_want(state, "heartbeat") if state.enrolled else state), ()


def _rang(state: State, timer: str) -> tuple[State, _Effects]:
    match timer:
        case "heartbeat":
            return _want(state, "heartbeat"), (StartTimer("heartbeat", HEARTBEAT_S, HEARTBEAT_S),)
        case "poll":
            return _want(state, "sync", "manifest"), (StartTimer("poll", *POLL_S),)
        case _:
            return replace(state, rest=state.rest - {timer}), ()


def _streamed(state: State, event: Input) -> tuple[State, _Effects]:
    match event:
        case StreamOpened(epoch, places):
            state = replace(_forgiven(state, "stream"), stream="open")
            if epoch != state.epoch:
                state = _want(state, "snapshot")
            elif any(state.places.get(feed, -1) < seq for feed, seq in places.items()):
                state = _want(state, "sync")
            return _reached(_want(state, "manifest"))
        case Nudged(feed, seq):
            return (_want(state, "sync") if state.places.get(feed, -1) < seq else state), ()
        case DisplayNudged(slug, revision):
            return (_want(state, "manifest") if slug == state.place and revision != state.revision else state), ()
        case StreamClosed(fault):
            # A stream that had been open and broke says that the server may be gone: find out by a heartbeat.
            state = replace(state, stream="closed")
            if fault is Fault.ENDED:
                state = _want(state, "sync", "heartbeat")
            elif fault is Fault.UNREACHABLE and state.online is not False:
                state = _want(state, "heartbeat")
            elif fault in (Fault.UNKNOWN, Fault.REVOKED):
                return _disowned(state, fault)
            state, timer = _resting(state, "stream")
            return state, (timer,)
        case _:
            return state, ()


def _answered(state: State, event: Input) -> tuple[State, _Effects]:
    """A call came back with what it was for."""
    busy = state.busy
    state, effects = _reached(_forgiven(replace(state, busy=None), _rest_name(busy)))
    match event:
        case Known(enrolled):
            is_new = not state.enrolled
            state = replace(state, enrolled=True, enrol_code="", pairing_code="", place=enrolled.place)
            effects += (Tell(events.DeviceEnrolled(enrolled)),)
            if is_new:
                # Perhaps another store than before: nothing mirrored so far is trusted.
                state = _want(replace(state, epoch="", places={}), "snapshot", "manifest", "heartbeat")
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
        case ManifestCame(key, _revision, missing, media):
            # An empty key also says that what was staged is wanted no more.
            is_news = (key, missing) != (state.staged, state.missing)
            state = _staged(replace(state, staged=key, missing=missing, media=media))
            effects += _coming(state) if is_news else ()
        case MediaCame(sha256):
            state = _staged(replace(state, missing=tuple(other for other in state.missing if other != sha256)))
            effects += _coming(state)
        case Beaten() | MediaPaused():
            pass
        case _:
            raise AssertionError(f"no rule for {type(event).__name__}")
    return state, effects


def _paired(state: State, pairing: Pairing) -> tuple[State, _Effects]:
    """Show the code until it was entered, asking again and again; then learn who we are."""
    if state.enrolled or state.enrol_code:
        return state, ()  # it is on its way by the other road
    state = replace(state, rest=state.rest | {"pairing"})
    effects: _Effects = (StartTimer("pairing", PAIRING_S, PAIRING_S),)
    if pairing.enrolled:
        return _want(state, "self"), effects
    if pairing.code != state.pairing_code:
        effects = (*effects, Tell(events.PairingCode(pairing.code, pairing.expires_at)))
    return replace(state, pairing_code=pairing.code), effects


def _coming(state: State) -> _Effects:
    """How much of the staged manifest's media is here."""
    if not state.staged or not state.media:
        return ()
    return (Tell(events.ContentComing(state.media - len(state.missing), state.media)),)


def _changes(state: State, answer: SyncAnswer) -> State:
    """Apply the rows that follow on; ask for a snapshot where some are missing."""
    followed = feeds.follow(state.epoch, state.places, answer)
    if followed is None:
        return _want(state, "snapshot")
    if followed.more:
        state = _want(state, "sync")
    return replace(state, todo=(*state.todo, Apply(followed.changes, answer.epoch, followed.places, answer.now)))


def _staged(state: State) -> State:
    """Switch to the staged manifest once all of it is here."""
    if not state.staged or state.missing:
        return state
    return replace(state, todo=(*state.todo, Flip(state.staged)))


def _done(state: State, event: Input) -> tuple[State, _Effects]:
    """Work on the device's own disk is done."""
    busy, state = state.busy, replace(state, busy=None)
    match event:
        case Applied(epoch, places, kinds):
            state = replace(state, epoch=epoch, places=dict(places))
            if "display" in kinds:
                state = _want(state, "manifest")
            return state, ((Tell(events.MirrorChanged(kinds)),) if kinds else ())
        case Flipped(manifest):
            state = replace(state, staged="", revision=manifest.revision)
            return state, (Tell(events.ManifestReady(manifest, manifest.revision)),)
        case Closed(command_id) | CommandGone(command_id):
            state = replace(state, commands=tuple(other for other in state.commands if other != command_id))
    if isinstance(busy, Settle):
        return _want(state, "sync"), (Tell(events.CommandSettled(busy.command_id, busy.answer)),)
    if isinstance(busy, Refuse):
        return state, (Tell(events.CommandRefused(busy.command_id, busy.error)),)
    return state, ()


def _failed(state: State, event: Failed) -> tuple[State, _Effects]:
    busy, state = state.busy, replace(state, busy=None)
    if busy is None:
        return state, ()
    if not isinstance(busy, Call):
        # Our own disk: the work is kept at the head and tried again.
        state, timer = _resting(replace(state, todo=(busy, *state.todo)), "disk")
        return state, (timer,)
    nothing_planned = busy.job == "manifest" and event.fault is Fault.NOT_FOUND
    if busy.job in _ORDER and busy.job != "media" and not nothing_planned and state.enrolled:
        state = _want(state, busy.job)  # it brought nothing, so it is wanted as before
    if event.fault is Fault.UNREACHABLE:
        return _lost(state)
    if event.fault is Fault.DISK:
        state, timer = _resting(state, _rest_name(busy))
        return state, (timer,)
    if event.fault in (Fault.UNKNOWN, Fault.REVOKED) and state.enrolled and busy.job != "enrol":
        return _disowned(state, event.fault)
    if busy.job == "enrol" and event.error is not None and event.fault is not Fault.CONFUSED:
        state, told = _reached(replace(state, enrol_code=""))
        return state, (*told, Tell(events.EnrolRefused(event.error)))
    # Something answers, but this work is no good now: it rests alone, the rest of the line goes on.
    state, effects = (state, ()) if event.fault is Fault.CONFUSED else _reached(state)
    if event.fault is Fault.CONFUSED and busy.job in _TELLING and state.online is not False:
        state, effects = replace(state, online=False), (TellOffline(),)
    if nothing_planned:
        return _forgiven(state, "manifest"), effects
    if busy.job == "media" and event.fault is Fault.NOT_FOUND:
        state = _want(state, "manifest")  # perhaps a newer one does without it
    state, timer = _resting(state, _rest_name(busy))
    return state, (*effects, timer)


def _disowned(state: State, fault: Fault) -> tuple[State, _Effects]:
    """The server does not take this device: wait for a code; unsettled commands wait too (X1)."""
    if not state.enrolled:
        return state, ()
    state = replace(state, enrolled=False, pairing_code="", wants=frozenset(), missing=(), staged="")
    state = replace(state, todo=_commands_only(state.todo))
    revoked = fault is Fault.REVOKED
    wipe: _Effects = (Wipe(),) if revoked else ()
    if revoked:
        state = replace(state, epoch="", places={})
    return state, (*wipe, Tell(events.NeedsEnrolment(revoked)))


def _commands_only(todo: tuple[Work, ...]) -> tuple[Work, ...]:
    return tuple(work for work in todo if isinstance(work, Settle | Refuse))


def _reached(state: State) -> tuple[State, _Effects]:
    """The server answers."""
    state = _forgiven(state, _SERVER)
    if state.online:
        return state, ()
    back = state.online is False
    state = replace(state, online=True)
    if back and state.enrolled:
        state = _rested(_want(state, "sync", "manifest", "heartbeat"), "stream")
    return state, (Tell(events.Online()),)


def _lost(state: State) -> tuple[State, _Effects]:
    """The server does not answer: everything rests, and the program is told once."""
    state, timer = _resting(state, _SERVER)
    if state.online is False:
        return state, (timer,)
    return replace(state, online=False), (timer, TellOffline())


def _plan(state: State) -> tuple[State, _Effects]:
    """Open the stream where it is closed, and start the most urgent work if the line is free."""
    effects: _Effects = ()
    if state.enrolled and state.stream == "closed" and not state.rest & {"stream", _SERVER}:
        state = replace(state, stream="opening")
        effects = (OpenStream(),)
    if state.busy is not None:
        return state, effects
    if state.todo and "disk" not in state.rest:
        work, *rest = state.todo
        return replace(state, busy=work, todo=tuple(rest)), (*effects, work)
    call = _next_call(state)
    if call is None:
        return state, effects
    # What is wanted from here on is not what this call brings: a nudge while it is under way asks once more.
    return replace(state, busy=call, wants=state.wants - _brought_by(call)), (*effects, call)


def _brought_by(call: Call) -> frozenset[str]:
    """The wants a call fulfils; a snapshot brings all that a sync would."""
    return frozenset((call.job, "sync") if call.job == "snapshot" else (call.job,))


def _next_call(state: State) -> Call | None:
    if _SERVER in state.rest:
        return None
    if not state.enrolled:
        return _call_of_a_stranger(state)
    closing = {work.command_id for work in state.todo if isinstance(work, Settle | Refuse)}
    for command_id in state.commands:
        if f"command:{command_id}" not in state.rest and command_id not in closing:
            return Call("command", command_id)
    if any(isinstance(work, Apply | Replace | Flip) for work in state.todo):
        return None  # the disk is full: what came is not asked for again before it is written
    for job in _ORDER:
        if job in state.rest:
            continue
        if job == "media" and state.missing:
            return Call("media", state.missing[0])
        if job in state.wants:
            return Call(job)  # type: ignore[arg-type]  # _ORDER holds jobs only
    return None


def _call_of_a_stranger(state: State) -> Call | None:
    """What a device may ask that is not enrolled (any more): by the code it was given, else for one to show."""
    if state.enrol_code:
        return Call("enrol", state.enrol_code) if "enrol" not in state.rest else None
    if "self" in state.wants and "self" not in state.rest:
        return Call("self")
    return Call("pairing") if "pairing" not in state.rest else None


def _rest_name(work: Work | None) -> str:
    if not isinstance(work, Call):
        return "disk"
    return f"command:{work.key}" if work.job == "command" else work.job


def _want(state: State, *jobs: str) -> State:
    wanted = set(jobs) - {"manifest"} if state.kind == "kiosk" else set(jobs)
    return replace(state, wants=state.wants | wanted)


def _resting(state: State, name: str) -> tuple[State, StartTimer]:
    count = state.failures.get(name, 0) + 1
    state = replace(state, rest=state.rest | {name}, failures={**state.failures, name: count})
    return state, StartTimer(name, *backoff(count))


def _rested(state: State, *names: str) -> State:
    """End these rests without forgetting how often there had been failures."""
    return replace(state, rest=state.rest - set(names))


def _forgiven(state: State, name: str) -> State:
    """It went well: the next failure is the first again."""
    if name not in state.rest and name not in state.failures:
        return state
    failures = {other: count for other, count in state.failures.items() if other != name}
    return replace(state, rest=state.rest - {name}, failures=failures)


def _timers() -> _Effects:
    return StartTimer("heartbeat", HEARTBEAT_S, HEARTBEAT_S), StartTimer("poll", *POLL_S)
