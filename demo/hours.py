"""When the demo's TV plays by its schedule, and a clock that starts within those hours."""

import argparse
import tomllib
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

GOOD_TIME = "14:32"
"""A time of day in the store at which the TV plays: that of the drawings."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A display's hours of the day by its schedule: from, to ("HH:MM"; 24:00 ends the day), and the store's time zone."""

    spans: tuple[tuple[str, str], ...]
    zone: ZoneInfo

    def local(self, now: datetime) -> str:
        """The time of day in the store, "HH:MM"."""
        return now.astimezone(self.zone).strftime("%H:%M")

    def plays(self, now: datetime) -> bool:
        """Whether something is scheduled then; otherwise the display shows its welcome picture alone."""
        return any(begins <= self.local(now) < ends for begins, ends in self.spans)


def of_display(folder: Path, place: str) -> Hours:
    """The hours in which a display of the demo plays every day.

    Args:
        folder: the demo content.
        place: where the display hangs, such as "tv-1".
    """
    schedule = tomllib.loads((folder / "boards.toml").read_text(encoding="utf-8"))["schedule"]
    programme = tomllib.loads((folder / "programme.toml").read_text(encoding="utf-8"))
    daily = (one for one in schedule if one["display"] == place and not one.get("days") and "date" not in one)
    return Hours(tuple((one["from"], one["to"]) for one in daily), ZoneInfo(programme["time_zone"]))


def note(hours: Hours, now: datetime) -> list[str]:
    """What to say of the TV at this time, line by line: nothing while it plays.

    The clock is not moved without being asked: the server holds an authenticator's digits against it, and a phone keeps real time.
    """
    if hours.plays(now) or not hours.spans:
        return []
    begins, ends = min(hours.spans)[0], max(ends for _, ends in hours.spans)
    return [
        f"It is {hours.local(now)} in the store. The TV plays from {begins} to {ends}; outside these hours it shows its welcome picture only,",
        f"and a board you publish does not appear. To see it play: ./dev demo --clock {GOOD_TIME} (today from {GOOD_TIME} on;",
        "the codes of an authenticator app are then refused, because a phone keeps real time).",
    ]


def instant(text: str, zone: ZoneInfo, now: datetime) -> str:
    """What `--clock` asks for, as an ISO instant: one with its zone, or a time of today in the store ("HH:MM").

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    try:
        if len(text) == len(GOOD_TIME):
            return datetime.combine(now.astimezone(zone).date(), time.fromisoformat(text), zone).isoformat()
        if datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"expected a time in the store such as {GOOD_TIME}, or an instant with its zone such as 2026-05-16T14:32:00+08:00; "
        f"found {text!r}"
    )
