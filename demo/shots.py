"""Every screen that exists, in both languages, taken from the glass of running programs on the drawn day: `./dev shots`.

The pictures are named like their drawings; `out/shots/index.html` shows the pairs where the drawings are at hand.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from demo import shots_camera, shots_console, shots_door, shots_kiosk
from demo.__main__ import DRAWN_DAY
from demo.house import House, Options, fresh_state
from demo.shots_camera import Camera, State, still
from demo.shots_kiosk import Kiosk
from demo.shots_lounge import Lounge

_ROOT = Path(__file__).resolve().parents[1]
_BEFORE_OUTAGE = "2026-05-16T13:58:00+08:00"  # the drawn outage began here (lounge-07)
_REFILL = "2026-05-16T14:42:04+08:00"  # every 18 minutes of the day: 14:42 is the first after the drawn time
_NOON = "2026-05-16T12:10:00+08:00"  # the midday playlist has boards that no other time of the day shows
_MORNING = "2026-05-16T10:00:00+08:00"  # so has the showroom's before its launch
_LANGUAGES = {"zh-CN": "", "en": "-en"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them all, or those of some scenes; returns the exit code."""
    parser = argparse.ArgumentParser(prog="./dev shots", description="Every screen as a picture, on the drawn day.")
    parser.add_argument(
        "--design", type=Path, default=_ROOT.parent / "shared" / "design", help="folder of the drawings, for the pairs"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted(_SCENES),
        default=sorted(_SCENES),
        help="some scenes; the other pictures stay",
    )
    parser.add_argument("--language", choices=sorted(_LANGUAGES), help="one language only")
    options = parser.parse_args(arguments)
    out = _ROOT / "out" / "shots"
    if not options.language and len(options.only) == len(_SCENES):
        shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    camera = Camera(out)
    for language in (options.language,) if options.language else _LANGUAGES:
        for scene in options.only:
            with tempfile.TemporaryDirectory(prefix="shots-") as folder:
                base = Options(
                    state=fresh_state(Path(folder), "day"),
                    logs=out / "logs",
                    pinned=DRAWN_DAY,
                    virtual=True,
                    kiosk_settings=(f"ui.language={language}",),
                    lounge_settings=(f"ui.language={language}",),
                )
                _SCENES[scene](base, camera, language)
    names = [path.stem for path in out.glob("*.png")]
    (out / "index.html").write_text(shots_camera.index(names, out, options.design), encoding="utf-8")
    print(f"{len(camera.names)} pictures: {out / 'index.html'}", flush=True)
    return 0


def _renewed(now: State) -> bool:
    return int(str(now["revision"])) > 1


def _in_language(lounge: Lounge, language: str) -> Lounge:
    """The display once it speaks the language of this round."""
    lounge.wait("")
    if _LANGUAGES[language] and not _renewed(lounge.state()):
        shots_console.speak_english(lounge.house)
        lounge.wait("", _renewed)
    return lounge


def _house(options: Options) -> House:
    return House(options, lambda text: print(f"  ({text})", flush=True))


def _day(base: Options, camera: Camera, language: str) -> None:
    """The whole house: the kiosk's screens, the boards, the console, an urgent notice; then the kiosk's bad days."""
    suffix = _LANGUAGES[language]
    with _house(base) as house:
        kiosk = Kiosk(house, camera, language)
        shots_kiosk.visit(kiosk)
        shots_kiosk.staff_mode(kiosk)
        lounge = _in_language(Lounge(house, camera, suffix), language)
        lounge.shoot_boards()
        shots_console.pages(house, camera, suffix)
        shots_door.second_step(house, camera, suffix, DRAWN_DAY)
        lounge.shoot_urgent(datetime.fromisoformat(DRAWN_DAY))
        shots_kiosk.troubles(kiosk)


def _zones(base: Options, camera: Camera, language: str) -> None:
    """A display of two zones, in the showroom, at two times of its day."""
    programs = frozenset({"lounge", "central-api"})
    with _house(replace(base, programs=programs, lounge_place="tv-4")) as house:
        lounge = _in_language(Lounge(house, camera, _LANGUAGES[language]), language)
        lounge.shoot("lounge-09-multizone", "b-flagship", seconds=90)
    with _house(replace(base, programs=programs, lounge_place="tv-4", pinned=_MORNING)) as house:
        lounge = _in_language(Lounge(house, camera, _LANGUAGES[language]), language)
        lounge.shoot("lounge-countdown", "b-flagship-countdown", seconds=90)


def _pairing(base: Options, camera: Camera, language: str) -> None:
    """Devices that nobody has let in yet."""
    suffix = _LANGUAGES[language]
    with _house(replace(base, enrol=False)) as house:
        lounge = Lounge(house, camera, suffix)
        lounge.wait("enrol", lambda now: bool(now["pairing"]))
        lounge.shoot("lounge-17-pairing", "enrol")
        Kiosk(house, camera, language).wait("error", lambda now: bool(now["pairing"]))
        camera.take(f"kiosk-pairing{suffix}", still(house.kiosk_glass.look))


def _lounge_days(base: Options, camera: Camera, language: str) -> None:
    """An outage, the offer of another cup, and noon."""
    suffix, both = _LANGUAGES[language], frozenset({"lounge", "central-api"})
    with _house(replace(base, programs=both, pinned=_BEFORE_OUTAGE)) as house:
        _in_language(Lounge(house, camera, suffix), language).wait("b-")
    with _house(replace(base, programs=frozenset({"lounge"}), pinned_runs=False)) as house:
        lounge = Lounge(house, camera, suffix)
        lounge.wait("b-", lambda now: bool(now["stale"]))
        lounge.shoot("lounge-07-offline", "b-")
    with _house(replace(base, programs=both, pinned=_REFILL)) as house:
        _in_language(Lounge(house, camera, suffix), language).shoot("lounge-03-refreshment", "p-refill")
    with _house(replace(base, programs=both, pinned=_NOON)) as house:
        lounge = _in_language(Lounge(house, camera, suffix), language)
        lounge.shoot("lounge-menu", "b-menu", seconds=90)
        lounge.shoot("lounge-12-service-promise", "b-promise", seconds=90)


_SCENES: dict[str, Callable[[Options, Camera, str], None]] = {
    "day": _day,
    "lounge": _lounge_days,
    "pairing": _pairing,
    "zones": _zones,
}

if __name__ == "__main__":
    sys.exit(main())
