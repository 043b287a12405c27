"""The media cache: gone on with after a break, verified, and never emptied under a manifest."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from club.model import errors as club_errors
from club.model.board import Picture
from club.sync import errors
from club.sync.client import ApiClient
from club.sync.media import MediaCache, Quota
from tests.club.sync import makers
from tests.club.sync.small_server import Answer, Asked, SmallServer, a_problem, serving

CONTENT = bytes(range(256)) * 1024  # 256 KiB
PICTURE = makers.a_picture(CONTENT)


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving() as small:
        yield small


@pytest.fixture
def client(server: SmallServer, tmp_path: Path) -> ApiClient:
    return ApiClient(server.address, makers.an_identity(tmp_path), makers.a_clock())


@pytest.fixture
def cache(tmp_path: Path) -> MediaCache:
    return MediaCache(tmp_path / "media")


def _serve(server: SmallServer, picture: Picture, content: bytes, *, ranges: bool = True) -> None:
    def answer(asked: Asked) -> Answer:
        wanted = asked.headers.get("Range")
        if wanted and ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return Answer(416, b"", "application/octet-stream")
            return Answer(206, content[start:], "image/webp")
        return Answer(200, content, "image/webp")

    server.routes[f"GET /v1/media/{picture.sha256}"] = answer


def test_a_picture_is_here_only_when_it_is_whole_and_right(
    server: SmallServer, client: ApiClient, cache: MediaCache
) -> None:
    assert cache.path(PICTURE.sha256) is None
    assert cache.missing([PICTURE]) == (PICTURE,)
    _serve(server, PICTURE, CONTENT)
    assert cache.fetch(client, PICTURE)
    path = cache.path(PICTURE.sha256)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert cache.missing([PICTURE]) == ()
    assert cache.fetch(client, PICTURE)
    assert len(server.asked) == 1  # what is here is not asked for again


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(
    server: SmallServer, client: ApiClient, cache: MediaCache, ranges: bool
) -> None:
    server.routes[f"GET /v1/media/{PICTURE.sha256}"] = lambda _: Answer(200, CONTENT[:100_000], "image/webp", cut=True)
    with pytest.raises(errors.ServerUnreachable):
        cache.fetch(client, PICTURE)
    assert cache.path(PICTURE.sha256) is None
    _serve(server, PICTURE, CONTENT, ranges=ranges)
    assert cache.fetch(client, PICTURE)
    assert server.asked[-1].headers["Range"].startswith("bytes=")
    assert int(server.asked[-1].headers["Range"].removeprefix("bytes=").removesuffix("-")) > 0
    path = cache.path(PICTURE.sha256)
    assert path is not None
    assert path.read_bytes() == CONTENT


def test_a_download_makes_room_and_keeps_what_came(server: SmallServer, client: ApiClient, cache: MediaCache) -> None:
    _serve(server, PICTURE, CONTENT)
    assert not cache.fetch(client, PICTURE, lambda: True)
    assert cache.path(PICTURE.sha256) is None
    assert cache.fetch(client, PICTURE)
    assert "Range" in server.asked[1].headers


@pytest.mark.parametrize(
    "wrong",
    [b"<html>log in</html>", CONTENT[:-1] + b"x", CONTENT + b"x", b""],
    ids=["page", "flipped", "longer", "empty"],
)
def test_other_content_is_thrown_away_and_the_right_one_fetched_anew(
    server: SmallServer, client: ApiClient, cache: MediaCache, wrong: bytes
) -> None:
    _serve(server, PICTURE, wrong)
    with pytest.raises(errors.MediaWrong):
        cache.fetch(client, PICTURE)
    assert cache.path(PICTURE.sha256) is None
    _serve(server, PICTURE, CONTENT)
    assert cache.fetch(client, PICTURE)


def test_a_part_that_does_not_fit_the_servers_file_is_begun_anew(
    server: SmallServer, client: ApiClient, cache: MediaCache, tmp_path: Path
) -> None:
    part = tmp_path / "media" / PICTURE.sha256[:2] / f"{PICTURE.sha256}.part"
    part.parent.mkdir()
    part.write_bytes(b"y" * (PICTURE.size - 1))
    server.routes[f"GET /v1/media/{PICTURE.sha256}"] = lambda _: Answer(416, b"", "application/octet-stream")
    with pytest.raises(errors.MediaWrong):
        cache.fetch(client, PICTURE)
    _serve(server, PICTURE, CONTENT)
    assert cache.fetch(client, PICTURE)


def test_a_picture_the_server_lacks_is_not_found(server: SmallServer, client: ApiClient, cache: MediaCache) -> None:
    server.routes[f"GET /v1/media/{PICTURE.sha256}"] = lambda _: a_problem(club_errors.NotFound(kind="media"), 404)
    with pytest.raises(club_errors.NotFound):
        cache.fetch(client, PICTURE)


def test_a_file_of_the_wrong_size_counts_as_missing(tmp_path: Path, cache: MediaCache) -> None:
    place = tmp_path / "media" / PICTURE.sha256[:2] / PICTURE.sha256
    place.parent.mkdir()
    place.write_bytes(CONTENT[:-5])  # a disk that lost the end
    assert cache.missing([PICTURE]) == (PICTURE,)


def test_sweeping_takes_the_longest_unused_first_and_nothing_a_manifest_shows(tmp_path: Path) -> None:
    cache = MediaCache(tmp_path / "media", quota=Quota(250, 0))
    pictures = [makers.a_picture(bytes([number]) * 100) for number in range(5)]
    for age, picture in enumerate(pictures):
        place = tmp_path / "media" / picture.sha256[:2] / picture.sha256
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"x" * 100)
        os.utime(place, (1_000_000 + age, 1_000_000 + age))
    cache.sweep({pictures[0].sha256, pictures[1].sha256})
    here = [cache.path(picture.sha256) is not None for picture in pictures]
    assert here == [True, True, False, False, False]
    cache.sweep({picture.sha256 for picture in pictures[:1]})
    assert [cache.path(picture.sha256) is not None for picture in pictures[:2]] == [True, True]  # under the cap


def _full(tmp_path: Path, *, quota: Quota, free: int) -> tuple[MediaCache, list[Picture]]:
    """A cache with three files of 100 KB, the first the longest unused."""
    cache = MediaCache(tmp_path / "media", quota=quota, free=lambda _: free)
    pictures = [makers.a_picture(bytes([number]) * 100_000) for number in range(3)]
    for age, picture in enumerate(pictures):
        place = tmp_path / "media" / picture.sha256[:2] / picture.sha256
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(bytes([age]) * 100_000)
        os.utime(place, (1_000_000 + age, 1_000_000 + age))
    return cache, pictures


@pytest.mark.parametrize(
    ("quota", "free"),
    [(Quota(500_000, 0), 10**9), (Quota(10**9, 300_000), 500_000)],
    ids=["quota", "reserve"],
)
def test_room_is_made_before_a_download_and_never_from_what_is_shown_or_comes_next_l4(
    server: SmallServer, client: ApiClient, tmp_path: Path, quota: Quota, free: int
) -> None:
    cache, old = _full(tmp_path, quota=quota, free=free)
    _serve(server, PICTURE, CONTENT)
    assert cache.fetch(client, PICTURE, keep={old[0].sha256, old[2].sha256})
    assert [cache.path(one.sha256) is not None for one in (*old, PICTURE)] == [True, False, True, True]


@pytest.mark.parametrize("free", [10**9, 300_000], ids=["quota", "reserve"])
def test_what_does_not_fit_is_not_begun_and_nothing_shown_gives_way(
    server: SmallServer, client: ApiClient, tmp_path: Path, free: int
) -> None:
    cache, old = _full(tmp_path, quota=Quota(500_000, 200_000), free=free)
    _serve(server, PICTURE, CONTENT)
    with pytest.raises(OSError, match="do not fit"):
        cache.fetch(client, PICTURE, keep=[one.sha256 for one in old])
    assert server.asked == []
    assert all(cache.path(one.sha256) for one in old)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63])
def test_a_name_that_is_no_hash_never_becomes_a_path(cache: MediaCache, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        cache.path(name)
