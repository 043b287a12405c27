"""Starts the kiosk: `kiosk-app --config config/kiosk.toml [--set section.key=value] [--enrol CODE]`."""

from club.resources import files
from club.settings import KioskSettings, program


def main(argv: list[str] | None = None) -> int:
    """Run until stopped; returns 0, or 2 when something it needs is not there (see `program.start`)."""
    return program.start(_PROGRAM, argv)


def _opening() -> program.Opening[KioskSettings]:
    from club.sync.errors import IdentityDamaged
    from club.ui.window import WindowFault
    from club.words.catalogue import CatalogueFault
    from kiosk_app.wiring import Kiosk
    from nfc import ReaderSupportMissing

    return program.Opening(
        Kiosk, (WindowFault, IdentityDamaged, ReaderSupportMissing, CatalogueFault, files.ResourceMissing, ValueError)
    )


_PROGRAM = program.Program(
    name="kiosk-app",
    about="The club's touchscreen for members.",
    config="config/kiosk.toml",
    schema=KioskSettings,
    check_resources=files.check_fonts,
    missing=files.ResourceMissing,
    opening=_opening,
)

if __name__ == "__main__":
    raise SystemExit(main())
