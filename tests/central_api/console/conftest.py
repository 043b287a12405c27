"""The console before each test: the demo's screens, an app to ask, and people signed in."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from litestar.testing import TestClient
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from central_api.app import create_app
from tests.support.pages import Page
from tests.support.screens_club import Club, Made, make, screens_club
from tests.support.wait import until

MANAGER, SERVICE = "1001", "1032"
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("screens"))


@pytest.fixture
def club(made: Made, tmp_path: Path) -> Iterator[Club]:
    with screens_club(made, tmp_path) as found:
        yield found


@pytest.fixture
def browser(club: Club) -> Iterator[TestClient[Any]]:
    """Somebody's browser with scripts off."""
    with TestClient(create_app(club.context.settings, context=club.context)) as found:
        yield found


@dataclass
class Desk:
    """A browser with somebody signed in."""

    club: Club
    http: TestClient[Any]

    def open(self, path: str = "/console/boards/b-lakeside") -> Page:
        return Page(self.http.get(path))

    def send(self, action: str = "", *, page: Page | None = None, **changes: str) -> Page:
        """Fill in the editor's form and send it."""
        form = (page or self.open()).form("editor")
        fields = {**form.fields, **{name.replace("__", "."): value for name, value in changes.items()}}
        return Page(self.http.post(form.action + action, data=fields))


def signed_in(club: Club, http: TestClient[Any], number: str) -> Desk:
    answer = http.post("/console/sign-in", data={"number": number, "password": club.passwords[number]})
    assert answer.status_code == 200, answer.text
    assert str(answer.url).endswith("/console/boards")
    return Desk(club, http)


@pytest.fixture
def manager(club: Club, browser: TestClient[Any]) -> Desk:
    return signed_in(club, browser, MANAGER)


@pytest.fixture
def adviser(club: Club, browser: TestClient[Any]) -> Desk:
    """Somebody who may see and not touch."""
    return signed_in(club, browser, SERVICE)


@pytest.fixture
def address(club: Club) -> Iterator[str]:
    """The service on a free port of its own, with a real socket."""
    app = create_app(club.context.settings, context=club.context)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, name="central-api")
    thread.start()
    try:
        until(lambda: server.started, "the service listening")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained about: scripts, styles against the policy, failed requests."""
    return []


@pytest.fixture
def page(address: str, club: Club, faults: list[str]) -> Iterator[Tab]:
    """Chromium with the manager signed in."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS.split())
        try:
            found = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            found.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
            found.on("pageerror", lambda error: faults.append(str(error)))
            found.goto(f"{address}/console/boards/b-lakeside")
            found.fill("#number", MANAGER)
            found.fill("#password", club.passwords[MANAGER])
            found.click("main button")
            found.wait_for_url("**/console/boards/b-lakeside")
            yield found
        finally:
            browser.close()
