"""A member's code from the console's page to the kiosk's home page: made for whom staff know, read by a scanner, ended (N8, ADR 18)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from central_api import app
from central_api.cards.tables import member_codes
from central_api.members.tables import members
from central_api.staff.tables import audit
from club.model.clock import HandClock
from club.wire.cards import CardSession, OpenCodeSession
from kiosk_app.flow import effects, session
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.step import step
from nfc.wedge import Scan, Wedge
from tests.support import central, drawn_qr
from tests.support.central import WANG, Club, code_of, new_id, read
from tests.support.pages import Page

HERE, MANAGER, WANG_PHONE = "/console/codes", "1001", "13800006621"


@dataclass
class Desk:
    """The whole demo club, and a manager of the member's store signed in to its console."""

    club: Club
    token: str

    def send(self, path: str = "", **fields: str) -> Page:
        return Page(self.club.http.post(f"{HERE}{path}", data={"csrf": self.token, **fields}))

    def made(self) -> str:
        """What the QR of a new code says."""
        page = self.send(f"/{WANG}", identity="id-card")
        assert page.status == 200
        return drawn_qr.said(page.answer.text)


@pytest.fixture
def desk(demo_club: central.DemoClub, tmp_path: Path) -> Iterator[Desk]:
    clock = HandClock(central.DRAWN)
    central.copy_files(demo_club, tmp_path)
    with central.running(app.open_context(central.settings_for(tmp_path), clock), clock, demo_club) as club:
        [password] = [each["password"] for each in demo_club.staff if each["number"] == MANAGER]
        signed_in = Page(club.http.post("/console/sign-in", data={"number": MANAGER, "password": password}))
        yield Desk(club, str(signed_in.forms[0].fields["csrf"]))


def shown_at_a_kiosk(said: str) -> effects.OpenCodeSession:
    """What the kiosk asks when its scanner has typed what a QR says."""
    wedge, now, found = Wedge(), 100.0, []
    for key in said + "\n":
        now += 0.004
        found += wedge.key(key, now)
    [scan] = found
    assert isinstance(scan, Scan)
    state, asked = step(session.begin(st.Rules(), central.DRAWN), ev.Scanned(scan.text, new_id()))
    assert isinstance(state.screen, st.Reading)
    [ask] = [effect for effect in asked if isinstance(effect, effects.OpenCodeSession)]
    return ask


def test_from_the_page_through_the_scanner_to_the_home_page(desk: Desk) -> None:
    device, ask = desk.club.device(), shown_at_a_kiosk(desk.made())
    wish = OpenCodeSession(session_id=ask.session_id, code=ask.code)
    found = read(device.post("/v1/code-sessions", wish), CardSession)
    assert (found.assurance, found.member.member_id) == ("code", WANG)


def test_a_renewed_code_and_an_ended_one_are_good_no_more(desk: Desk) -> None:
    device, old, new = desk.club.device(), desk.made(), desk.made()

    def show(said: str) -> int:
        wish = OpenCodeSession(session_id=new_id(), code=shown_at_a_kiosk(said).code)
        return device.post("/v1/code-sessions", wish).status_code

    assert (show(old) == 200, show(new)) == (False, 200)
    asked = Page(desk.club.http.get(f"{HERE}/{WANG}/end"))
    assert "作废王**的会员码" in asked.answer.text.replace(" ", "")
    assert "马上失效" in asked.text("end")
    assert show(new) == 200, "asking ends nothing"
    assert "会员码已作废" in Page(desk.club.http.post(asked.form("end").action, data=asked.form("end").fields)).text(
        "notice"
    )
    assert show(new) != 200
    with desk.club.context.db.read() as tx:
        rows = tx.rows(select(audit.c.act, audit.c.actor, audit.c.facts).where(audit.c.subject == f"member:{WANG}"))
    made = ("code.issue", f"staff:{MANAGER}", {"identity": "id-card"})
    assert [tuple(row) for row in rows] == [made, made, ("code.withdraw", f"staff:{MANAGER}", {})]


@pytest.mark.parametrize("query", [WANG_PHONE, "6621"])
def test_a_member_is_found_masked_and_told_whether_a_code_is_in_force(desk: Desk, query: str) -> None:
    page = desk.send(query=query)
    assert WANG_PHONE not in page.answer.text
    assert "138****6621" in page.text(f"m-{WANG}").replace(" ", "")
    assert "换新码" not in page.text(f"m-{WANG}")
    desk.made()
    again = desk.send(query=query).text(f"m-{WANG}")
    assert "仍然有效" in again
    assert "换新码" in again


@pytest.mark.parametrize(("query", "said"), [("66", "请至少输入 4 个字"), ("13900000001", "没有找到")])
def test_what_finds_nobody_is_told(desk: Desk, query: str, said: str) -> None:
    page = desk.send(query=query)
    assert said in page.text("notice")
    assert query not in page.url
    assert page.form("find").fields["query"] == query, "a slip of the finger is put right, not typed anew"


def test_nobody_is_given_a_code_unseen_nor_by_another_store(desk: Desk) -> None:
    assert desk.send(f"/{WANG}", identity="").status == 400
    assert desk.send("/nobody", identity="id-card").status == 404
    with desk.club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(home_store="west"))
    assert "没有找到" in desk.send(query=WANG_PHONE).text("notice")
    assert desk.club.http.get(f"{HERE}/{WANG}/end").status_code == 404
    for path in (f"/{WANG}", f"/{WANG}/end"):
        assert desk.send(path, identity="id-card").status == 404
    with desk.club.context.db.read() as tx:
        assert not tx.rows(select(member_codes))


def test_a_form_that_is_not_ours_makes_no_code(desk: Desk) -> None:
    assert desk.club.http.post(f"{HERE}/{WANG}", data={"identity": "id-card"}).status_code in (400, 403)
    device = desk.club.device()
    answer = device.post("/v1/code-sessions", OpenCodeSession(session_id=new_id(), code="0" * 32))
    assert code_of(answer) == "card_unknown"
