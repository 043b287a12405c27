"""What opening a reader takes beside its name: where events go, and how long to wait for what."""

from collections.abc import Callable
from dataclasses import dataclass

from nfc.events import Event

Post = Callable[[Event], None]
"""Takes one event; called from the readers' threads, and from that which calls ``await_card``, one call at a time. It must
return at once (put it in a queue) and must not call back into the reader, but for ``signal``."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the reader is; all in seconds.

    Args:
        deadline_s: a tap that is not read within this time is reported as unreadable.
        debounce_s: the same card coming back to the same reader this soon is the same tap.
        relist_s: the list of readers is read anew at least this often.
        backoff_first_s, backoff_most_s: pauses between attempts to reach a dead PC/SC service, doubling. An attempt costs
            next to nothing, and a tap right after the service came back is not to be missed.
        close_s: how long ``close`` waits for a reader thread that hangs in a driver.
    """

    deadline_s: float = 2.0
    debounce_s: float = 1.0
    relist_s: float = 2.0
    backoff_first_s: float = 0.05
    backoff_most_s: float = 0.25
    close_s: float = 1.0
