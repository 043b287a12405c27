"""The change feeds: dense, in order, never missing a row, and only what the device's store may know."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from central_api.background import Clearing
from central_api.devices import service as devices
from central_api.feed import service as feed
from central_api.feed.notes import DisplayHint
from central_api.feed.tables import change_log, feed_epoch
from club.model.text import Text
from club.wire import signing
from club.wire.changes import DisplayEntity, RewardCategoryEntity, Snapshot, SyncAnswer
from tests.support.central import Club, Device, code_of, facts_of, read


def a_tab(slug: str, order: int = 1) -> RewardCategoryEntity:
    return RewardCategoryEntity(slug=slug, name=Text("洗车券"), order=order)


def publish(club: Club, name: str, slug: str, order: int = 1) -> None:
    with club.context.db.write() as tx:
        feed.publish(tx, name, "reward_category", slug, a_tab(slug, order), now=club.clock.now())


def place(start: Snapshot) -> str:
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    return f"epoch={start.epoch}&after={after}"


def needs_snapshot(device: Device, places: str) -> bool:
    """Whether a device is told that what changed since then is not known; the problem names the epoch it starts anew in."""
    answer = device.get(f"/v1/sync?{places}")
    told: bool = answer.status_code == 410 and code_of(answer) == "snapshot_needed" and bool(facts_of(answer)["epoch"])
    return told


def heads(club: Club) -> dict[str, int]:
    with club.context.db.read() as tx:
        return feed.all_heads(tx)


def test_a_snapshot_holds_what_a_kiosk_needs_and_nothing_of_another_store(club: Club) -> None:
    found = read(club.device().get("/v1/snapshot"), Snapshot)
    kinds = {row.entity for row in found.rows}
    assert {"programme", "reward", "reward_category", "member"} <= kinds
    assert {row.feed for row in found.rows} == {"global", "store-east"}
    text = b"".join(bytes(row.payload) for row in found.rows).decode()
    assert "砚舟" not in text, "no given name"
    assert "138-0000" not in text, "no phone"
    assert "04BF3929190E8A" not in text, "no UID"
    assert len([row for row in found.rows if row.entity == "reward"]) == 26


def test_changes_follow_a_snapshot_without_a_gap(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    publish(club, "global", "one")
    publish(club, "store-east", "two")
    publish(club, "store-west", "three")
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    found = read(device.get(f"/v1/sync?epoch={start.epoch}&after={after}"), SyncAnswer)
    assert [(change.feed, change.entity_id) for change in found.changes] == [("global", "one"), ("store-east", "two")]
    assert [change.seq for change in found.changes] == [start.cursors["global"] + 1, start.cursors["store-east"] + 1]
    assert not found.more
    later = ",".join(f"{name}:{seq}" for name, seq in found.cursors.items())
    assert read(device.get(f"/v1/sync?epoch={start.epoch}&after={later}"), SyncAnswer).changes == ()


def test_a_long_feed_comes_in_parts(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    with club.context.db.write() as tx:
        for number in range(feed.ROWS_PER_FEED + 5):
            feed.publish(tx, "global", "reward_category", f"tab-{number}", a_tab(f"tab-{number}"), now=club.clock.now())
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    first = read(device.get(f"/v1/sync?epoch={start.epoch}&after={after}"), SyncAnswer)
    assert (len(first.changes), first.more) == (500, True)
    after = ",".join(f"{name}:{seq}" for name, seq in first.cursors.items())
    second = read(device.get(f"/v1/sync?epoch={start.epoch}&after={after}"), SyncAnswer)
    assert (len(second.changes), second.more) == (5, False)


@pytest.mark.parametrize(
    "after",
    ["", "global:0", "global:999999,store-east:0", "store-west:0", "global:0,store-east:0,store-west:0"],
)
def test_places_that_cannot_be_followed_ask_for_a_snapshot(club: Club, after: str) -> None:
    with club.context.db.read() as tx:
        epoch = feed.epoch(tx)
    assert needs_snapshot(club.device(), f"epoch={epoch}&after={after}")


def test_a_device_one_version_back_is_told_in_the_answer(club: Club) -> None:
    device = club.device()
    target = "/v1/sync?epoch=another&after=global:0,store-east:0"
    headers = device.identity.sign(method="GET", target=target, body=b"", at=club.clock.now())
    headers[signing.VERSION_HEADER] = str(signing.OLDEST_WIRE_VERSION)
    found = read(club.http.get(target, headers=headers), SyncAnswer)
    assert (found.snapshot_needed, found.changes) == (True, ())


def test_another_epoch_asks_for_a_snapshot(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    with club.context.db.write() as tx:
        tx.execute(update(feed_epoch).values(epoch="restored"))
    assert needs_snapshot(device, f"epoch={start.epoch}&after={after}")


def test_rows_cleared_away_ask_for_a_snapshot(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    publish(club, "global", "one")
    club.clock.forward(60)
    with club.context.db.write() as tx:
        assert feed.forget_before(tx, club.clock.now()) > 0
    assert needs_snapshot(device, f"epoch={start.epoch}&after={after}")


def test_what_is_cleared_away_is_the_beginning_of_a_feed_whatever_its_rows_say_of_their_time(club: Club) -> None:
    device, now = club.device(), club.clock.now()
    start = place(read(device.get("/v1/snapshot"), Snapshot))
    for slug, ago in (("one", 1), ("two", 40), ("three", 2), ("four", 0)):
        with club.context.db.write() as tx:
            feed.publish(tx, "global", "reward_category", slug, a_tab(slug), now=now - timedelta(days=ago))
    with club.context.db.write() as tx:
        assert feed.forget_before(tx, now - timedelta(days=30)) >= 2, "the one before the old one goes with it"
    with club.context.db.read() as tx:
        query = select(change_log.c.entity_id).where(change_log.c.feed == "global").order_by(change_log.c.seq)
        assert [row.entity_id for row in tx.rows(query)] == ["three", "four"]
    assert needs_snapshot(device, start)


def test_a_store_that_joins_a_group_follows_its_feed_and_forgets_it_when_it_leaves(club: Club) -> None:
    device = club.device()
    alone = place(read(device.get("/v1/snapshot"), Snapshot))
    publish(club, "group-north", "of-the-group")
    with club.context.db.write() as tx:
        devices.put_in_group(tx, "east", "north", club.clock.now(), by="staff:1000")
    assert needs_snapshot(device, alone)
    joined = read(device.get("/v1/snapshot"), Snapshot)
    assert set(joined.cursors) == {"global", "group-north", "store-east"}
    assert [row.entity_id for row in joined.rows if row.feed == "group-north"] == ["of-the-group"]
    publish(club, "group-north", "later")
    found = read(device.get(f"/v1/sync?{place(joined)}"), SyncAnswer)
    assert [(change.feed, change.entity_id) for change in found.changes] == [("group-north", "later")]
    with club.context.db.write() as tx:
        devices.put_in_group(tx, "east", "", club.clock.now(), by="staff:1000")
    assert needs_snapshot(device, place(joined))


def test_a_display_is_told_the_kinds_it_shows_and_a_kiosk_also_those_of_tomorrow(club: Club) -> None:
    kiosk, screen = club.device(), club.device("tv-1")
    starts = [read(device.get("/v1/snapshot"), Snapshot) for device in (kiosk, screen)]
    assert "member" in {row.entity for row in starts[0].rows}
    assert {row.entity for row in starts[1].rows} <= {
        "programme",
        "store",
        "reward",
        "reward_category",
        "activity",
        "display",
    }
    with club.context.db.write() as tx:
        feed.publish(tx, "store-east", "hologram", "h-1", a_tab("h-1"), now=club.clock.now())
        feed.publish(tx, "store-east", "member", "f" * 64, a_tab("m-1"), now=club.clock.now())
    told = [
        [
            (row.entity, row.entity_id, row.is_gone)
            for row in read(device.get(f"/v1/sync?{place(start)}"), SyncAnswer).changes
        ]
        for device, start in zip((kiosk, screen), starts, strict=True)
    ]
    assert told[0] == [("hologram", "h-1", False), ("member", "f" * 64, False)]
    assert told[1] == [("hologram", feed.WITHHELD, True), ("member", feed.WITHHELD, True)]


def test_changes_are_kept_for_the_days_set_and_cleared_away_at_most_once_an_hour(club: Club) -> None:
    device, clearing, day = club.device(), Clearing(), 86_400
    long_away = place(read(device.get("/v1/snapshot"), Snapshot))
    publish(club, "global", "one")
    club.clock.forward(13 * day)
    back = place(read(device.get("/v1/snapshot"), Snapshot))
    publish(club, "global", "two")
    assert clearing.when_due(club.context) == 0, "nothing is fourteen days old yet"
    club.clock.forward(2 * day)
    assert clearing.when_due(club.context) > 0
    assert needs_snapshot(device, long_away)
    found = read(device.get(f"/v1/sync?{back}"), SyncAnswer)
    assert ([change.entity_id for change in found.changes], found.snapshot_needed) == (["two"], False)
    club.clock.forward(20 * day)
    assert clearing.when_due(club.context) > 0
    with club.context.db.write() as tx:
        feed.publish(tx, "global", "reward_category", "old", a_tab("old"), now=club.clock.now() - timedelta(days=30))
    club.clock.forward(59 * 60)
    assert clearing.when_due(club.context) == 0, "not due yet"
    club.clock.forward(60)
    assert clearing.when_due(club.context) == 1


@pytest.mark.parametrize("after", ["global", "global:", "global:-1", "global:1.5", ":3", "global:99999999999999999999"])
def test_places_that_cannot_be_read_are_malformed(club: Club, after: str) -> None:
    answer = club.device().get(f"/v1/sync?epoch=x&after={after}")
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_an_entity_published_twice_in_one_unit_is_one_row_and_a_gone_one_leaves_the_snapshot(club: Club) -> None:
    before = heads(club)
    with club.context.db.write() as tx:
        feed.publish(tx, "global", "reward_category", "twice", a_tab("twice", 1), now=club.clock.now())
        feed.publish(tx, "global", "reward_category", "twice", a_tab("twice", 2), now=club.clock.now())
    assert heads(club)["global"] == before["global"] + 1
    with club.context.db.read() as tx:
        kept = feed.last_published(tx, "global", "reward_category", "twice")
    assert kept == msgspec.json.encode(a_tab("twice", 2))
    with club.context.db.write() as tx:
        feed.publish(tx, "global", "reward_category", "twice", None, now=club.clock.now())
    with club.context.db.read() as tx:
        assert feed.last_published(tx, "global", "reward_category", "twice") is None


def test_one_unit_publishes_to_many_feeds_and_each_has_its_own_numbers(club: Club) -> None:
    before = heads(club)
    wanted = {f"store-{number:02d}": number % 3 + 1 for number in reversed(range(30))} | {"global": 2}
    with club.context.db.write() as tx:
        for name, count in wanted.items():
            for number in range(count):
                feed.publish(tx, name, "reward_category", f"r-{number}", a_tab(name, number), now=club.clock.now())
    assert heads(club) == {**before, **{name: before.get(name, 0) + count for name, count in wanted.items()}}
    with club.context.db.read() as tx:
        for name, count in wanted.items():
            rows = tx.rows(select(change_log).where(change_log.c.feed == name).order_by(change_log.c.seq))
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            assert [row.entity_id for row in rows[-count:]] == [f"r-{number}" for number in range(count)]
            last = feed.last_published(tx, name, "reward_category", f"r-{count - 1}")
            assert last == msgspec.json.encode(a_tab(name, count - 1))


def test_what_is_rolled_back_takes_no_number(club: Club) -> None:
    before = heads(club)

    def publish_and_fail() -> None:
        with club.context.db.write() as tx:
            feed.publish(tx, "global", "reward_category", "undone", a_tab("undone"), now=club.clock.now())
            raise RuntimeError("undo")

    with pytest.raises(RuntimeError, match="undo"):
        publish_and_fail()
    assert heads(club) == before
    publish(club, "global", "next")
    assert heads(club)["global"] == before["global"] + 1


def test_a_part_that_is_undone_leaves_the_rest(club: Club) -> None:
    before = heads(club)
    with club.context.db.write() as tx:
        feed.publish(tx, "global", "reward_category", "kept", a_tab("kept"), now=club.clock.now())
        try:
            with tx.savepoint():
                feed.publish(tx, "global", "reward_category", "undone", a_tab("undone"), now=club.clock.now())
                raise RuntimeError("part")
        except RuntimeError:
            pass
    assert heads(club)["global"] == before["global"] + 1


def test_numbers_are_dense_under_racing_writers_and_readers_see_no_gap(club: Club) -> None:
    before = heads(club)
    seen: list[list[int]] = []

    def write(number: int) -> None:
        names = ["global", "store-east"] if number % 2 else ["store-east", "global"]
        with club.context.db.write() as tx:
            for name in names:
                feed.publish(tx, name, "reward_category", f"r-{number}", a_tab(f"r-{number}"), now=club.clock.now())
        with club.context.db.read() as tx:
            query = select(change_log.c.seq).where(change_log.c.feed == "global").order_by(change_log.c.seq)
            seen.append([row.seq for row in tx.rows(query)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert heads(club) == {**before, "global": before["global"] + 64, "store-east": before["store-east"] + 64}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)


def test_a_displays_new_revision_is_told_to_it(club: Club) -> None:
    told: list[object] = []
    club.context.db.after_commit(told.extend)
    with club.context.db.write() as tx:
        feed.publish(tx, "store-east", "display", "tv-1", DisplayEntity(slug="tv-1", revision=12), now=club.clock.now())
    assert DisplayHint("store-east", "tv-1", 12) in told
