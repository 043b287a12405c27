"""What redemptions changed reaches devices soon: noted with the redemption, published once however often, never lost (A11)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from central_api import background
from central_api.feed import due
from central_api.feed import service as feed
from central_api.feed.tables import change_log, feed_due
from central_api.rewards import catalogue, publishing
from tests.central_api.rewards.counter import Counter, books_are_right, cheap_wash, many_washes
from tests.support.central import WANG_UID, Club, a_redeem
from tests.support.wait import until


def notes(club: Club) -> int:
    with club.context.db.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(feed_due)))


def published(club: Club, entity: str) -> int:
    with club.context.db.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(change_log).where(change_log.c.entity == entity)))


def test_a_hundred_redemptions_of_one_reward_are_one_change_of_it(club: Club) -> None:
    device = club.device()
    cheap_wash(club, stock=500)
    wanted = many_washes(club, device, 100, people=5)
    before = published(club, "reward"), published(club, "member")
    Counter(club, device).send_together(wanted[:32])
    Counter(club, device).send_together(wanted[32:64])
    Counter(club, device).send_together(wanted[64:96])
    Counter(club, device).send_together(wanted[96:])
    background.publish_due(club.context)
    assert notes(club) == 0
    with club.context.db.read() as tx:
        shown = feed.last_published(tx, feed.GLOBAL, "reward", "quick-wash")
    assert shown is not None
    assert b'"stock_left":400' in shown
    assert 1 <= published(club, "reward") - before[0] <= 3, "not a hundred"
    assert 5 <= published(club, "member") - before[1] <= 15
    books_are_right(club)


def test_a_publication_that_fails_leaves_its_notes(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    device = club.device()
    cheap_wash(club)
    Counter(club, device).send_together(many_washes(club, device, 3, people=1))

    def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "entity", broken)
        with pytest.raises(RuntimeError, match="power failed"):
            background.publish_due(club.context)
        assert notes(club) > 0
    background.publish_due(club.context)
    assert notes(club) == 0
    books_are_right(club)


def test_many_who_publish_at_once_publish_the_newest_and_each_note_once(club: Club) -> None:
    device = club.device()
    cheap_wash(club, stock=300)
    counter, wanted = Counter(club, device), many_washes(club, device, 64)

    def act(n: int) -> None:
        counter.send_together(wanted[8 * n : 8 * n + 8])
        background.publish_due(club.context)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    with club.context.db.read() as tx:
        assert b'"stock_left":236' in (feed.last_published(tx, feed.GLOBAL, "reward", "quick-wash") or b"")
    assert notes(club) == 0
    books_are_right(club)


def test_more_notes_than_are_taken_at_once_are_all_published(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    device = club.device()
    cheap_wash(club, stock=10)
    Counter(club, device).send_together(many_washes(club, device, 5, people=5))
    waiting, before = notes(club), published(club, "member")
    assert waiting > 5
    monkeypatch.setattr(publishing, "NOTES", dict.fromkeys(publishing.NOTES, 2))
    assert background.publish_due(club.context) == waiting
    assert notes(club) == 0
    assert published(club, "member") - before >= 5


def test_a_note_of_nobody_known_is_passed_over(club: Club) -> None:
    with club.context.db.write() as tx:
        due.mark(tx, due.MEMBER, "nobody")
        due.mark(tx, due.REWARD, "nothing")
    background.publish_due(club.context)
    assert notes(club) == 0


def test_the_running_service_tells_kiosks_by_itself(club: Club) -> None:
    device = club.device()
    club.redeemed(device, a_redeem(device.session(club.card()), "fuel-card-100", 2000))
    name = club.context.keyring.card_hash("east", WANG_UID)

    def told() -> bool:
        with club.context.db.read() as tx:
            return b'"points":4280' in (feed.last_published(tx, feed.store_feed("east"), "member", name) or b"")

    until(told, "the new balance in the store's feed", within_s=10)
