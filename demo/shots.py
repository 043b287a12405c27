"""Every screen that exists, taken from the glass of running programs on the drawn day: `./dev shots`.

The pictures are named like their drawings; `out/shots/index.html` shows the pairs where the drawings are at hand.
"""

import argparse
import html
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image

from club.ui.control import ask
from demo import browser, screens
from demo.__main__ import DRAWN_DAY
from demo.finger import Finger
from demo.glass import Role, Sighting, differs, find_text
from demo.house import House, Options, fresh_state
from demo.processes import wait_until
from demo.reader import VirtualReader
from demo.story import pin_key

_ROOT = Path(__file__).resolve().parents[1]
_MEMBER, _LOST_CARD, _STRANGER = "m0001", "m0008", "stranger"
_BEFORE_OUTAGE = "2026-05-16T13:58:00+08:00"  # the drawn outage began here (lounge-07)
_REFILL = "2026-05-16T14:42:04+08:00"  # every 18 minutes of the day: 14:42 is the first after the drawn time
_STILL = 0.5  # mean difference of two looks, of 255
_LOUNGE = {
    "b-lakeside": "lounge-01-activity-board",
    "b-share-tea-hill": "lounge-02-activity-share",
    "b-tiers": "lounge-06-tier-promo",
    "b-flagship": "lounge-image-board",
}


class NotShown(RuntimeError):
    """A screen did not appear; the message says which one was there instead."""


Condition = Callable[[dict[str, object]], bool]
"""What must hold beside the screen, given what the kiosk tells of itself."""


def always(_: dict[str, object]) -> bool:
    """Nothing else must hold."""
    return True


def still(look: Callable[[], Image.Image]) -> Image.Image:
    """The picture once nothing large moves any more: a fade is over, while a spinner or a ticker may go on."""
    looks = [look()]

    def unmoved() -> bool:
        looks.append(look())
        pairs = itertools.pairwise(looks[-4:])  # a fade on a busy machine may stand still for one look
        return len(looks) >= 4 and all(differs(one, other) < _STILL for one, other in pairs)

    wait_until(unmoved, 6, every=0.15)
    return looks[-1]


class Camera:
    """Takes the pictures and remembers them in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def take(self, name: str, picture: Image.Image) -> None:
        """Keep one picture under the name of its drawing."""
        picture.save(self.folder / f"{name}.png")
        self.names.append(name)
        print(f"  {name}", flush=True)


class Kiosk:
    """Leads the kiosk from screen to screen by card and finger."""

    def __init__(self, house: House, camera: Camera) -> None:
        self._house, self._camera = house, camera
        self._finger = Finger(house.kiosk_glass, screens.KIOSK)

    def state(self) -> dict[str, object]:
        """What the kiosk tells of itself."""
        return ask(self._house.kiosk_control, {"do": "state"})

    def wait(self, screen: str, also: Condition = always) -> None:
        """Wait until a screen has settled.

        Raises:
            NotShown: not within twenty seconds.
        """
        if not wait_until(lambda: (now := self.state())["screen"] == screen and bool(now["settled"]) and also(now), 20):
            raise NotShown(f"expected the kiosk to show {screen}; it shows {self.state()}")

    def shoot(self, name: str, screen: str, also: Condition = always) -> None:
        """Wait for a screen and take it from the glass."""
        self.wait(screen, also)
        self._camera.take(name, still(self._finger.look))

    def press(self, text: str, role: Role, size: int) -> None:
        """Press a text on the glass.

        Raises:
            NotShown: it is not there.
        """
        seen: list[Sighting | None] = [None]

        def there() -> bool:
            seen[0] = find_text(self._finger.look(), text, role=role, size=size)
            return seen[0] is not None

        if not wait_until(there, 10) or seen[0] is None:
            raise NotShown(f"expected {text!r} on the kiosk's glass; it is not there: {self.state()}")
        self._finger.press_on(seen[0])

    def touch(self, x: float, y: float) -> None:
        """Press a point of the drawing."""
        self._finger.press(x, y)

    def leave(self) -> None:
        """Sign out."""
        self.press("退出", "sans-bold", 30)
        self.wait("attract")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them all; returns the exit code."""
    parser = argparse.ArgumentParser(prog="./dev shots", description="Every screen as a picture, on the drawn day.")
    parser.add_argument(
        "--design", type=Path, default=_ROOT.parent / "shared" / "design", help="folder of the drawings, for the pairs"
    )
    options = parser.parse_args(arguments)
    out = _ROOT / "out" / "shots"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    camera = Camera(out)
    with tempfile.TemporaryDirectory(prefix="shots-") as folder:
        base = Options(state=Path(folder), logs=out / "logs", pinned=DRAWN_DAY, virtual=True)
        with _house(replace(base, state=fresh_state(Path(folder), "day"))) as house:
            _kiosk(house, camera)
            _lounge(house, camera)
            _console(house, camera)
            _kiosk_troubles(house, camera)
        _lounge_troubles(base, Path(folder), camera)
    (out / "index.html").write_text(_index(camera.names, out, options.design), encoding="utf-8")
    print(f"{len(camera.names)} pictures: {out / 'index.html'}", flush=True)
    return 0


