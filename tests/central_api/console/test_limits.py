"""The page of drivers' limits: whose cards it shows, what is set, and that another store's stay its own (N4)."""

from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, select, update

from central_api.cards.tables import cards
from central_api.ledger import service as ledger
from central_api.ledger.tables import accounts, holds
from central_api.lifecycle import card_desk
from central_api.members.tables import members
from central_api.staff.tables import audit, staff
from tests.central_api.console.conftest import MANAGER, Desk, signed_in
from tests.support.hall import PIN_HASH
from tests.support.pages import Page
from tests.support.screens_club import Club

PAGE = "/console/limits"
TAILS = {"card-1": "2719", "card-west": "2720", "card-own": "2721", "card-new": "2722"}


def driver(club: Club, card: str, *, store: str = "east", kind: str = "company") -> str:
    """A card of a company that came just now, and its driver."""
    now, member = club.clock.now(), f"member-{card}"
    values: dict[str, Any] = {
        "id": member,
        "surname": {"zh": "安达物流有限公司", "en": "Anda Logistics"},
        "title": {},
        "kind": kind,
        "language": "zh-CN",
        "tier": "classic",
        "status": "active",
        "home_store": store,
        "joined": now.date(),
        "valid_to": now.date() + timedelta(days=300),
        "created_at": now,
    }
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1000", now)
    with club.context.db.write() as tx:
        tx.execute(insert(members).values(**values))
        for track in ("points", "tier"):
            account = {"id": ledger.member_account(member, track), "track": track, "member": member, "balance": 0}
            tx.execute(insert(accounts).values(**account))
        card_desk.take_in(tx, desk, blank(card), new_id=lambda: card)
        card_desk.issue(tx, desk, card, member, PIN_HASH, driver="赵建国")
    return card


def blank(card: str) -> card_desk.Blank:
    tail = TAILS[card]
    return card_desk.Blank(f"0400000000{tail}", "ntag424", f"8800 0127 {tail}", "classic", "uid", "b")


def limit_of(club: Club, card: str) -> tuple[int | None, str]:
    with club.context.db.read() as tx:
        row = tx.first(select(cards).where(cards.c.id == card))
    return row.limit_points, row.limit_per


def put(desk: Desk, card: str, points: str, per: str = "month") -> Page:
    form = desk.open(PAGE).form(f"f-{card}")
    return Page(desk.http.post(form.action, data={**form.fields, "points": points, "per": per}))


def test_a_limit_is_set_and_lifted_on_the_record(manager: Desk) -> None:
    club = manager.club
    driver(club, "card-1")
    shown = manager.open(PAGE).text("c-card-1")
    for said in ("安达**", "赵**", "卡尾号 2719", "不限"):
        assert said in shown, said
    done = put(manager, "card-1", "500")
    assert "马上生效" in done.text("notice")
    assert "本月已用 0 积分" in done.text("c-card-1")
    assert limit_of(club, "card-1") == (500, "month")
    put(manager, "card-1", "0", "day")
    assert limit_of(club, "card-1") == (0, "day")
    put(manager, "card-1", "")
    assert limit_of(club, "card-1") == (None, "")
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit).where(audit.c.act == "card.limit").order_by(audit.c.id))
    assert [(row.actor, row.subject) for row in rows] == [(f"staff:{MANAGER}", "card:card-1")] * 3


def test_a_page_that_is_old_undoes_nothing_and_one_sent_twice_is_as_wished(manager: Desk) -> None:
    club, card = manager.club, driver(manager.club, "card-1")
    form = sought(manager, "2719").form("f-card-1")
    mine = {**form.fields, "points": "500", "per": "month"}
    for _ in range(2):
        assert manager.http.post(form.action, data=mine).status_code == 200
    assert limit_of(club, card) == (500, "month")
    assert put(manager, card, "80", "day").status == 200, "a colleague, later"
    answer = manager.http.post(form.action, data=mine)
    assert answer.status_code == 409
    assert "别的同事刚刚改过" in answer.text
    assert limit_of(club, card) == (80, "day")


def test_what_was_spent_with_the_card_before_is_shown_at_the_one_in_its_place(manager: Desk) -> None:
    club, card = manager.club, driver(manager.club, "card-1")
    put(manager, card, "500")
    now = club.clock.now()
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1000", now)
    paid = {"member": f"member-{card}", "points": 300, "state": "open", "store": "east", "reference": "till-1"}
    with club.context.db.write() as tx:
        until = now + timedelta(days=1)
        tx.execute(insert(holds).values(id="hold-1", placed_at=now, until=until, card=card, **paid))
        card_desk.take_in(tx, desk, blank("card-new"), new_id=lambda: "card-new")
        card_desk.replace(tx, desk, card, "card-new", PIN_HASH)
    shown = manager.open(PAGE)
    assert "本月已用 300 积分" in shown.text("c-card-new")
    assert shown.find("li", id=f"c-{card}") == []


