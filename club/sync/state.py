"""What the sync engine knows, and the small moves on it that its parts share; pure."""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from club.sync.steps import Call, Effect, StartTimer, Work
from club.wire.devices import DeviceKind

BACKOFF_LOW_S = 0.5
BACKOFF_HIGH_S = 30.0
SERVER = "server"
"""The rest after no answer at all: nothing is asked until it ends."""

Effects = tuple[Effect, ...]


class State(Struct, frozen=True):
    """All the engine knows.

    `commands` are unsettled, in their order, and `lanes` says whose they are: one of a member waits for those of the same
    member before it. `todo` is work on the device's own disk, done before any call; `wants` are calls to make; `fetching` are
    downloads under way beside the line, `bulky` those of the missing media that wait for the download window. `rest` names what
    waits for its timer: `server` is everything, `command:<id>` one command, `media:<sha>` one medium, else a job.
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
    lanes: Mapping[str, str] = field(default_factory=dict)
    todo: tuple[Work, ...] = ()
    wants: frozenset[str] = frozenset()
    staged: str = ""
    missing: tuple[str, ...] = ()
    bulky: frozenset[str] = frozenset()
    media: int = 0  # of the staged manifest, in all
    fetching: tuple[str, ...] = ()
    window: bool = True  # whether bulky media may be fetched now
    orders: Mapping[str, str] = field(default_factory=dict)  # of staff, under way: id and kind
    replies: Mapping[str, str] = field(default_factory=dict)  # how they ended, until the server knows: `state:detail`
    busy: Work | None = None
    online: bool | None = None
    stream: str = "closed"  # closed | opening | open
    rest: frozenset[str] = frozenset()
    failures: Mapping[str, int] = field(default_factory=dict)


def backoff(failures: int) -> tuple[float, float]:
    """Between how many seconds the next try after so many failures in a row lies (full jitter; the draw is the worker's)."""
    return BACKOFF_LOW_S, min(BACKOFF_HIGH_S, BACKOFF_LOW_S * 2.0 ** min(failures, 10))


def want(state: State, *jobs: str) -> State:
    """Have these calls made when the line is free."""
    wanted = set(jobs) - {"manifest"} if state.kind == "kiosk" else set(jobs)
    return replace(state, wants=state.wants | wanted)


def resting(state: State, name: str) -> tuple[State, StartTimer]:
    """It failed (again): let it rest, longer each time."""
    count = state.failures.get(name, 0) + 1
    state = replace(state, rest=state.rest | {name}, failures={**state.failures, name: count})
    return state, StartTimer(name, *backoff(count))


def rested(state: State, *names: str) -> State:
    """End these rests without forgetting how often there had been failures."""
    return replace(state, rest=state.rest - set(names))


def forgiven(state: State, name: str) -> State:
    """It went well: the next failure is the first again."""
    if name not in state.rest and name not in state.failures:
        return state
    failures = {other: count for other, count in state.failures.items() if other != name}
    return replace(state, rest=state.rest - {name}, failures=failures)


def rest_name(work: Work | None) -> str:
    """The name under which a piece of work rests."""
    if not isinstance(work, Call):
        return "disk"
    return f"command:{work.key}" if work.job == "command" else work.job