@contextmanager
def _house(options: Options) -> Iterator[House]:
    with House(options, lambda text: print(f"  ({text})", flush=True)) as house:
        yield house


def _kiosk(house: House, camera: Camera) -> None:
    kiosk = Kiosk(house, camera)
    kiosk.shoot("kiosk-01-attract", "attract", lambda state: bool(state["online"]))
    kiosk.touch(540, 1700)
    kiosk.shoot("kiosk-02-tap", "tap")
    os.kill(house.server.pid, signal.SIGSTOP)  # an answer that takes its time keeps the reading screen
    try:
        house.reader.act("tap", _STRANGER)
        kiosk.shoot("kiosk-03-reading", "reading")
    finally:
        os.kill(house.server.pid, signal.SIGCONT)
    kiosk.shoot("kiosk-31-card-unknown", "unknown_card")
    house.reader.tap(_MEMBER)
    kiosk.shoot("kiosk-05-home", "home", lambda state: bool(state["confirmed"]))
    kiosk.press("我的券", "sans-bold", 36)
    kiosk.shoot("kiosk-11-vouchers", "vouchers")
    kiosk.press("返回", "sans-bold", 26)
    kiosk.wait("home")
    kiosk.press("会员活动", "sans-bold", 36)
    kiosk.shoot("kiosk-12-activities", "activities")
    kiosk.press("返回", "sans-bold", 26)
    kiosk.wait("home")
    kiosk.press("积分明细", "sans-bold", 36)
    kiosk.shoot("kiosk-06-points", "points")
    kiosk.press("返回", "sans-bold", 26)
    kiosk.wait("home")
    _english(kiosk)
    kiosk.press("兑换礼品", "sans-bold", 36)
    kiosk.shoot("kiosk-07-rewards", "rewards")
    kiosk.press("基础保养券", "sans-bold", 36)
    kiosk.shoot("kiosk-08-reward-detail", "reward_detail")
    kiosk.press("立即兑换", "sans-bold", 42)
    wait_until(lambda: find_text(house.kiosk_glass.look(), "确认兑换", role="serif-bold", size=60) is not None, 10)
    kiosk.shoot("kiosk-09-reward-confirm", "reward_detail")
    kiosk.press("确认，输入密码", "sans-bold", 42)
    kiosk.wait("pin")
    digits = house.members[_MEMBER]
    for digit in digits[:4]:
        kiosk.touch(*pin_key(digit))
        still(house.kiosk_glass.look)
    kiosk.shoot("kiosk-04-pin", "pin")
    for digit in digits[4:]:
        kiosk.touch(*pin_key(digit))
    kiosk.shoot("kiosk-10-redeem-success", "success")
    kiosk.leave()
    house.reader.tap(_LOST_CARD)
    kiosk.shoot("kiosk-33-blocked-card", "blocked_card")


def _english(kiosk: Kiosk) -> None:
    kiosk.press("EN", "sans-bold", 26)
    kiosk.shoot("kiosk-37-home-en", "home", lambda state: state["language"] == "en")
    kiosk.press("Rewards", "sans-bold", 36)
    kiosk.shoot("kiosk-38-rewards-en", "rewards")
    kiosk.press("Back", "sans-bold", 26)
    kiosk.wait("home")
    kiosk.press("中文", "sans-bold", 26)
    kiosk.wait("home", lambda state: state["language"] == "zh-CN")


