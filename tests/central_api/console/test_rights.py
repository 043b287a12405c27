"""No role gets at a page or an act that is not its own, with the right form in hand or without (C1)."""

import re
from typing import Any, get_args

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from sqlalchemy import func, select, update

from central_api.console.routes import router
from central_api.staff import roles
from central_api.staff.roles import Right
from central_api.staff.tables import audit, staff
from tests.central_api.console.conftest import SERVICE, signed_in
from tests.support.screens_club import Club

BOARD = "/boards/{slug:str}"
NEEDED: dict[tuple[str, str], Right] = {
    ("GET", "/boards"): "boards.see",
    ("GET", BOARD): "boards.see",
    ("GET", f"{BOARD}/preview.png"): "boards.see",
    ("GET", "/media/{sha256:str}"): "boards.see",
    ("POST", BOARD): "boards.edit",
    ("POST", f"{BOARD}/draft"): "boards.edit",
    ("POST", f"{BOARD}/picture"): "boards.edit",
    ("POST", f"{BOARD}/publish"): "boards.publish",
    ("POST", f"{BOARD}/recall"): "boards.publish",
    ("GET", "/devices"): "devices.see",
    ("GET", "/devices/fleet"): "devices.see",
    ("GET", "/devices/add"): "devices.change",
    ("POST", "/devices/add"): "devices.change",
    ("GET", "/devices/{device_id:str}/revoke"): "devices.change",
    ("POST", "/devices/{device_id:str}/revoke"): "devices.change",
    ("GET", "/devices/{device_id:str}"): "devices.see",
    ("GET", "/devices/{device_id:str}/lines"): "devices.see",
    ("GET", "/devices/{device_id:str}/pictures/{command_id:str}"): "devices.change",
    ("GET", "/devices/{device_id:str}/replace"): "devices.change",
    ("POST", "/devices/{device_id:str}/replace"): "devices.change",
    ("GET", "/devices/{device_id:str}/wipe"): "devices.change",
    ("POST", "/devices/{device_id:str}/commands"): "devices.change",
    ("POST", "/devices/{device_id:str}/end-key"): "devices.change",
    ("GET", "/offline"): "offline.see",
    ("POST", "/offline/{command:str}/seen"): "offline.handle",
    ("GET", "/tasks"): "tasks.see",
    ("POST", "/tasks/{key:str}/done"): "tasks.handle",
    ("GET", "/limits"): "cards.change",
    ("POST", "/limits"): "cards.change",
    ("POST", "/limits/{card:str}"): "cards.change",
    ("GET", "/codes"): "cards.change",
    ("POST", "/codes"): "cards.change",
    ("POST", "/codes/{member_id:str}"): "cards.change",
    ("GET", "/codes/{member_id:str}/end"): "cards.change",
    ("POST", "/codes/{member_id:str}/end"): "cards.change",
    ("GET", "/notice"): "notices.send",
    ("POST", "/notice"): "notices.send",
    ("POST", "/notice/{slug:str}/confirm"): "notices.send",
    ("POST", "/notice/{slug:str}/withdraw"): "notices.send",
    ("GET", "/notice/{slug:str}/preview.png"): "notices.send",
}
OPEN = ("/", "/{rest:path}", "/static/", "/sign-in", "/sign-out", "/account")
"""For everybody, or for whoever is signed in about themselves."""


def routes() -> set[tuple[str, str]]:
    """Verb and path of every route of the console."""
    return {
        (verb, "/" + route.path.removeprefix("/console").strip("/"))
        for route in router.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for verb in handler.http_methods
        if verb in ("GET", "POST")
    }


def is_open(path: str) -> bool:
    return path in OPEN[:2] or path.startswith(OPEN[2:])


def test_every_route_of_the_console_says_which_right_it_needs() -> None:
    assert {route for route in routes() if not is_open(route[1])} == set(NEEDED)


@pytest.mark.parametrize("role", [*roles.RIGHTS, "bar", "waiter", ""])
def test_a_role_without_the_right_is_refused_and_nothing_is_done(
    club: Club, browser: TestClient[Any], role: str
) -> None:
    desk = signed_in(club, browser, SERVICE)
    token = desk.open("/console/boards").forms[0].fields["csrf"]
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == SERVICE).values(roles=[role] if role else []))
        before = tx.scalar(select(func.count()).select_from(audit))
    fields = {"csrf": token, "device": "x", "code": "123456", "place": "kiosk-1", "zh.title": "x", "edit": "0"}
    for (verb, path), right in NEEDED.items():
        where = re.sub(r"\{[a-z_0-9]+:str\}", "b-lakeside", f"/console{path}")
        if roles.may([role], right):
            continue
        sent = browser.post(where, data=fields) if verb == "POST" else browser.get(where)
        assert sent.status_code == 403, (role, verb, where, sent.status_code)
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(audit)) == before


def test_no_role_but_those_that_run_the_club_merges_members_or_lets_devices_in() -> None:
    given = {right: {role for role in roles.RIGHTS if roles.may([role], right)} for right in get_args(Right)}
    runs = {"admin", "manager"}
    assert {right for right, who in given.items() if who == runs} == {
        "devices.see",
        "devices.change",
        "notices.send",
        "members.merge",
    }
    assert given["members.reveal"] == {*runs, "service"}
    assert given["members.change"] == given["cards.change"] == {*runs, "service", "reception"}
