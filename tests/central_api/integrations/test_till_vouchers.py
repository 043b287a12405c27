"""A till shows, fulfils and takes back vouchers under its own numbers: each once, none of another store (A14)."""

import pytest
from sqlalchemy import select, update

from central_api.devices.tables import stores
from central_api.integrations.vouchers.guesses import WRONG_CODES
from central_api.staff.tables import audit
from club.model import voucher
from tests.support.central import Club, a_redeem, code_of, facts_of
from tests.support.partner import Partner, partner

VOUCHERS = "/v1/till/vouchers"


@pytest.fixture
def till(club: Club) -> Partner:
    """A till of the eastern store."""
    return partner(club, "vouchers.write", source="till-east", store="east")


def bought(club: Club) -> str:
    """The code of a voucher that 王先生 just redeemed."""
    return all_bought(club, 1)[0]


def all_bought(club: Club, quantity: int) -> list[str]:
    """The codes of several."""
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card()), quantity=quantity))
    return [made.code for made in done.vouchers]


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


@pytest.mark.parametrize("name", ["fulfil", "cancel"])
def test_told_again_it_is_no_second_act(club: Club, till: Partner, name: str) -> None:
    code = bought(club)
    assert len({act(till, code, name) for _ in range(3)}) == 1
    with club.context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.act.startswith("voucher.")))]
    assert acts == [f"voucher.{name}"]


def test_a_number_is_one_acts_own(club: Club) -> None:
    """Sent again for another voucher or from another store it would be taken for done, and was not."""
    till = partner(club, "vouchers.write", source="till-group")
    first, second = all_bought(club, 2)
    assert act(till, first, "fulfil") == "fulfilled"
    assert act(till, second, "fulfil") == "idempotency_conflict"
    assert act(till, second, "cancel") == "idempotency_conflict"
    assert act(till, first, "fulfil", store="west") == "idempotency_conflict"
    assert till.get(f"{VOUCHERS}/{second}").json()["state"] == "issued"
    assert act(till, second, "cancel", "V-2") == "cancelled"


def test_a_key_of_the_whole_group_sees_the_day_of_the_members_store(club: Club) -> None:
    """The first store of the group may be half a day ahead: there the last day is over, and here it is not."""
    code = bought(club)
    with club.context.db.write() as tx:
        first = tx.scalar(select(stores.c.slug).order_by(stores.c.position).limit(1))
        assert first == "east"
        tx.execute(update(stores).where(stores.c.slug == "west").values(position=-1, time_zone="Pacific/Kiritimati"))
    till = partner(club, "vouchers.write", source="till-group")
    club.clock.forward(90 * 86400)  # 14:32 of the last day in the east, 20:32 on the island
    assert till.get(f"{VOUCHERS}/{code}").json()["state"] == "issued"
    club.clock.forward(4 * 3600)
    assert till.get(f"{VOUCHERS}/{code}").json()["state"] == "issued", "still its last day where the member is at home"
    assert (
        partner(club, "vouchers.write", source="t", store="west").get(f"{VOUCHERS}/{code}").json()["state"] == "expired"
    )


def test_whoever_guesses_at_codes_with_a_good_key_is_told_to_wait(club: Club, till: Partner) -> None:
    code = bought(club)
    for _ in range(WRONG_CODES // 2):
        assert code_of(till.get(f"{VOUCHERS}/{voucher.make(club.context.random_below)}")) == "not_found"
        assert act(till, voucher.make(club.context.random_below), "fulfil") == "not_found"
    waits = till.get(f"{VOUCHERS}/{code}")
    assert (waits.status_code, code_of(waits), waits.headers["retry-after"]) == (429, "too_many_guesses", "600")
    assert act(till, code, "fulfil") == "too_many_guesses"
    other = partner(club, "vouchers.write", source="till-2", store="east")
    assert other.get(f"{VOUCHERS}/{code}").json()["state"] == "issued", "nobody else waits for it"
    club.clock.forward(600)
    assert act(till, code, "fulfil") == "fulfilled"


def test_slips_of_the_finger_are_no_guesses(club: Club, till: Partner) -> None:
    code = bought(club)
    for _ in range(WRONG_CODES + 1):
        assert code_of(till.get(f"{VOUCHERS}/{code[:-1]}{(int(code[-1]) + 1) % 10}")) == "not_found"
    assert act(till, code, "fulfil") == "fulfilled"
