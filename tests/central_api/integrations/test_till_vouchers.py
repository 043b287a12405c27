"""A till shows, fulfils and takes back vouchers under its own numbers: each once, none of another store (A14)."""

import pytest

from tests.support.central import Club, a_redeem, code_of, facts_of
from tests.support.partner import Partner, partner

VOUCHERS = "/v1/till/vouchers"


@pytest.fixture
def till(club: Club) -> Partner:
    """A till of the eastern store."""
    return partner(club, "vouchers.write", source="till-east", store="east")


def bought(club: Club) -> str:
    """The code of a voucher that 王先生 just redeemed."""
    device = club.device()
    return club.redeemed(device, a_redeem(device.session(club.card()))).vouchers[0].code


def act(till: Partner, code: str, name: str, number: str = "V-1", store: str = "east") -> str:
    answer = till.post(f"{VOUCHERS}/{code}/{name}", {"number": number, "store": store})
    return str(answer.json().get("state") or code_of(answer))


def test_a_voucher_is_shown_without_its_owner_then_fulfilled_once(club: Club, till: Partner) -> None:
    code = bought(club)
    shown = till.get(f"{VOUCHERS}/{code}").json()
    assert shown == {
        "code": code,
        "state": "issued",
        "reward": "basic-service-voucher",
        "name": {"zh": "基础保养券", "en": shown["name"]["en"]},
        "valid_to": "2026-08-14",
        "points": 0,
        "expired": 0,
    }
    assert [act(till, code, "fulfil"), act(till, code, "fulfil")] == ["fulfilled", "fulfilled"]
    assert [act(till, code, "fulfil", "V-2"), act(till, code, "cancel", "V-2")] == ["voucher_closed"] * 2
    again = till.post(f"{VOUCHERS}/{code}/fulfil", {"number": "V-2", "store": "east"})
    assert facts_of(again) == {"state": "fulfilled", "day": "2026-05-16"}


def test_one_taken_back_brings_its_points(club: Club, till: Partner) -> None:
    code = bought(club)
    answers = [till.post(f"{VOUCHERS}/{code}/cancel", {"number": "V-1", "store": "east"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert (answers[0].json()["state"], answers[0].json()["points"]) == ("cancelled", 1200)
    assert act(till, code, "fulfil") == "voucher_closed"


def test_what_is_refused(club: Club, till: Partner) -> None:
    code = bought(club)
    assert act(till, code, "fulfil", store="west") == "not_allowed"
    assert act(till, "0000000000", "fulfil") == "not_found"
    assert code_of(till.get(f"{VOUCHERS}/0000000000")) == "not_found"
    assert act(till, code, "fulfil", number="") == "malformed"
    other = partner(club, "points.pay", source="till-2", store="east")
    assert act(other, code, "fulfil") == "not_allowed"
    assert till.get(f"{VOUCHERS}/{code}").json()["state"] == "issued", "none of it did anything"


def test_another_tills_number_is_not_the_same_act(club: Club, till: Partner) -> None:
    code = bought(club)
    assert act(till, code, "fulfil") == "fulfilled"
    other = partner(club, "vouchers.write", source="till-2", store="east")
    assert act(other, code, "fulfil") == "voucher_closed"


def test_after_its_last_day_it_shows_as_expired(club: Club, till: Partner) -> None:
    code = bought(club)
    club.clock.forward(91 * 86400)
    assert till.get(f"{VOUCHERS}/{code}").json()["state"] == "expired"
    assert act(till, code, "fulfil") == "voucher_closed"