def _kiosk_troubles(house: House, camera: Camera) -> None:
    kiosk = Kiosk(house, camera)
    kiosk.wait("attract")
    house.reader.tap(_MEMBER)
    kiosk.wait("home", lambda state: bool(state["confirmed"]))
    if not wait_until(lambda: 0 < int(str(kiosk.state()["left"])) <= 9, 40):
        raise NotShown(f"expected the time-out to count down; the kiosk says {kiosk.state()}")
    kiosk.shoot("kiosk-17-timeout", "home")
    kiosk.wait("attract")
    house.server.stop()
    kiosk.wait("attract", lambda state: not state["online"])
    house.reader.tap(_MEMBER)
    kiosk.shoot("kiosk-home-offline", "home")
    kiosk.press("我的券", "sans-bold", 36)
    kiosk.shoot("kiosk-16-offline", "offline")
    kiosk.leave()
    if isinstance(house.reader, VirtualReader):
        house.reader.service.kill()
        kiosk.shoot("kiosk-32-reader-lost", "reader_lost")


def _lounge(house: House, camera: Camera) -> None:
    missing = dict(_LOUNGE)

    def seen() -> bool:
        now = ask(house.lounge_control, {"do": "state"})
        slug = str(now["screen"]).partition("@")[0]
        if slug in missing and now["settled"]:
            camera.take(missing.pop(slug), house.lounge_glass.look())
        return not missing

    if not wait_until(seen, 90, every=0.2):
        raise NotShown(f"expected the boards {sorted(missing)} on the lounge's glass within a round; they did not come")


def _lounge_troubles(base: Options, folder: Path, camera: Camera) -> None:
    state = fresh_state(folder, "outage")
    lounge = frozenset({"lounge"})
    both = frozenset({"lounge", "central-api"})
    with _house(replace(base, state=state, programs=both, enrol=False)) as house:
        _wait_lounge(house, "enrol", lambda now: bool(now["pairing"]))
        _shoot_lounge(house, camera, "lounge-17-pairing", "enrol")
    state = fresh_state(folder, "outage-2")
    with _house(replace(base, state=state, programs=both, pinned=_BEFORE_OUTAGE)) as house:
        _wait_lounge(house, "b-")
    with _house(replace(base, state=state, programs=lounge, pinned_runs=False)) as house:
        _wait_lounge(house, "b-", lambda now: bool(now["stale"]))
        _shoot_lounge(house, camera, "lounge-07-offline", "b-")
    with _house(replace(base, state=state, programs=both, pinned=_REFILL)) as house:
        _shoot_lounge(house, camera, "lounge-03-refreshment", "p-refill")


def _shoot_lounge(house: House, camera: Camera, name: str, board: str) -> None:
    _wait_lounge(house, board)
    camera.take(name, still(house.lounge_glass.look))


def _wait_lounge(house: House, board: str, also: Condition = always) -> None:
    def there() -> bool:
        now = ask(house.lounge_control, {"do": "state"})
        return str(now["screen"]).startswith(board) and bool(now["settled"]) and also(now)

    if not wait_until(there, 30):
        raise NotShown(f"expected {board} on the lounge's glass; there is {ask(house.lounge_control, {'do': 'state'})}")


def _console(house: House, camera: Camera) -> None:
    staff = next(one for one in house.staff if one.number == "1001")
    with browser.console_page() as page:
        page.goto(f"{house.url}/console")
        camera.take("console-09-sign-in", browser.shot(page))
        browser.sign_in(page, house.url, staff)
        page.wait_for_load_state("networkidle")
        camera.take("console-boards", browser.shot(page))
        page.goto(f"{house.url}/console/boards/b-lakeside")
        page.wait_for_load_state("networkidle")
        camera.take("console-02-board-editor", browser.shot(page))


def _index(names: Sequence[str], out: Path, design: Path) -> str:
    drawings = out / "design"
    rows = []
    for name in sorted(names):
        drawn = design / f"{name}.png"
        if drawn.exists():
            drawings.mkdir(exist_ok=True)
            shutil.copyfile(drawn, drawings / drawn.name)
            pair = f'<img src="design/{html.escape(name)}.png" alt="the drawing">'
        else:
            pair = "<p>no drawing</p>"
        rows.append(
            f'<section><h2>{html.escape(name)}</h2><div><img src="{html.escape(name)}.png" alt="the product">{pair}</div></section>'
        )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Screens: product left, drawing right</title>"
        "<style>body{font:16px sans-serif;background:#ddd;margin:24px}div{display:flex;gap:16px}img{width:46vw;height:auto;"
        "box-shadow:0 2px 12px #0006}</style><h1>Screens: the product left, the drawing right</h1>"
        + "".join(rows)
        + "</html>"
    )


if __name__ == "__main__":
    sys.exit(main())
