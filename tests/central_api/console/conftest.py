"""The console before each test: the demo's screens, an app to ask, and people signed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from central_api.app import create_app
from tests.support.pages import Page
from tests.support.screens_club import Club, Made, make, screens_club

MANAGER, SERVICE = "1001", "1032"


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
