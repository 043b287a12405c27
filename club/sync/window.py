"""When a store's line may be used for bulky media: a daily window in the store's own time; pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct


class DownloadWindow(Struct, frozen=True):
    """From when to when bulky media are fetched; the same time twice: at any time. It may run over midnight.

    Media of up to `anytime_bytes` are never bulky: an edited board must reach the glass in a second (L3).
    """

    opens: time = time(0)
    closes: time = time(0)
    anytime_bytes: int = 10_000_000

    @property
    def is_always_open(self) -> bool:
        """Whether nothing ever waits."""
        return self.opens == self.closes

    def at(self, now: datetime, zone: str) -> tuple[bool, float]:
        """Whether it is open at `now` (aware) in that IANA zone, and after how many seconds to ask again."""
        if self.is_always_open:
            return True, timedelta(days=1).total_seconds()
        local = now.astimezone(ZoneInfo(zone))
        clock = local.time()
        if self.opens < self.closes:
            is_open = self.opens <= clock < self.closes
        else:
            is_open = clock >= self.opens or clock < self.closes
        edge = datetime.combine(local.date(), self.closes if is_open else self.opens, local.tzinfo)
        if edge <= local:
            edge = datetime.combine(local.date() + timedelta(days=1), edge.time(), local.tzinfo)
        # Through UTC: on a night whose clocks change, wall time is not what passes. At most an hour, should they change again.
        passes = edge.timestamp() - now.timestamp()
        return is_open, min(max(passes, 1.0), 3600.0)
