"""A small club behind the small server: it enrols, carries commands out once, keeps a feed, a manifest and its media."""

import hashlib
import queue
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import msgspec

from club.model import errors
from club.model.board import Manifest
from club.wire import codec, signing
from club.wire.changes import Snapshot, SnapshotRow, SyncAnswer
from club.wire.devices import AskPairing, Enrolled, HeartbeatAnswer, Pairing
from club.wire.rewards import Redeem
from tests.club.sync import makers
from tests.club.sync.small_server import Answer, Asked, Hangup, Route, SmallServer, a_problem, a_value, serving

FEED = "store-east"


@dataclass
class SmallClub:
    """The club's state; `down` hangs up on everybody, `refuses` names commands it says no to."""

    server: SmallServer
    enrolled: Enrolled = field(default_factory=makers.an_enrolled)
    code: str = "123456"
    known: bool = True
    guessed_at: bool = False  # too many wrong codes came from somewhere
    entered: bool = False  # staff typed the pairing code
    pairing_codes: list[str] = field(default_factory=lambda: ["7K2M9Q"])  # the last one is shown
    down: bool = False
    refuses: dict[str, errors.ClubError] = field(default_factory=dict)
    lose_answers: set[str] = field(default_factory=set)
    carried_out: Counter[str] = field(default_factory=Counter)
    entities: dict[str, bytes] = field(default_factory=dict)
    seq: int = 0
    manifest: Manifest | None = None
    media: dict[str, bytes] = field(default_factory=dict)
    streams: list["queue.SimpleQueue[bytes | None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        routes: dict[str, Route] = {
            "POST /v1/devices/enrol": self._enrol,
            "POST /v1/devices/pairings": self._pair,
            "GET /v1/devices/self": lambda _: a_value(self.enrolled),
            "POST /v1/heartbeats": lambda _: a_value(HeartbeatAnswer(now=makers.NOW)),
            "GET /v1/snapshot": lambda _: a_value(self._snapshot()),
            "GET /v1/sync": self._sync,
            "GET /v1/stream": self._stream,
            "GET /v1/displays/self/manifest": self._manifest,
            "POST /v1/redemptions": self._redeem,
        }
        for name, route in routes.items():
            self.server.routes[name] = self._guarded(route)

    def publish(self, revision: int, *contents: bytes) -> Manifest:
        """A new manifest with its media; open streams hear of it."""
        return self.keep(makers.a_manifest(revision, *contents), *contents)

    def keep(self, manifest: Manifest, *contents: bytes) -> Manifest:
        """This manifest, with these media."""
        self.manifest = manifest
        for content in contents:
            sha = hashlib.sha256(content).hexdigest()
            self.media[sha] = content
            self.server.routes[f"GET /v1/media/{sha}"] = self._guarded(partial(_picture, content))
        self._say("display", {"slug": self.enrolled.place, "revision": manifest.revision})
        return manifest

    def change_reward(self, slug: str, points: int) -> None:
        """A reward's price; open streams are nudged."""
        self.entities[slug] = codec.encode(makers.a_reward(slug, points=points))
        self.seq += 1
        self._say("nudge", {"feed": FEED, "seq": self.seq})

    def go_down(self) -> None:
        """The server is gone: nobody answers, streams end."""
        self.down = True
        self.end_streams()

    def end_streams(self) -> None:
        """Close every open stream."""
        while self.streams:
            self.streams.pop().put(None)

    def _guarded(self, route: Route) -> Route:
        def guarded(asked: Asked) -> Answer:
            if self.down:
                raise Hangup
            if not self.known and asked.target not in ("/v1/devices/enrol", "/v1/devices/pairings"):
                return a_problem(errors.DeviceUnknown(), 401)
            return route(asked)

        return guarded

    def _enrol(self, asked: Asked) -> Answer:
        if self.guessed_at:
            return a_problem(errors.TooManyGuesses(seconds=600), 429)
        if msgspec.json.decode(asked.body)["code"] != self.code:
            return a_problem(errors.EnrolCodeWrong(), 403)
        self.known = True
        return a_value(self.enrolled, 201)

    def _pair(self, asked: Asked) -> Answer:
        asking = codec.decode(asked.body, AskPairing)
        assert asked.headers[signing.DEVICE_HEADER] == asking.device_id
        self.known = self.known or self.entered
        expires_at = makers.NOW + timedelta(minutes=10)
        return a_value(Pairing(code=self.pairing_codes[-1], expires_at=expires_at, enrolled=self.entered))

    def _redeem(self, asked: Asked) -> Answer:
        command = codec.decode(asked.body, Redeem)
        assert asked.headers[signing.KEY_HEADER] == command.command_id
        if command.command_id in self.refuses:
            return a_problem(self.refuses[command.command_id])
        if not self.carried_out[command.command_id]:
            self.carried_out[command.command_id] += 1
        if command.command_id in self.lose_answers:
            self.lose_answers.discard(command.command_id)
            self.down = True  # not even the repeat gets through
            raise Hangup
        return a_value(makers.a_redeemed(command.command_id), 201)

    def _snapshot(self) -> Snapshot:
        rows = tuple(
            SnapshotRow(feed=FEED, entity="reward", entity_id=slug, payload=msgspec.Raw(payload))
            for slug, payload in self.entities.items()
        )
        return Snapshot(epoch="e1", now=makers.NOW, cursors={FEED: self.seq}, rows=rows)

    def _sync(self, asked: Asked) -> Answer:
        if f"after={FEED}:{self.seq}" in asked.target and "epoch=e1" in asked.target:
            return a_value(SyncAnswer(epoch="e1", now=makers.NOW, cursors={FEED: self.seq}))
        # This small club keeps no rows: whoever is behind takes the snapshot.
        return a_value(SyncAnswer(epoch="e1", now=makers.NOW, cursors={FEED: self.seq}, snapshot_needed=True))

    def _manifest(self, asked: Asked) -> Answer:
        if self.manifest is None:
            return a_problem(errors.NotFound(kind="manifest"), 404)
        etag = f'"{self.manifest.digest}"'
        if asked.headers.get("If-None-Match") == etag:
            return Answer(304, headers=(("ETag", etag),))
        return Answer(200, codec.encode(self.manifest), headers=(("ETag", etag),))

    def _stream(self, asked: Asked) -> Answer:
        mine: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        mine.put(_event("hello", {"epoch": "e1", "cursors": {FEED: self.seq}, "now": makers.NOW}))
        self.streams.append(mine)
        return Answer(200, kind="text/event-stream; charset=utf-8", pieces=iter(mine.get, None))

    def _say(self, name: str, value: dict[str, object]) -> None:
        for stream in self.streams:
            stream.put(_event(name, value))


def _picture(content: bytes, _asked: Asked) -> Answer:
    return Answer(200, content, "image/webp")


def _event(name: str, value: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(value) + b"\n\n"


@contextmanager
def a_club() -> Iterator[SmallClub]:
    """A club that answers until the block ends."""
    with serving() as server:
        club = SmallClub(server)
        try:
            yield club
        finally:
            club.end_streams()