@pytest.mark.parametrize(
    ("points", "per"), [("12.5", "day"), ("-1", "day"), ("a", "month"), ("10", "year"), ("1" * 12, "day")]
)
def test_what_is_no_limit_is_refused_and_changes_nothing(manager: Desk, points: str, per: str) -> None:
    driver(manager.club, "card-1")
    put(manager, "card-1", "500")
    assert put(manager, "card-1", points, per).status == 400
    assert limit_of(manager.club, "card-1") == (500, "month")


def test_a_persons_card_and_another_stores_are_neither_shown_nor_set(manager: Desk) -> None:
    club = manager.club
    driver(club, "card-1")
    driver(club, "card-west", store="west")
    driver(club, "card-own", kind="person")
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(stores=["east"]))
    page = manager.open(PAGE)
    form = page.form("f-card-1")
    for other in ("card-west", "card-own", "card-none"):
        assert page.find("li", id=f"c-{other}") == []
        answer = manager.http.post(f"{PAGE}/{other}", data={**form.fields, "points": "5", "per": "day"})
        assert answer.status_code == 404
    assert limit_of(club, "card-west") == limit_of(club, "card-own") == (None, "")


def shown(page: Page) -> list[str]:
    return [each["id"] for each in page.find("li") if each.get("id")]


def sought(desk: Desk, query: str) -> Page:
    form = desk.open(PAGE).form("find")
    return Page(desk.http.post(form.action, data={**form.fields, "query": query}))


def test_a_card_is_found_by_the_end_of_its_number_and_by_its_company(manager: Desk) -> None:
    club = manager.club
    for card in ("card-1", "card-west", "card-own"):
        driver(
            club,
            card,
            store="west" if card == "card-west" else "east",
            kind="person" if card == "card-own" else "company",
        )
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(stores=["east", "west"]))
        tx.execute(
            update(members)
            .where(members.c.id == "member-card-west")
            .values(surname={"zh": "归舟车队", "en": "100% Fleet"})
        )
    for query, found in (
        ("2719", ["c-card-1"]),
        (" 0127 2720", ["c-card-west"]),
        ("物流", ["c-card-1"]),
        ("anda log", ["c-card-1"]),
        ("100%", ["c-card-west"]),
        ("%", ["c-card-west"]),
        ("2721", []),  # a person's card
        ("_", []),
    ):
        assert shown(sought(manager, query)) == found, query
    form = sought(manager, "2719").form("f-card-1")
    done = Page(manager.http.post(form.action, data={**form.fields, "points": "5", "per": "day"}))
    assert (shown(done), "马上生效" in done.text("notice")) == (["c-card-1"], True), "what was found stays"
    assert "没有找到" in sought(manager, "2721").text("cards")
    assert shown(sought(manager, "  ")) == ["c-card-1", "c-card-west"]
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(stores=["east"]))
    assert shown(sought(manager, "2720")) == shown(sought(manager, "归舟")) == []


def test_more_cards_than_a_page_holds_come_leaf_by_leaf(manager: Desk) -> None:
    club, many = manager.club, 53
    driver(club, "card-1")
    with club.context.db.write() as tx:
        first = dict(tx.first(select(cards).where(cards.c.id == "card-1"))._mapping)
        for number in range(1, many):
            changed = {"id": f"card-{number:03d}x", "uid": f"05{number:012d}", "number": f"8800 0127 {5000 + number}"}
            tx.execute(insert(cards).values(**{**first, **changed, "driver": None}))
    page = manager.open(PAGE)
    [behind] = page.find("a", rel="next")
    rest = manager.open(behind["href"])
    assert (len(shown(page)), len(shown(rest))) == (50, 3)
    assert len({*shown(page), *shown(rest)}) == many
    form = rest.form(f"f-{shown(rest)[0].removeprefix('c-')}")
    done = Page(manager.http.post(form.action, data={**form.fields, "points": "5", "per": "day"}))
    assert (shown(done), "马上生效" in done.text("notice")) == (shown(rest), True), "back where it was set"
    assert shown(sought(manager, " ")) == shown(page), "nothing sought: all, leaf by leaf"
    assert sought(manager, "").find("a", rel="next") == [behind]
    assert "只列出前 50 张" in sought(manager, "安达").text("notice")
    assert shown(sought(manager, "5052")) == ["c-card-052x"]


def test_it_speaks_english_too(club: Club, browser: TestClient[Any]) -> None:
    driver(club, "card-1")
    browser.cookies.set("club-language", "en")
    page = signed_in(club, browser, MANAGER).open(PAGE)
    assert "Card ending 2719" in page.text("c-card-1")
    assert "console." not in page.text("cards")
