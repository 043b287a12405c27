"""Card sessions: genuine taps open, everything else is refused with its code (N3 to N5)."""

from datetime import date

from club.wire.cards import CardSession, Evidence
from tests.support.central import WANG_UID, Card, Club, code_of, facts_of, new_id, read


def test_a_tap_opens_the_home_page_with_the_drawn_figures(club: Club) -> None:
    found = club.device().session(club.card())
    home = found.member
    assert found.assurance == "cryptogram"
    assert (home.surname.zh, home.title.zh, home.tier) == ("王", "先生", "gold")
    assert (home.points, home.tier_points) == (6280, 18640)
    assert (home.card_number, home.valid_to) == ("8800 **** 2719", date(2027, 3, 31))
    assert (home.expiries[0].points, home.expiries[0].on) == (1200, date(2026, 6, 30))
    assert home.saved_this_year_fen == 238600
    assert [v.state for v in home.vouchers].count("issued") == 3
    assert [v.reward for v in home.vouchers][:2] == ["detail-wash", "tyre-rotation"]
    assert home.service_line is not None
    assert home.service_line.zh == "您的爱车正在保养，预计 15:40 可交车"
    assert home.pin_set
    assert next(limit.left for limit in home.limits if limit.reward == "basic-service-voucher") == 2
