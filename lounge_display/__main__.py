"""Starts the lounge display: `lounge-display --config config/lounge.toml [--set section.key=value] [--enrol CODE]`."""

import argparse
import sys
from pathlib import Path

from club.resources import files
from club.settings import LoungeSettings, SettingsRefused, load
from club.settings import log as log_settings


def main(argv: list[str] | None = None) -> int:
    """Run until stopped. Returns 0, or 2 when settings, fonts or display are not as needed (said on standard error)."""
    parser = argparse.ArgumentParser(prog="lounge-display", description="The club's boards on a lounge TV.")
    parser.add_argument("--config", type=Path, help="settings file (config/lounge.toml lists every key)")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument("--enrol", default="", metavar="CODE", help="one-time code of the console, for the first start")
    chosen = parser.parse_args(argv)
    try:
        settings = load(chosen.config, LoungeSettings, chosen.overrides)
        files.font("sans")
    except (SettingsRefused, files.ResourceMissing) as refused:
        print(refused, file=sys.stderr)
        return 2
    log_settings.start(settings.log)
    from lounge_display.wiring import Lounge

    Lounge(settings, chosen.enrol).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
