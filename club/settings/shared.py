"""Sections that more than one program takes."""

from dataclasses import dataclass
from typing import Literal

from club.settings.schema import setting


@dataclass(frozen=True, slots=True)
class Server:
    """The central API this device belongs to."""

    url: str = setting("http://127.0.0.1:8700", "Address of the central API.", url=("http", "https"))
    connect_timeout_s: float = setting(
        3.0, "How long to wait for a connection before the device counts as offline.", unit="s", minimum=0.2, maximum=30
    )
    read_timeout_s: float = setting(10.0, "How long to wait for an answer.", unit="s", minimum=0.5, maximum=120)
    enrol_code: str = setting(
        "",
        "Six digits from central-api enrol-code, for a first start; without them the device shows a code to enter in the console.",
    )

    @property
    def timeouts(self) -> tuple[float, float]:
        """Seconds to wait for a connection, and for an answer."""
        return self.connect_timeout_s, self.read_timeout_s


@dataclass(frozen=True, slots=True)
class Media:
    """Pictures and films on this device's disk."""

    quota_mb: int = setting(8_000, "Most they may take of the disk.", unit="MB", minimum=50, maximum=1_000_000)
    reserve_mb: int = setting(
        500, "What they always leave free, for the store and the system.", unit="MB", minimum=0, maximum=1_000_000
    )
    window_from_hour: int = setting(
        0, "Bulky ones are fetched from this hour of the store's day on.", unit="h", minimum=0, maximum=23
    )
    window_to_hour: int = setting(
        0, "And until this one; the same hour twice: at any time.", unit="h", minimum=0, maximum=23
    )
    anytime_up_to_mb: int = setting(
        10, "Ones of this size and smaller are never bulky.", unit="MB", minimum=0, maximum=1_000_000
    )


@dataclass(frozen=True, slots=True)
class Window:
    """The window on the glass."""

    width: int = setting(1080, "Width of the design that is drawn.", unit="px", minimum=320, maximum=7680)
    height: int = setting(1920, "Height of the design that is drawn.", unit="px", minimum=320, maximum=7680)
    scale: float = setting(
        1.0, "Size of the window over the size of the design, to try it on a smaller screen.", minimum=0.1, maximum=4
    )
    fullscreen: bool = setting(True, "Cover the whole screen.")
    left: int = setting(
        0, "Distance from the left edge of the screen, when not covering it.", unit="px", minimum=0, maximum=15360
    )
    top: int = setting(
        0, "Distance from the top edge of the screen, when not covering it.", unit="px", minimum=0, maximum=15360
    )
    max_fps: int = setting(60, "Most frames per second while something moves.", minimum=5, maximum=120)


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """The time everything goes by. Pinned for pictures and rehearsals, never in a store."""

    pinned: str = setting("", "The instant to start from; empty takes the machine's own time.", instant=True)
    pinned_runs: bool = setting(False, "Whether a pinned clock goes on from there or stands still.")


@dataclass(frozen=True, slots=True)
class Control:
    """A local socket for tests and the demo; never in a store."""

    socket: str = setting("", "Path of the Unix socket to listen on; empty means none.")


@dataclass(frozen=True, slots=True)
class Log:
    """What the program writes down about itself, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least weight of what is written.")
    form: Literal["text", "json"] = setting("text", "Lines for people, or one JSON object a line.")
