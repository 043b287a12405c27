"""What becomes of the staged manifest as its media come, beside the line; pure (L4)."""

from msgspec.structs import replace

from club.sync import events
from club.sync.state import Effects, State, forgiven, resting, want
from club.sync.steps import Fault, Flip, ManifestCame, Tell


def staged(state: State, event: ManifestCame) -> tuple[State, Effects]:
    """A manifest is staged, or, with an empty key, what was staged is wanted no more."""
    is_news = (event.key, event.missing) != (state.staged, state.missing)
    # The last medium of the one before may have come while this was asked for: that one is not switched to any more.
    todo = tuple(work for work in state.todo if not isinstance(work, Flip) or work.key == event.key)
    state = replace(state, staged=event.key, missing=event.missing, media=event.total, bulky=event.bulky, todo=todo)
    for name in [one for one in state.failures if one.startswith("media:")]:
        if name.removeprefix("media:") not in event.missing:
            state = forgiven(state, name)
    return _switching(state), (_coming(state) if is_news else ())


def came(state: State, sha256: str) -> tuple[State, Effects]:
    """A medium is here; with the last one the manifest is switched to."""
    state = forgiven(forgiven(state, "media"), f"media:{sha256}")
    if sha256 not in state.missing:
        return state, ()
    state = replace(state, missing=tuple(other for other in state.missing if other != sha256))
    return _switching(state), _coming(state)


def ended(state: State, sha256: str) -> State:
    """The download is under way no more."""
    return replace(state, fetching=tuple(other for other in state.fetching if other != sha256))


def failed(state: State, sha256: str, fault: Fault) -> tuple[State, Effects]:
    """The server answers, but this medium does not come: it rests alone, or all do where the disk has no room."""
    if fault is Fault.NOT_FOUND:
        state = want(state, "manifest")  # perhaps a newer one does without it
    state, timer = resting(state, "media" if fault is Fault.DISK else f"media:{sha256}")
    return state, (timer,)


def _switching(state: State) -> State:
    """Switch to the staged manifest once all of it is here."""
    if not state.staged or state.missing or state.busy == Flip(state.staged) or Flip(state.staged) in state.todo:
        return state
    return replace(state, todo=(*state.todo, Flip(state.staged)))


def _coming(state: State) -> Effects:
    """How much of the staged manifest's media is here."""
    if not state.staged or not state.media:
        return ()
    return (Tell(events.ContentComing(state.media - len(state.missing), state.media)),)
