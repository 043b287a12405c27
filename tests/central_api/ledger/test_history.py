"""The points history: the drawn rows, filters, pages, sums, what was bought just now, and who may see it (K3)."""

from datetime import date, datetime, timedelta

import pytest

from central_api.ledger import history
from central_api.ledger import service as ledger
from club.model.text import Text
from club.wire.cards import CardSession, Evidence
from club.wire.history import Movement, PointsHistory
from tests.support.central import WANG, Club, Device, a_redeem, code_of, new_id, read

DRAWN = [
    ("基础保养", "", 820, 820, 82000),
    ("春日茶山自驾", "活动签到奖励", 200, 0, 0),
    ("兑换精洗券 ×1", "", -600, 0, 0),
    ("事故维修", "保险公司付费，不计积分", 0, 0, 486000),
    ("到期清零", "2025 年一季度积分", -350, 0, 0),
    ("续保", "", 3200, 3200, 320000),
    ("精品·行车记录仪", "", 699, 699, 69900),
]
"""Title, note, points, tier points and fen paid of the rows of kiosk-06-points."""


def asked(device: Device, session: CardSession, query: str = "") -> PointsHistory:
    return read(device.get(f"/v1/card-sessions/{session.session_id}/history{query}"), PointsHistory)


def test_the_drawn_page(club: Club) -> None:
    device = club.device()
    found = asked(device, device.session(club.card()))
    assert (found.points, found.tier_points) == (6280, 18640)
    rows = [(m.title.zh, m.note.zh, m.points, m.tier_points, m.paid_fen) for m in found.movements]
    assert rows[: len(DRAWN)] == DRAWN
    assert [(expiry.on, expiry.points) for expiry in found.expiries] == [
        (date(2026, 6, 30), 1200),
        (date(2026, 9, 30), 860),
        (date(2026, 12, 31), 2100),
        (date(2027, 3, 31), 1100),
        (date(2027, 6, 30), 1020),
    ]
    accident = found.movements[3]
    assert (accident.excluded, accident.kind, accident.category) == (True, "earned", "insurer-paid")
    renewal = found.movements[5]
    assert [(e.on, e.points) for e in renewal.expires] == [(date(2026, 12, 31), 2100), (date(2027, 3, 31), 1100)]
    assert found.movements[2].kind == "spent"
    assert len(found.movements[2].code_tail) == 2
    assert [(m.month, m.earned, m.spent, m.expired) for m in found.months][:4] == [
        ("2026-05", 1020, 0, 0),
        ("2026-04", 0, 600, 0),
        ("2026-03", 3200, 0, 350),
        ("2026-02", 699, 0, 0),
    ]
    assert (found.total, found.next_before) == (17, "")
    assert min(m.at for m in found.movements) >= found.as_of - timedelta(days=366)


def test_every_line_has_its_english(club: Club) -> None:
    device = club.device()
    found = asked(device, device.session(club.card()))
    assert [m.title.en for m in found.movements[:5]] == [
        "Basic service",
        "Spring tea-hill drive",
        "Redeemed: Detail wash ×1",
        "Accident repair",
        "Expired",
    ]
    assert all(m.title.en and bool(m.note.en) == bool(m.note.zh) for m in found.movements)
    assert "兑换 100 元代金券 ×1" in [m.title.zh for m in found.movements]


@pytest.mark.parametrize(
    ("kind", "kinds"), [("earned", {"earned", "returned"}), ("spent", {"spent"}), ("expired", {"expired"})]
)
def test_a_filter_lets_its_kinds_through_and_leaves_the_sums_whole(club: Club, kind: str, kinds: set[str]) -> None:
    device = club.device()
    session = device.session(club.card())
    whole, part = asked(device, session), asked(device, session, f"?kind={kind}")
    assert part.movements == tuple(m for m in whole.movements if m.kind in kinds)
    assert part.total == len(part.movements) > 0
    assert part.months == whole.months


