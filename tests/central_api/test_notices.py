"""Urgent notices: two people, one at a time, never without an end, on every screen at once and off again (L2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from central_api.activities import bound
from central_api.boards import notices, repository
from central_api.boards.content import Fields
from club.model import errors
from club.model.board import Manifest
from club.model.text import Text
from club.wire.codec import decode
from tests.support.central import Club

FIRST, SECOND = "staff:1001", "staff:1008"
WORDS = Fields(template="notice", texts={"title": Text("消防演练", "Fire drill"), "text": Text("请随工作人员离开。")})
TVS = ("tv-1", "tv-2")
EVERY_TV = (*TVS, "tv-3", "tv-4")


def prepare(club: Club, slug: str = "n-drill", *, ends: datetime | None = None, by: str = FIRST) -> str:
    now = club.clock.now()
    with club.context.db.write() as tx:
        notices.prepare(tx, slug, WORDS, TVS, ends or now + timedelta(hours=2), among=TVS, by=by, now=now)
    return slug


def confirm(club: Club, slug: str, by: str = SECOND) -> tuple[str, ...]:
    with club.context.db.write() as tx:
        raised = notices.confirm(tx, slug, by=by, now=club.clock.now(), read_bound=bound.read)
    return tuple(one.display for one in raised)


def refused(club: Club, slug: str, by: str = SECOND) -> str:
    with pytest.raises(errors.Refusal) as told:
        confirm(club, slug, by)
    return str(told.value.facts["reason"])


def covered(club: Club) -> dict[str, tuple[str, ...]]:
    with club.context.db.read() as tx:
        rows = {slug: repository.manifest_row(tx, slug).body.encode() for slug in ("tv-1", "tv-2", "tv-3")}
    return {
        slug: tuple(notice.board.text("title").zh for notice in decode(body, Manifest).notices)
        for slug, body in rows.items()
    }


def test_it_shows_when_another_person_confirms_and_on_its_displays_only(club: Club) -> None:
    slug = prepare(club)
    assert covered(club) == {"tv-1": (), "tv-2": (), "tv-3": ()}
    assert refused(club, slug, FIRST) == "same-person"
    assert confirm(club, slug) == TVS
    assert covered(club) == {"tv-1": ("消防演练",), "tv-2": ("消防演练",), "tv-3": ()}
    with club.context.db.read() as tx:
        found = notices.running(tx, club.clock.now(), TVS)
    assert found is not None
    assert (found.prepared_by, found.confirmed_by, found.starts) == (FIRST, SECOND, club.clock.now())


def test_taking_it_back_raises_the_same_displays_and_again_changes_nothing(club: Club) -> None:
    slug = prepare(club)
    confirm(club, slug)
    for expected in (TVS, ()):
        with club.context.db.write() as tx:
            raised = notices.withdraw(tx, slug, by=FIRST, now=club.clock.now(), read_bound=bound.read)
        assert tuple(one.display for one in raised) == expected
    assert covered(club) == {"tv-1": (), "tv-2": (), "tv-3": ()}
    assert refused(club, slug) == "over"


def test_it_lapses_when_nobody_confirms_within_five_minutes(club: Club) -> None:
    slug = prepare(club)
    club.clock.forward(299)
    with club.context.db.read() as tx:
        assert notices.waiting(tx, club.clock.now(), TVS) is not None
    club.clock.forward(1)
    with club.context.db.read() as tx:
        assert notices.waiting(tx, club.clock.now(), TVS) is None
    assert refused(club, slug) == "over"


def test_there_is_one_at_a_time_until_its_end(club: Club) -> None:
    confirm(club, prepare(club, "n-one"))
    assert refused(club, prepare(club, "n-two")) == "running"
    club.clock.forward(2 * 3600)
    with club.context.db.read() as tx:
        assert notices.running(tx, club.clock.now(), TVS) is None
    confirm(club, prepare(club, "n-three"))


def test_the_next_one_prepared_takes_the_place_of_the_one_that_waits(club: Club) -> None:
    first, second = prepare(club, "n-one"), prepare(club, "n-two", by=SECOND)
    assert refused(club, first) == "over"
    assert confirm(club, second, FIRST) == TVS


def test_two_who_confirm_at_once_send_it_once(club: Club) -> None:
    slug = prepare(club)

    def try_it(by: str) -> str:
        try:
            confirm(club, slug, by)
        except errors.Refusal as error:
            return str(error.facts["reason"])
        return "sent"

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(try_it, ["staff:1000", SECOND, "staff:1000", SECOND]))
    assert found == ["over", "over", "over", "sent"]


@pytest.mark.parametrize("hours", [-1, 0, 25])
def test_an_end_within_a_day_is_a_must(club: Club, hours: int) -> None:
    with pytest.raises(errors.Malformed):
        prepare(club, ends=club.clock.now() + timedelta(hours=hours))


def test_what_the_content_came_with_gives_the_first_words_and_waits_for_nobody(club: Club) -> None:
    with club.context.db.read() as tx:
        assert notices.waiting(tx, club.clock.now(), TVS) is None
        assert notices.last_words(tx, EVERY_TV).text("title").zh == "地下 B 区停车位"
    assert refused(club, "n-parking-b") == "over"
