"""The audit of a bench finds nothing after honest redemptions, and finds what is missing, too much, or planted."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update

from central_api.ledger.proof import verify
from central_api.rewards.commands import Ask, Desk
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import idempotency, rewards
from club.model import voucher
from club.model.ids import new_id
from tests.bench.points import audit, load, planting
from tests.bench.points.conftest import MODELS, SMALL
from tests.bench.points.operations import Books
from tests.bench.points.service import SESSION_MIN


@pytest.fixture
def acknowledged(books: Books) -> Sequence[str]:
    """A redemption of every member but the models, all acknowledged."""
    luck = random.Random(1)
    redeemer = Redeemer(books.db, Desk(new_id, lambda: voucher.make(luck.randrange), SESSION_MIN))
    found = []
    for member in range(MODELS, SMALL.members):
        (one,) = load.commands(books.club, 1, luck, [member], range(SMALL.rewards))
        kiosk, now = books.club.kiosk_of(member), datetime.now(UTC)
        answer = redeemer.redeem_one(Ask(one.redeem, kiosk.device_id, kiosk.public_key, "0" * 64, now), now)
        assert answer.status == 200
        found.append(one.redeem.command_id)
    return found


def test_nothing_is_wrong_after_honest_redemptions(books: Books, acknowledged: Sequence[str]) -> None:
    assert audit.counted(books.db, acknowledged, 0) == []


def test_what_was_acknowledged_and_is_missing_is_found(books: Books, acknowledged: Sequence[str]) -> None:
    found = audit.counted(books.db, [*acknowledged, "never-booked"], 0)
    assert found[0] == "command never-booked was acknowledged and is not there"
    assert len(found) == 2


def test_what_nobody_acknowledged_is_found(books: Books, acknowledged: Sequence[str]) -> None:
    few = acknowledged[1:]
    assert audit.counted(books.db, few, 0) == [f"expected {len(few)} + 0 redemptions, found {len(acknowledged)}"]
    assert audit.counted(books.db, few, 1) == []


def test_vouchers_stock_and_answers_that_do_not_fit_are_found(books: Books, acknowledged: Sequence[str]) -> None:
    with books.db.write() as tx:
        tx.execute(update(rewards).where(rewards.c.slug == "reward-000").values(stock=rewards.c.stock + 1))
        tx.execute(text("DELETE FROM vouchers WHERE id IN (SELECT min(id) FROM vouchers)"))
        tx.execute(update(idempotency).where(idempotency.c.key == acknowledged[0]).values(status=409))
    found = " ".join(audit.counted(books.db, acknowledged, 0))
    assert f"command {acknowledged[0]} has no stored answer" in found
    assert f"expected {len(acknowledged)} vouchers, found {len(acknowledged) - 1}" in found
    assert "has not a voucher for each piece" in found
    assert "of reward-000" in found


def test_ten_corruptions_are_planted_and_all_are_found(books: Books, acknowledged: Sequence[str]) -> None:
    assert audit.seal(books.db) == len(acknowledged)
    planted = planting.plants(books.db)
    assert list(verify.run(books.db.read, verify.Proved())) == []
    planting.plant(books.db, str(books.db.engine.url), planted)
    faults = [(fault.code, str(fault)) for fault in verify.run(books.db.read, verify.Proved())]
    assert planting.found(planted, [(str(code), said) for code, said in faults]) == list(planting.PLANTED)
    assert planting.strange(planted, [(str(code), said) for code, said in faults]) == []


def test_a_corruption_that_was_not_found_does_not_count(books: Books, acknowledged: Sequence[str]) -> None:
    audit.seal(books.db)
    planted = planting.plants(books.db)
    assert planting.found(planted, []) == []
    one = planted[2]
    assert planting.found(planted, [("balance-wrong", f"account {one.named} holds 1")]) == [one.name]
    assert planting.found(planted, [("balance-wrong", "account of somebody else")]) == []
