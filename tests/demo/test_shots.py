"""Nothing that people see goes without a picture: every page of the console, every screen of the kiosk, every board that is loaded."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

import demo
from central_api.console.routes import router
from club import resources
from demo import shots_console
from demo.shots_camera import drawing_of
from kiosk_app.present import views

_NO_PAGES = {
    "/": "goes on to the first page",
    "/{rest:path}": "taken as console-nowhere",
    "/static/{name:str}": "a file",
    "/media/{sha256:str}": "a picture",
    "/boards/{slug:str}/preview.png": "a picture",
    "/notice/{slug:str}/preview.png": "a picture",
    "/devices/{device_id:str}/pictures/{command_id:str}": "a picture",
    "/devices/fleet": "a part of a page",
    "/devices/{device_id:str}/lines": "a part of a page",
    "/sign-in": "the door, taken as console-09-sign-in",
    "/sign-in/code": "the door, taken as console-09-sign-in-code",
}
_TOO_SHORT = {"redeeming"}  # on the glass only until the central API has answered


def said() -> set[str]:
    """Every text that stands in the programs that take the pictures."""

    def texts() -> Iterator[str]:
        for path in Path(demo.__file__).parent.glob("shots*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value

    return set(texts())


def test_every_page_of_the_console_has_its_picture() -> None:
    pages = {
        route.path.removeprefix("/console") or "/"
        for route in router.routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods
    }
    assert set(_NO_PAGES) <= pages, "a page that is gone needs no reason"
    taken = {"/" + path.replace("}", ":str}") for path in shots_console.PAGES}
    assert taken == pages - set(_NO_PAGES)


def test_every_screen_of_the_kiosk_has_its_picture() -> None:
    kinds = [kind for kind in vars(views).values() if isinstance(kind, type) and issubclass(kind, views.View)]
    screens = {kind.screen for kind in kinds if kind.screen}
    assert len(screens) > 15
    assert screens > _TOO_SHORT
    assert screens - _TOO_SHORT - said() == set()


def test_every_kind_of_board_that_is_loaded_has_its_picture() -> None:
    loaded = tomllib.loads((resources.demo_dir() / "boards.toml").read_text(encoding="utf-8"))["board"]
    taken = {board["template"] for board in loaded if board["slug"] in said()}
    assert {board["template"] for board in loaded} - taken == {"service-progress"}, "what needs live data is not drawn"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("console-21-emergency-notice-write", "console-21-emergency-notice"),
        ("kiosk-05-home-en", "kiosk-05-home"),
        ("kiosk-05-home", "kiosk-05-home"),
        ("console-codes", ""),
    ],
)
def test_a_picture_finds_its_drawing_by_its_number(name: str, drawn: str, tmp_path: Path) -> None:
    for file in ("console-21-emergency-notice", "kiosk-05-home", "kiosk-37-home-en"):
        (tmp_path / f"{file}.png").touch()
    found = drawing_of(name, tmp_path)
    assert (found.stem if found else "") == drawn
