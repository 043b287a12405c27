"""Chooses what the sync engine does next: the stream, the one line of calls and disk work, and two downloads beside it; pure."""

from msgspec.structs import replace

from club.sync.state import SERVER, Effects, State
from club.sync.steps import Apply, Call, Fetch, Flip, OpenStream, Refuse, Replace, Settle, Wipe

AT_ONCE = 2
"""Downloads at a time: a second one fills the pauses of the first, more only fight over the store's line."""
ORDER = ("snapshot", "sync", "manifest", "heartbeat", "orders", "self")
"""Calls after the commands."""


def plan(state: State) -> tuple[State, Effects]:
    """Open the stream where it is closed, start downloads, and the most urgent work if the line is free."""
    effects: Effects = ()
    if state.enrolled and state.stream == "closed" and not state.rest & {"stream", SERVER}:
        state = replace(state, stream="opening")
        effects = (OpenStream(),)
    if state.busy is None:
        if state.todo and "disk" not in state.rest:
            work, *rest = state.todo
            state, effects = replace(state, busy=work, todo=tuple(rest)), (*effects, work)
        elif (call := _next_call(state)) is not None:
            # What is wanted from here on is not what this call brings: a nudge while it is under way asks once more.
            state = replace(state, busy=call, wants=state.wants - _brought_by(call))
            effects = (*effects, call)
    fetches = tuple(Fetch(sha256) for sha256 in _next_media(state))
    state = replace(state, fetching=(*state.fetching, *(one.sha256 for one in fetches)))
    return state, (*effects, *fetches)


def _brought_by(call: Call) -> frozenset[str]:
    """The wants a call fulfils; a snapshot brings all that a sync would."""
    return frozenset((call.job, "sync") if call.job == "snapshot" else (call.job,))


def _next_call(state: State) -> Call | None:
    if SERVER in state.rest:
        return None
    if not state.enrolled:
        return _call_of_a_stranger(state)
    command_id = _next_command(state)
    if command_id is not None:
        return Call("command", command_id)
    if _disk_is_behind(state):
        return None  # the disk is full: what came is not asked for again before it is written
    for job in ORDER:
        if job in state.wants and job not in state.rest:
            return Call(job)  # type: ignore[arg-type]  # ORDER holds jobs only
    for order_id, ended in state.replies.items():
        if "order-answer" not in state.rest:
            return Call("order-answer", order_id, ended)
    return None


def _next_command(state: State) -> str | None:
    """The first command that may go: none of the same member's is before it (A12), and it does not rest."""
    closing = {work.command_id for work in state.todo if isinstance(work, Settle | Refuse)}
    ahead = set()
    for command_id in state.commands:
        lane = state.lanes.get(command_id, "")
        if f"command:{command_id}" not in state.rest and command_id not in closing and lane not in ahead:
            return command_id
        ahead |= {lane} - {""}
    return None


def _next_media(state: State) -> tuple[str, ...]:
    """What to download now. Nothing while a command is on its way: somebody stands at the glass."""
    is_urgent = _next_command(state) is not None or (isinstance(state.busy, Call) and state.busy.job == "command")
    if not state.enrolled or state.rest & {SERVER, "media"} or is_urgent or _disk_is_behind(state):
        return ()
    able = [
        sha256
        for sha256 in state.missing
        if sha256 not in state.fetching
        and f"media:{sha256}" not in state.rest
        and (state.window or sha256 not in state.bulky)
    ]
    return tuple(able[: max(0, AT_ONCE - len(state.fetching))])


def _disk_is_behind(state: State) -> bool:
    return any(isinstance(work, Apply | Replace | Flip | Wipe) for work in state.todo)


def _call_of_a_stranger(state: State) -> Call | None:
    """What a device may ask that is not enrolled (any more): by the code it was given, else for one to show."""
    if state.enrol_code:
        return Call("enrol", state.enrol_code) if "enrol" not in state.rest else None
    if "self" in state.wants and "self" not in state.rest:
        return Call("self")
    return Call("pairing") if "pairing" not in state.rest else None
