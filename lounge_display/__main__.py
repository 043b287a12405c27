"""Starts the lounge display: `lounge-display --config config/lounge.toml [--set section.key=value] [--enrol CODE]`."""

import argparse
import sqlite3
import sys
from pathlib import Path

from club.resources import files
from club.settings import LoungeSettings, SettingsRefused, load
from club.settings import log as log_settings

OK, NOT_USABLE = 0, 2


def main(argv: list[str] | None = None) -> int:
    """Run until stopped.

    Returns:
        0, or 2 when settings, fonts, display or the device's folder are not as needed; what is missing and what to do is
        said in one line on standard error.
    """
    parser = argparse.ArgumentParser(prog="lounge-display", description="The club's boards on a lounge TV.")
    parser.add_argument("--config", type=Path, help="settings file (config/lounge.toml lists every key)")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument("--enrol", default="", metavar="CODE", help="one-time code of the console, for the first start")
    chosen = parser.parse_args(argv)
    try:
        settings = load(chosen.config, LoungeSettings, chosen.overrides)
        for role in files.FONT_FILES:
            files.font(role)
    except (SettingsRefused, files.ResourceMissing) as refused:
        return _refuse(refused)
    log_settings.start(settings.log)
    return _run(settings, chosen.enrol)


def _run(settings: LoungeSettings, code: str) -> int:
    from club.sync.errors import IdentityDamaged
    from club.ui.window import WindowFault
    from club.words.catalogue import CatalogueFault
    from lounge_display.wiring import Lounge

    try:
        lounge = Lounge(settings, code)
    except (WindowFault, IdentityDamaged, files.ResourceMissing, CatalogueFault, ValueError) as fault:
        return _refuse(fault)
    except (OSError, sqlite3.Error) as fault:
        folder = settings.device.data_dir
        return _refuse(
            f"expected a folder to keep the device's data in at {folder}; {fault}. Set device.data_dir, or its rights"
        )
    lounge.run()
    return OK


def _refuse(why: object) -> int:
    print(f"lounge-display: {why}", file=sys.stderr)
    return NOT_USABLE


if __name__ == "__main__":
    raise SystemExit(main())
