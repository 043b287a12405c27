"""Settings of the lounge display."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from club.settings.schema import section, setting
from club.settings.shared import ClockSetting, Control, Log, Media, Server, Window


@dataclass(frozen=True, slots=True)
class Device:
    """What this device keeps."""

    data_dir: Path = setting(
        Path("/var/lib/xingzhou-club/lounge"),
        "Folder of the device's key, store and pictures; only its account may read it.",
    )


@dataclass(frozen=True, slots=True)
class LoungeWindow(Window):
    """The window on the glass."""

    width: int = setting(1920, "Width of the design that is drawn.", unit="px", minimum=320, maximum=7680)
    height: int = setting(1080, "Height of the design that is drawn.", unit="px", minimum=320, maximum=7680)
    max_fps: int = setting(30, "Most frames per second while something moves.", minimum=5, maximum=120)


@dataclass(frozen=True, slots=True)
class Ui:
    """How boards are shown."""

    language: Literal["zh-CN", "en"] = setting("zh-CN", "Language of the frame around the boards.")
    reduced_motion: bool = setting(False, "Short cross-fades only; the ticker shows page after page.")


@dataclass(frozen=True, slots=True)
class Sound:
    """The chime of call-outs and notices."""

    enabled: bool = setting(True, "Play it.")
    volume: float = setting(0.6, "Loudness from silent to full.", minimum=0, maximum=1)


@dataclass(frozen=True, slots=True)
class LoungeSettings:
    """Settings of the lounge display."""

    server: Server = section(Server)
    device: Device = section(Device)
    media: Media = section(Media)
    window: LoungeWindow = section(LoungeWindow)
    ui: Ui = section(Ui)
    sound: Sound = section(Sound)
    clock: ClockSetting = section(ClockSetting)
    control: Control = section(Control)
    log: Log = section(Log)
