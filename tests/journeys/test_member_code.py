"""A member code from the console to the glass: made by staff, scanned, home; ended, and good no more (N8, ADR 18)."""

from collections.abc import Iterator

import httpx
import pytest

from kiosk_app.flow.actions import Action
from tests.support import drawn_qr
from tests.support.fingers import Fingers
from tests.support.pages import Page
from tests.support.visit_house import NOBODY, Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(300)]

WANG, MANAGER, HERE = "m0001", "1001", "/console/codes"


@pytest.fixture
def keyboard(visitor: Visitor) -> Iterator[Fingers]:
    """A scanner at the kiosk, which is a keyboard to the machine."""
    with Fingers(visitor.store.kiosk_glass.env) as fingers:
        fingers.move(540, 120)  # without a window manager keys go to the window under the pointer
        yield fingers


@pytest.fixture
def desk(visitor: Visitor) -> Iterator[httpx.Client]:
    """A manager's browser, signed in to the console."""
    [staff] = [one for one in visitor.store.staff if one.number == MANAGER]
    with httpx.Client(base_url=visitor.store.url, follow_redirects=True, timeout=60.0) as http:
        sent = http.post("/console/sign-in", data={"number": staff.number, "password": staff.password})
        assert sent.status_code == 200, sent.text
        yield http


def token(desk: httpx.Client) -> str:
    return str(Page(desk.get(HERE)).form("find").fields["csrf"])


def test_staff_make_a_code_and_the_scanner_opens_the_members_page_until_it_is_ended(
    visitor: Visitor, keyboard: Fingers, desk: httpx.Client
) -> None:
    made = desk.post(f"{HERE}/{WANG}", data={"csrf": token(desk), "identity": "id-card"})
    said = drawn_qr.said(made.text)
    visitor.screen(NOBODY)

    def scanned(screen: str) -> bool:
        # On a machine so busy that a code comes in pieces it is scanned again, as a person would.
        keyboard.scan(said)
        return bool(visitor.within(5, lambda now: now["screen"] == screen))

    until(lambda: scanned("home"), "the member's page")
    visitor.until(lambda now: now["confirmed"], "the central API's figures")
    query = "SELECT assurance FROM card_sessions WHERE member = ? ORDER BY rowid DESC LIMIT 1"  # by arrival: a pinned clock begins anew with its service
    assert visitor.one(query, WANG) == "code"
    visitor.press(Action.VOUCHERS)
    visitor.screen("pin")
    visitor.leave()
    assert desk.post(f"{HERE}/{WANG}/end", data={"csrf": token(desk)}).status_code == 200
    visitor.screen(NOBODY)
    until(lambda: scanned("error"), "an ended code refused")
    assert visitor.searches("这个码不是会员的") == ["这个码不是会员的"]
    visitor.press(Action.UNDERSTOOD)
    visitor.screen(NOBODY)
    logs = "\n".join(
        log.read_text(encoding="utf-8", errors="replace") for log in visitor.store.options.logs.glob("*.log")
    )
    assert said.removeprefix("XZM1:") not in logs.upper()
