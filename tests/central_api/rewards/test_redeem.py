"""Redeeming: one transaction, answered once for ever; each refusal with its code and nothing changed (A12)."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, insert, select, text, update

from central_api import background
from central_api.devices.tables import stores
from central_api.feed import service as feed
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, lot_uses
from central_api.programme.tables import programme_versions
from central_api.rewards import catalogue
from central_api.rewards.tables import redemptions, rewards, vouchers
from club.model import voucher
from club.wire.cards import CardSession, Evidence
from club.wire.rewards import Redeemed
from tests.support.central import Club, a_redeem, code_of, facts_of, read


def count(club: Club) -> tuple[int, int, int]:
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        tables = (redemptions, vouchers, ledger_entries)
        return tuple(int(tx.scalar(select(func.count()).select_from(table))) for table in tables)  # type: ignore[return-value]


def test_a_redemption_takes_the_points_and_issues_a_voucher(club: Club) -> None:
    device, card = club.device(), club.card()
    session = device.session(card)
    before = count(club)
    done = club.redeemed(device, a_redeem(session))
    assert (done.points_taken, done.points, done.tier_points) == (1200, 5080, 18640)
    (made,) = done.vouchers
    assert (made.state, made.valid_to, made.name.zh) == ("issued", date(2026, 8, 14), "基础保养券")
    assert voucher.is_valid(made.code)
    assert made.qr == voucher.qr_text(made.code)
    assert [store.zh for store in made.stores] == ["城东店", "城西店"]
    after = count(club)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
    home = read(device.get(f"/v1/card-sessions/{session.session_id}"), CardSession).member
    assert home.points == 5080
    assert [v.state for v in home.vouchers].count("issued") == 4
    assert home.expiries[0].on == date(2026, 9, 30), "the 1,200 that expire first are the ones eaten"
    assert next(limit.left for limit in home.limits if limit.reward == "basic-service-voucher") == 1


@pytest.mark.parametrize(("more", "named"), [(catalogue.LISTED - 2, catalogue.LISTED), (catalogue.LISTED - 1, 0)])
def test_what_is_good_everywhere_names_the_stores_of_a_club_that_has_few(club: Club, more: int, named: int) -> None:
    device = club.device()
    with club.context.db.write() as tx:
        for number in range(more):
            values = {"slug": f"more-{number}", "name": {"zh": "店", "en": "Store"}, "time_zone": "Asia/Shanghai"}
            tx.execute(insert(stores).values(**values, phone="", position=9))
        everywhere = "json_remove(content, '$.stores')" if tx.dialect == "sqlite" else "content - 'stores'"
        tx.execute(text(f"UPDATE rewards SET content = {everywhere}"))
    done = club.redeemed(device, a_redeem(device.session(club.card())))
    assert [len(made.stores) for made in done.vouchers] == [named]


def test_the_lots_that_were_eaten_are_recorded(club: Club) -> None:
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card())))
    with club.context.db.read() as tx:
        entry = tx.scalar(select(redemptions.c.entry).where(redemptions.c.id == done.redemption_id))
        eaten = tx.rows(select(lot_uses).where(lot_uses.c.entry == entry))
    assert sum(row.points for row in eaten) == 1200
    assert all(row.points > 0 for row in eaten)


def test_several_pieces_make_as_many_vouchers(club: Club) -> None:
    device = club.device()
    done = club.redeemed(device, a_redeem(device.session(club.card()), "detail-wash", 600, quantity=2))
    assert done.points_taken == 1200
    assert len({made.code for made in done.vouchers}) == 2


def test_the_same_command_is_answered_alike_for_ever(club: Club) -> None:
    device, card = club.device(), club.card()
    session = device.session(card)
    command = club.granted(device, a_redeem(session))
    first = device.redeem(command)
    before = count(club)
    device.send("DELETE", f"/v1/card-sessions/{session.session_id}")
    club.redeemed(device, a_redeem(device.session(card), "detail-wash", 600))
    club.clock.forward(90 * 86400)
    again = device.redeem(command)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert count(club)[0] == before[0] + 1, "only the second command's"


def test_the_same_key_with_another_body_is_a_conflict(club: Club) -> None:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    read(device.redeem(command), Redeemed)
    answer = device.redeem(replace(command, quantity=2))
    assert (answer.status_code, code_of(answer)) == (409, "idempotency_conflict")
    other = club.device("kiosk-2")
    assert code_of(other.redeem(command)) == "idempotency_conflict", "nor does another device get the answer"


def test_a_command_may_arrive_days_after_it_was_signed(club: Club) -> None:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    signed_at = club.clock.now()
    club.clock.forward(2 * 86400)
    from club.wire.codec import encode

    answer = device.send("POST", "/v1/redemptions", encode(command), key=command.command_id, at=signed_at)
    assert read(answer, Redeemed).points_taken == 1200


def test_without_its_grant_a_command_is_asked_for_the_pin_and_may_come_again(club: Club) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    answer = device.redeem(command)
    assert (answer.status_code, code_of(answer)) == (403, "step_up_required")
    assert read(device.redeem(club.granted(device, command)), Redeemed).points_taken == 1200


def test_a_grant_of_another_command_is_refused(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    granted = club.granted(device, a_redeem(session))
    stolen = replace(a_redeem(session), grant=granted.grant)
    assert code_of(device.redeem(stolen)) == "grant_wrong"


def test_a_grant_does_not_wait_for_ever(club: Club) -> None:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    club.clock.forward(timedelta(hours=73).total_seconds())
    assert code_of(device.redeem(command)) == "grant_wrong"


def test_more_than_the_member_has_is_refused(club: Club) -> None:
    device = club.device()
    before = count(club)
    command = club.granted(device, a_redeem(device.session(club.card()), "fuel-card-500", 9600))
    answer = device.redeem(command)
    assert (answer.status_code, code_of(answer), facts_of(answer)) == (
        409,
        "not_enough_points",
        {"balance": 6280, "price": 9600},
    )
    assert count(club) == before
    assert device.redeem(command).content == answer.content, "a refusal is an answer too"


def test_what_is_sold_out_is_refused(club: Club) -> None:
    device = club.device()
    with club.context.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "fuel-card-100").values(stock=1))
    session = device.session(club.card())
    answer = device.redeem(club.granted(device, a_redeem(session, "fuel-card-100", 2000, quantity=2)))
    assert (code_of(answer), facts_of(answer)) == ("out_of_stock", {"reward": "fuel-card-100", "left": 1, "wanted": 2})
    answer = device.redeem(club.granted(device, a_redeem(session, "air-fragrance", 600)))
    assert code_of(answer) == "out_of_stock"


def test_the_limit_of_the_window_holds_and_the_next_window_begins_anew(club: Club) -> None:
    device, card = club.device(), club.card()
    session = device.session(card)
    for _ in range(2):
        club.redeemed(device, a_redeem(session))
    answer = device.redeem(club.granted(device, a_redeem(session)))
    assert (code_of(answer), facts_of(answer)) == (
        "limit_reached",
        {"reward": "basic-service-voucher", "per": "month", "times": 2, "left": 0},
    )
    club.clock.forward(16 * 86400)  # 1 June, 14:32
    club.redeemed(device, a_redeem(device.session(card)))


def test_a_reward_of_another_tier_is_refused(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    answer = device.redeem(club.granted(device, a_redeem(session, "ceramic-coating", 12000)))
    assert (answer.status_code, code_of(answer), facts_of(answer)["needs"]) == (403, "tier_too_low", "diamond")


def test_early_access_opens_for_a_tier_on_its_day(club: Club) -> None:
    device, card = club.device(), club.card()
    answer = device.redeem(club.granted(device, a_redeem(device.session(card), "airport-lounge", 1800)))
    assert code_of(answer) == "tier_too_low"
    club.clock.forward(11 * 86400)
    with club.context.db.write() as tx:
        assert catalogue.publish_due(tx, club.clock.now()) == 1, "devices are told that it opened"
    with club.context.db.write() as tx:
        assert catalogue.publish_due(tx, club.clock.now()) == 0
    with club.context.db.read() as tx:
        told = feed.last_published(tx, "global", "reward", "airport-lounge")
    assert told is not None
    assert b'"tiers":["gold","diamond"]' in told
    assert club.redeemed(device, a_redeem(device.session(card), "airport-lounge", 1800)).points_taken == 1800


@pytest.mark.parametrize(
    ("reward", "unit"), [("no-such-reward", 100), ("basic-service-voucher", 1199), ("basic-service-voucher", 1201)]
)
def test_what_is_not_offered_at_that_price_is_refused(club: Club, reward: str, unit: int) -> None:
    device = club.device()
    answer = device.redeem(club.granted(device, a_redeem(device.session(club.card()), reward, unit)))
    assert (code_of(answer), facts_of(answer)) == ("reward_not_offered", {"reward": reward})


def test_a_tier_pays_its_own_price(club: Club) -> None:
    device = club.device()
    session = read(device.open(Evidence(uid="0444283CC4FBAA", family="desfire-ev3")), CardSession)
    command = a_redeem(session, "full-service-voucher", 2900)  # 3,200 for everybody else
    done = read(device.redeem(club.granted(device, command, club.demo.pins["m0002"])), Redeemed)
    assert done.points_taken == 2900


def test_a_card_that_can_be_copied_spends_up_to_its_daily_cap(club: Club) -> None:
    device = club.device()
    session = read(device.open(Evidence(uid="0444283CC4FBAA", family="desfire-ev3")), CardSession)
    pin = club.demo.pins["m0002"]
    read(device.redeem(club.granted(device, a_redeem(session, "full-service-voucher", 2900), pin)), Redeemed)
    answer = device.redeem(club.granted(device, a_redeem(session, "quick-wash", 300), pin))
    assert (code_of(answer), facts_of(answer)) == ("daily_cap_reached", {"cap": 2999, "spent": 2900})
    club.clock.forward(86400)
    tomorrow = read(device.open(Evidence(uid="0444283CC4FBAA", family="desfire-ev3")), CardSession)
    read(device.redeem(club.granted(device, a_redeem(tomorrow, "quick-wash", 300), pin)), Redeemed)


def test_a_card_blocked_after_its_tap_spends_nothing(club: Club) -> None:
    from central_api.cards import repository

    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    with club.context.db.write() as tx:
        repository.set_state(tx, "card-m0001", {"state": "blocked", "blocked_since": date(2026, 5, 16)})
    assert code_of(device.redeem(command)) == "card_blocked"


def test_where_the_programme_asks_no_pin_the_session_must_have_been_open(club: Club) -> None:
    with club.context.db.write() as tx:
        row = tx.first(select(programme_versions))
        content = {**row.content, "redeem": {**row.content["redeem"], "pin": "by-value", "pin_from_points": 1000}}
        tx.execute(update(programme_versions).values(content=content))
    device, card = club.device(), club.card()
    session = device.session(card)
    assert read(device.redeem(a_redeem(session, "detail-wash", 600)), Redeemed).points_taken == 600
    assert code_of(device.redeem(a_redeem(session))) == "step_up_required", "dear enough for the PIN"
    device.send("DELETE", f"/v1/card-sessions/{session.session_id}")
    club.clock.forward(301)
    assert code_of(device.redeem(a_redeem(session, "detail-wash", 600))) == "session_ended"


def test_the_command_id_is_the_key(club: Club) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    answer = device.post("/v1/redemptions", command, key="another-key-0001")
    assert (answer.status_code, code_of(answer)) == (400, "malformed")
    assert code_of(device.post("/v1/redemptions", command)) == "malformed", "and there must be one"


@pytest.mark.parametrize("quantity", [b"2.0", b'"2"', b"0", b"21", b"true", b"null"])
def test_numbers_are_strict_and_bounded(club: Club, quantity: bytes) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    from club.wire.codec import encode

    body = encode(command).replace(b'"quantity":1', b'"quantity":' + quantity)
    assert body != encode(command)
    answer = device.send("POST", "/v1/redemptions", body, key=command.command_id)
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_the_devices_learn_of_the_new_balance_and_stock(club: Club) -> None:
    device = club.device()
    start = device.get("/v1/snapshot").json()
    places = ",".join(f"{feed}:{seq}" for feed, seq in start["cursors"].items())
    command = a_redeem(device.session(club.card()), "fuel-card-100", 2000)
    club.redeemed(device, command)
    background.publish_due(club.context)
    told = device.get(f"/v1/sync?epoch={start['epoch']}&after={places}").json()
    found = {change["entity"]: change for change in told["changes"]}
    assert found["member"]["feed"] == "store-east"
    assert found["member"]["payload"]["points"] == 4280
    assert found["member"]["entity_id"] == club.context.keyring.card_hash("east", "04BF3929190E8A")
    assert (found["reward"]["feed"], found["reward"]["payload"]["stock_left"]) == ("global", 59)
