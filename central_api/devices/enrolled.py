"""A device that is let in, as routes are given it: where it stands, which feeds it follows, what of them it may know."""

from dataclasses import dataclass
from typing import get_args

from central_api.feed import service as feed
from club.wire.changes import EntityKind
from club.wire.devices import DeviceKind

_OF_A_DISPLAY: frozenset[str] = frozenset(get_args(EntityKind)) - {"member"}


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device. `group` is the slug of its store's group, empty: none."""

    id: str
    kind: DeviceKind
    place: str
    store: str
    group: str = ""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The change feeds it follows."""
        of_group = (feed.group_feed(self.group),) if self.group else ()
        return (feed.GLOBAL, *of_group, feed.store_feed(self.store))

    @property
    def shown(self) -> frozenset[str] | None:
        """The kinds of entities of these feeds it is told (None: all).

        A display hangs in public and has no business with members (X2): it is told what is named here, so that a kind that
        is added one day is not on every wall by itself. A kiosk is told of kinds that it does not know yet.
        """
        return None if self.kind == "kiosk" else _OF_A_DISPLAY
