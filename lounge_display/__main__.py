"""Starts the lounge display: `lounge-display --config config/lounge.toml [--set section.key=value] [--enrol CODE]`."""

from club.resources import files
from club.settings import LoungeSettings, program


def main(argv: list[str] | None = None) -> int:
    """Run until stopped; returns 0, or 2 when something it needs is not there (see `program.start`)."""
    return program.start(_PROGRAM, argv)


def _opening() -> program.Opening[LoungeSettings]:
    from club.sync.errors import IdentityDamaged
    from club.ui.window import WindowFault
    from club.words.catalogue import CatalogueFault
    from lounge_display.wiring import Lounge

    return program.Opening(Lounge, (WindowFault, IdentityDamaged, CatalogueFault, files.ResourceMissing, ValueError))


_PROGRAM = program.Program(
    name="lounge-display",
    about="The club's boards on a lounge TV.",
    config="config/lounge.toml",
    schema=LoungeSettings,
    check_resources=files.check_fonts,
    missing=files.ResourceMissing,
    opening=_opening,
)

if __name__ == "__main__":
    raise SystemExit(main())
