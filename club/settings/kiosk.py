"""Settings of the kiosk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from club.settings.schema import section, setting
from club.settings.shared import ClockSetting, Control, Log, Server, Window


@dataclass(frozen=True, slots=True)
class Device:
    """What this device keeps."""

    data_dir: Path = setting(
        Path("/var/lib/xingzhou-club/kiosk"),
        "Folder of the device's key, store and pictures; only its account may read it.",
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """The card reader."""

    spec: str = setting(
        "pcsc", 'Which reader: "pcsc" takes every PC/SC reader, "pcsc:WORDS" the one whose name holds the words.'
    )
    debounce_ms: int = setting(
        800, "A card seen again within this time is the same tap.", unit="ms", minimum=0, maximum=10_000
    )


@dataclass(frozen=True, slots=True)
class Scanner:
    """A barcode or QR scanner that types as a keyboard does; none needs to be there."""

    present: bool = setting(True, "Whether there is one; without it no screen speaks of scanning.")
    prefix: str = setting("", "What the scanner was set up to type before each code.")
    suffix: str = setting("", "What the scanner was set up to type behind each code, before Enter.")


@dataclass(frozen=True, slots=True)
class Ui:
    """How the screens greet a member who has not chosen."""

    language: Literal["zh-CN", "en"] = setting("zh-CN", "Language before a member chooses.")
    reduced_motion: bool = setting(False, "Only short cross-fades.")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the kiosk waits."""

    session_idle_s: int = setting(
        30, "A session without a touch ends after this time.", unit="s", minimum=5, maximum=600
    )
    session_warn_at_s: int = setting(
        10, "The last part of it counts down on the screen.", unit="s", minimum=3, maximum=60
    )
    session_idle_large_s: int = setting(
        60, "The same as session_idle_s with large text.", unit="s", minimum=5, maximum=600
    )
    success_return_s: int = setting(30, "A voucher just redeemed stays this long.", unit="s", minimum=5, maximum=600)
    message_return_s: int = setting(
        20, "A message, such as an unknown card, stays this long.", unit="s", minimum=2, maximum=120
    )
    reading_limit_s: float = setting(
        8.0, "A card not read within this time is refused kindly.", unit="s", minimum=1, maximum=60
    )
    attract_slide_s: int = setting(
        12, "Each picture of the attract loop stays this long.", unit="s", minimum=3, maximum=600
    )
    end_on_card_removed: bool = setting(False, "Whether taking the card away ends the session.")


@dataclass(frozen=True, slots=True)
class Sound:
    """Cues for a tap, success and refusal."""

    enabled: bool = setting(True, "Play them.")
    volume: float = setting(0.8, "Loudness from silent to full.", minimum=0, maximum=1)


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """Settings of the kiosk."""

    server: Server = section(Server)
    device: Device = section(Device)
    reader: Reader = section(Reader)
    scanner: Scanner = section(Scanner)
    window: Window = section(Window)
    ui: Ui = section(Ui)
    timing: Timing = section(Timing)
    sound: Sound = section(Sound)
    clock: ClockSetting = section(ClockSetting)
    control: Control = section(Control)
    log: Log = section(Log)