def test_what_is_redeemed_now_stands_first_with_its_codes(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    bought = club.redeemed(device, a_redeem(session, "detail-wash", 600, quantity=2))
    found = asked(device, session).movements[0]
    assert (found.title, found.kind, found.points) == (
        Text("兑换精洗券 ×2", "Redeemed: Detail wash ×2"),
        "spent",
        -1200,
    )
    assert found.code_tail == "/".join(voucher.code[-2:] for voucher in bought.vouchers)


def test_pages_of_twenty_join_without_a_gap_also_when_something_is_booked_between(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    before = asked(device, session).total
    for number in range(40):
        _earn(club, 10, club.clock.now() - timedelta(days=1, minutes=number))
    first = asked(device, session)
    assert (len(first.movements), first.total) == (history.PAGE, before + 40)
    _earn(club, 5, club.clock.now())
    seen, mark = list(first.movements), first.next_before
    while mark:
        page = asked(device, session, f"?before={mark}")
        seen += page.movements
        mark = page.next_before
    assert len(seen) == len({m.id for m in seen}) == before + 40
    assert [m.at for m in seen] == sorted((m.at for m in seen), reverse=True)


def test_what_is_older_than_twelve_months_is_not_told(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    day = datetime.fromisoformat("2025-05-16T00:00:00+08:00")
    before = asked(device, session).total
    _earn(club, 7, day - timedelta(seconds=1))
    _earn(club, 8, day)
    found = asked(device, session)
    assert found.total == before + 1
    assert found.movements[-1].points == 8


@pytest.mark.parametrize("query", ["?kind=all", "?before=m0001-00", "?kind=spent&before=m0001-38"])
def test_questions_nobody_was_told_to_ask_are_malformed(club: Club, query: str) -> None:
    device = club.device()
    session = device.session(club.card())
    answer = device.get(f"/v1/card-sessions/{session.session_id}/history{query}")
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_a_card_that_can_be_copied_shows_its_history_after_the_pin_only(club: Club) -> None:
    device = club.device()
    evidence = Evidence(uid="0444283CC4FBAA", family="desfire-ev3")
    session = read(device.open(evidence), CardSession)
    target = f"/v1/card-sessions/{session.session_id}/history"
    assert code_of(device.get(target)) == "step_up_required"
    assert device.step_up(a_redeem(session), club.demo.pins["m0002"]).status_code == 200
    assert read(device.get(target), PointsHistory).points == 12450
    again = read(device.open(evidence), CardSession)
    assert code_of(device.get(f"/v1/card-sessions/{again.session_id}/history")) == "step_up_required"


def test_another_device_does_not_get_it(club: Club) -> None:
    session = club.device().session(club.card())
    answer = club.device("kiosk-2").get(f"/v1/card-sessions/{session.session_id}/history")
    assert code_of(answer) == "session_ended"


def test_months_count_in_the_stores_calendar_and_returned_points_as_earned() -> None:
    late = datetime.fromisoformat("2026-04-30T23:59:00+08:00")
    found = [_movement("returned", 600, late + timedelta(minutes=1)), _movement("spent", -600, late)]
    sums = [(m.month, m.earned, m.spent) for m in history.month_sums(found, "Asia/Shanghai")]
    assert sums == [("2026-05", 600, 0), ("2026-04", 0, 600)]


def _movement(kind: str, points: int, at: datetime) -> Movement:
    return Movement(
        id=new_id(),
        at=at,
        kind=kind,  # type: ignore[arg-type]
        category="",
        title=Text("撤销"),
        note=Text(""),
        paid_fen=0,
        points=points,
        tier_points=0,
    )


def _earn(club: Club, points: int, at: datetime) -> None:
    occasion = ledger.Occasion("bill", at, "wash", "east", facts={"title": {"zh": "漆面护理", "en": "Paint care"}})
    with club.context.db.write() as tx:
        ledger.earn(tx, WANG, points, 0, date(2027, 6, 30), occasion, new_id=new_id)
