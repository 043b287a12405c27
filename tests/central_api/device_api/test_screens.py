"""A display fetches its manifest and its pictures through the signed API, on both database engines (L4)."""

import hashlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, delete, update
from sqlalchemy.exc import DBAPIError

from central_api.activities import bound
from central_api.boards import service as boards
from central_api.boards.tables import board_versions
from central_api.db import Tx
from central_api.staff.audit import record
from central_api.staff.tables import audit
from club.model.board import Manifest
from club.model.text import Text
from club.wire.changes import Snapshot
from club.wire.codec import decode
from tests.support import central
from tests.support.central import Club


def publish_title(club: Club, title: str) -> None:
    now = club.clock.now()
    with club.context.db.write() as tx:
        row = boards.board(tx, "b-lakeside", lock=True)
        draft = msgspec.structs.replace(row.draft, texts={**row.draft.texts, "title": Text(title)})
        edited = boards.edit(tx, row.slug, draft, expected_edit=row.edit, by="staff:1001", now=now)
        boards.publish(tx, row.slug, expected_edit=edited.edit, by="staff:1001", now=now, read_bound=bound.read)


def test_a_display_gets_its_manifest_and_each_picture_in_it(club: Club) -> None:
    tv = club.device("tv-1")
    answer = tv.get("/v1/displays/self/manifest")
    manifest = decode(answer.content, Manifest)
    assert manifest.display == "tv-1"
    assert answer.headers["etag"] == f'"{manifest.digest}"'
    assert manifest.media
    for picture in manifest.media:
        data = tv.get(f"/v1/media/{picture.sha256}").content
        assert hashlib.sha256(data).hexdigest() == picture.sha256
        assert len(data) == picture.size


def test_a_manifest_known_already_is_not_sent_again_until_something_is_published(club: Club) -> None:
    tv = club.device("tv-1")
    first = tv.get("/v1/displays/self/manifest")
    signed = tv.identity.sign(method="GET", target="/v1/displays/self/manifest", body=b"", at=club.clock.now())
    headers = {**signed, "If-None-Match": first.headers["etag"]}
    same = club.http.get("/v1/displays/self/manifest", headers=headers)
    assert (same.status_code, same.content) == (304, b"")
    publish_title(club, "湖山三日自驾游")
    other = club.http.get("/v1/displays/self/manifest", headers=headers)
    found = decode(other.content, Manifest)
    assert other.status_code == 200
    assert found.boards["b-lakeside"].text("title").zh == "湖山三日自驾游"
    assert found.revision == decode(first.content, Manifest).revision + 1


def test_the_store_feed_carries_the_new_revision_and_nothing_else(club: Club) -> None:
    tv = club.device("tv-1")
    before = decode(tv.get("/v1/snapshot").content, Snapshot)
    publish_title(club, "湖山三日自驾游")
    after = decode(tv.get("/v1/snapshot").content, Snapshot)
    assert after.cursors["store-east"] == before.cursors["store-east"] + 2  # tv-1 and tv-4 play it
    row = next(row for row in after.rows if (row.entity, row.entity_id) == ("display", "tv-1"))
    assert msgspec.json.decode(row.payload) == {"slug": "tv-1", "revision": 2}


def test_a_kiosk_is_told_that_it_shows_no_boards(club: Club) -> None:
    answer = club.device("kiosk-1").get("/v1/displays/self/manifest")
    assert answer.status_code == 404
    assert central.code_of(answer) == "not_found"


def test_a_download_goes_on_where_it_broke_off(club: Club) -> None:
    tv = club.device("tv-1")
    picture = decode(tv.get("/v1/displays/self/manifest").content, Manifest).media[0]
    target = f"/v1/media/{picture.sha256}"
    signed = tv.identity.sign(method="GET", target=target, body=b"", at=club.clock.now())
    whole = club.http.get(target, headers=signed)
    rest = club.http.get(target, headers={**signed, "Range": "bytes=1000-"})
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes 1000-{picture.size - 1}/{picture.size}"
    assert whole.content[:1000] + rest.content == whole.content
    behind = club.http.get(target, headers={**signed, "Range": f"bytes={picture.size}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{picture.size}")
    assert "immutable" in whole.headers["cache-control"]


@pytest.mark.parametrize("name", ["0" * 64, "club.db", "..%2Fkeys.toml"])
def test_what_is_no_picture_is_not_found(club: Club, name: str) -> None:
    assert club.device("tv-1").get(f"/v1/media/{name}").status_code == 404


def test_nobody_without_a_device_key_reads_screens(club: Club) -> None:
    assert club.http.get("/v1/displays/self/manifest").status_code == 401
    assert club.http.get(f"/v1/media/{'0' * 64}").status_code == 401


@pytest.mark.parametrize("table", [board_versions, audit], ids=lambda table: table.name)
@pytest.mark.parametrize("act", [update, delete])
def test_versions_and_the_log_of_acts_only_grow(club: Club, table: Table, act: Any) -> None:
    publish_title(club, "湖山三日自驾游")
    with club.context.db.write() as tx:
        record(tx, actor="system", act="test", subject="test", now=club.clock.now())

    def change(tx: Tx) -> None:
        column = "digest" if table is board_versions else "act"
        tx.execute(update(table).values({column: "0"}) if act is update else delete(table))

    with pytest.raises(DBAPIError, match="only grows"):
        club.context.db.run(change)
