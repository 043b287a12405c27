"""The club's database and its API processes as the devices meet them: an honest small model, several processes over one database."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from club.model import errors
from club.model.board import Board, Manifest, Playlist, Slot
from club.model.text import Text
from club.wire import codec, problems, sealing, signing
from club.wire.changes import GONE, Change, DisplayEntity, Snapshot, SnapshotRow, SyncAnswer
from club.wire.devices import AskPairing, DeviceKind, Enrolled, HeartbeatAnswer, Pairing
from club.wire.offline import OfflineEntity, OfflineRedeem, OfflineRule, OfflineSettled
from club.wire.rewards import Redeem
from tests.club.sync import makers

PAGE = 4  # rows of an answer: small, so that pages follow one another
RETENTION = 25  # rows of a feed that are kept
GLOBAL, STORE = "global", "store-east"
PRICE = 500
WASH, FLOOR, QUOTA = "wash", 1000, 3  # what is handed out offline
SEAL_SEED = bytes(range(32))
UIDS = {"ma": "04AAAAAAAAAA01", "li": "04BBBBBBBBBB02", "ou": "04CCCCCCCCCC03"}
JSON = "application/json"


@dataclass(frozen=True)
class Served:
    """An answer of the server."""

    status: int
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Feed:
    """The rows of one feed, dense from 1; what is kept of them, and every state the feed ever had."""

    name: str
    seq: int = 0
    rows: list[Change] = field(default_factory=list)
    entities: dict[tuple[str, str], bytes] = field(default_factory=dict)
    history: dict[int, dict[tuple[str, str], bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.history[self.seq] = dict(self.entities)

    def publish(self, kind: str, entity_id: str, payload: bytes) -> int:
        self.seq += 1
        self.rows.append(
            Change(feed=self.name, seq=self.seq, entity=kind, entity_id=entity_id, payload=msgspec.Raw(payload))
        )
        del self.rows[:-RETENTION]
        if payload == bytes(GONE):
            self.entities.pop((kind, entity_id), None)
        else:
            self.entities[kind, entity_id] = payload
        self.history[self.seq] = dict(self.entities)
        return self.seq


@dataclass
class Known:
    """A device as the club knows it."""

    kind: DeviceKind
    place: str
    public_key: str
    enrolled: bool = True
    revoked: bool = False


@dataclass
class ClubData:
    """What all processes share: the database. One method call is one transaction."""

    now: Callable[[], datetime]
    epoch: int = 1
    feeds: dict[str, Feed] = field(default_factory=lambda: {name: Feed(name) for name in (GLOBAL, STORE)})
    # Of earlier epochs too: (epoch, feed) -> its states.
    past: dict[tuple[str, str], dict[int, dict[tuple[str, str], bytes]]] = field(default_factory=dict)
    devices: dict[str, Known] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    answers: dict[str, tuple[str, str, Served]] = field(default_factory=dict)  # by key: device, body's hash, answer
    redemptions: list[tuple[str, str, str]] = field(default_factory=list)  # device, member, command; as carried out
    finals: list[tuple[str, str, str]] = field(default_factory=list)  # the same with refusals
    manifests: dict[str, list[tuple[bytes, str]]] = field(default_factory=dict)  # by place, every one ever published
    media: dict[str, bytes] = field(default_factory=dict)
    committed: list[Callable[[str, int], None]] = field(default_factory=list)  # told of each row after its commit
    published: list[Callable[[str, int], None]] = field(default_factory=list)  # told of each manifest

    def states(self, epoch: str, feed: str) -> dict[int, dict[tuple[str, str], bytes]]:
        """Every state a feed had in an epoch, by its number."""
        return self.feeds[feed].history if epoch == str(self.epoch) else self.past.get((epoch, feed), {})

    def change(self, feed: str, kind: str, entity_id: str, value: object) -> None:
        """Publish an entity; None: it is gone."""
        payload = bytes(GONE) if value is None else codec.encode(value)
        seq = self.feeds[feed].publish(kind, entity_id, payload)
        for tell in self.committed:
            tell(feed, seq)

    def allow_offline(self) -> None:
        """The store turns redeeming offline on (A14)."""
        rule = OfflineRule(starts=self.now(), enabled=True, floor_points=FLOOR, hours=24, quotas={WASH: QUOTA})
        seal_key = signing.to_text(sealing.public_key(SEAL_SEED))
        keys = {name: one.public_key for name, one in self.devices.items() if one.kind == "kiosk"}
        self.change(
            STORE, "offline", "east", OfflineEntity(store="east", rules=(rule,), seal_key=seal_key, device_keys=keys)
        )

    def settle(self, device: str, command: OfflineRedeem, body: bytes) -> Served:
        """Settle a piece that was handed out offline, once for ever; it never ends in a no (A14)."""
        digest = hashlib.sha256(body).hexdigest()
        known = self.answers.get(command.command_id)
        if known is not None:
            return known[2] if known[:2] == (device, digest) else _problem(errors.IdempotencyConflict(), 409)
        sealing.unseal(SEAL_SEED, signing.from_text(command.sealed), bound_to=command.command_id.encode())
        member = next(one for one in UIDS if card_of(one) == command.card_hash)
        taken = min(self.points[member], command.unit_points)
        self.points[member] -= taken
        self.spent[member] = self.spent.get(member, 0) + taken
        self.redemptions.append((device, f"offline {member}", command.command_id))
        settled = OfflineSettled(
            command_id=command.command_id,
            code=command.code,
            points_taken=taken,
            shortfall=command.unit_points - taken,
            reason="" if taken == command.unit_points else "points",
            at=self.now(),
        )
        answer = Served(200, codec.encode(settled))
        self.answers[command.command_id] = (device, digest, answer)
        self.member_changed(member)
        return answer

    def member_changed(self, member: str) -> None:
        card = card_of(member)
        self.change(STORE, "member", card, makers.a_member(card, points=self.points[member]))

    def erase(self, member: str) -> None:
        self.change(STORE, "member", card_of(member), None)

    def publish(self, place: str, contents: list[bytes]) -> None:
        """A new manifest of a display, whose boards show these contents."""
        kept = self.manifests.setdefault(place, [])
        revision = len(kept) + 1
        pictures = tuple(makers.a_picture(content) for content in contents)
        self.media |= {picture.sha256: content for picture, content in zip(pictures, contents, strict=True)}
        manifest = Manifest(
            display=place,
            revision=revision,
            digest=hashlib.sha256(f"{place} {revision}".encode()).hexdigest(),
            club=Text("行舟会"),
            store=Text("城东店"),
            time_zone="Asia/Shanghai",
            language="zh-CN",
            boards={"b": Board("b", revision, "image", {}, 15, tuple(one.sha256 for one in pictures))},
            playlists=(Playlist("all", ("b",)),),
            slots=(Slot("default", "all"),),
            media=pictures,
        )
        kept.append((codec.encode(manifest), f'"{manifest.digest}"'))
        self.change(STORE, "display", place, DisplayEntity(slug=place, revision=revision))
        for tell in self.published:
            tell(place, revision)

    def restore(self, chance: Random) -> None:
        """The database is put back from a copy: fewer rows of the feeds, something is not there any more, another epoch."""
        for name, feed in self.feeds.items():
            self.past[str(self.epoch), name] = feed.history
            entities = dict(feed.entities)
            entities.pop(chance.choice([*sorted(entities), ("none", "none")]), None)
            self.feeds[name] = Feed(name, max(0, feed.seq - 7), [], entities)
        self.epoch += 1

    def redeem(self, device: str, command: Redeem, body: bytes, member: str) -> Served:
        """Carry a command out once for ever; the same key with the same body has the same answer (A12)."""
        digest = hashlib.sha256(body).hexdigest()
        known = self.answers.get(command.command_id)
        if known is not None:
            return known[2] if known[:2] == (device, digest) else _problem(errors.IdempotencyConflict(), 409)
        price = command.unit_points * command.quantity
        self.finals.append((device, member, command.command_id))
        if self.points[member] < price:
            answer = _problem(errors.NotEnoughPoints(balance=self.points[member], price=price), 409)
        else:
            self.points[member] -= price
            self.spent[member] = self.spent.get(member, 0) + price
            self.redemptions.append((device, member, command.command_id))
            answer = Served(200, codec.encode(makers.a_redeemed(command.command_id)))
        self.answers[command.command_id] = (device, digest, answer)
        self.member_changed(member)
        return answer


class ApiProcess:
    """One of the identical API processes: it has no state of its own but open streams and what it told them."""

    def __init__(self, data: ClubData, members: Mapping[str, str]) -> None:
        self.data = data
        self.members = members  # by session id
        self.is_up = True

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Served:
        """Prove the caller and answer."""
        try:
            device = self._proved(method, target, headers, body)
            return self._answer(device, method, target, headers, body)
        except errors.ClubError as error:
            return _problem(error, _STATUS.get(type(error), 409))

    def feeds_of(self, device: str) -> tuple[str, ...]:
        return (GLOBAL, STORE)

    def sees(self, device: str, kind: str) -> bool:
        """A display hangs in public: it is told of no member (X2)."""
        return kind != "member" or self.data.devices[device].kind == "kiosk"

    def hello(self) -> bytes:
        heads = {name: feed.seq for name, feed in self.data.feeds.items()}
        told = {"epoch": str(self.data.epoch), "cursors": heads, "now": self.data.now().isoformat()}
        return _event("hello", told)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _proved(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
        device, signed_at = headers[signing.DEVICE_HEADER], headers[signing.SIGNED_AT_HEADER]
        key = headers.get(signing.KEY_HEADER, "")
        known = self.data.devices.get(device)
        public = codec.decode(body, AskPairing).public_key if target == "/v1/devices/pairings" else ""
        public = public or (known.public_key if known else "")
        if not public:
            raise errors.DeviceUnknown
        text = signing.text_to_sign(
            method=method, target=target, body=body, device=device, signed_at=signed_at, key=key
        )
        try:
            Ed25519PublicKey.from_public_bytes(signing.from_text(public)).verify(
                signing.from_text(headers[signing.SIGNATURE_HEADER]), text
            )
        except InvalidSignature as error:
            raise errors.SignatureWrong from error
        if target != "/v1/devices/pairings":
            if known is None or not known.enrolled:
                raise errors.DeviceUnknown
            if known.revoked:
                raise errors.DeviceRevoked
        age = self.data.now() - datetime.fromisoformat(signed_at)
        fresh = timedelta(seconds=signing.FRESH_S)
        if age < -fresh or (age > fresh and not key):
            raise errors.ClockSkew(now=self.data.now().isoformat(), seconds=int(age.total_seconds()))
        return device

    def _answer(self, device: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Served:
        path, _, query = target.partition("?")
        match method, path:
            case "POST", "/v1/devices/pairings":
                asked = codec.decode(body, AskPairing)
                known = self.data.devices.setdefault(
                    device, Known(asked.kind, device, asked.public_key, enrolled=False)
                )
                known.public_key = asked.public_key
                if known.revoked and known.enrolled:
                    known.enrolled = known.revoked = False
                until = self.data.now() + timedelta(minutes=10)
                return _value(Pairing(code="7K2M9Q", expires_at=until, enrolled=known.enrolled))
            case "GET", "/v1/devices/self":
                return _value(self._enrolled(device))
            case "POST", "/v1/heartbeats":
                return _value(HeartbeatAnswer(now=self.data.now()))
            case "GET", "/v1/snapshot":
                return _value(self._snapshot(device))
            case "GET", "/v1/sync":
                return _value(self._sync(device, query))
            case "GET", "/v1/displays/self/manifest":
                return self._manifest(device, headers)
            case "POST", "/v1/offline-redemptions":
                return self.data.settle(device, codec.decode(body, OfflineRedeem), body)
            case "POST", "/v1/redemptions":
                command = codec.decode(body, Redeem)
                return self.data.redeem(device, command, body, self.members[command.session_id])
            case _:
                return _problem(errors.NotFound(), 404)

    def _enrolled(self, device: str) -> Enrolled:
        known = self.data.devices[device]
        store = makers.an_enrolled().store
        return Enrolled(
            device_id=device,
            kind=known.kind,
            place=known.place,
            store=store,
            card_key=makers.CARD_KEY,
            now=self.data.now(),
        )

    def _snapshot(self, device: str) -> Snapshot:
        rows = tuple(
            SnapshotRow(feed=name, entity=kind, entity_id=entity_id, payload=msgspec.Raw(payload))
            for name in self.feeds_of(device)
            for (kind, entity_id), payload in sorted(self.data.feeds[name].entities.items())
            if self.sees(device, kind)
        )
        heads = {name: self.data.feeds[name].seq for name in self.feeds_of(device)}
        return Snapshot(epoch=str(self.data.epoch), now=self.data.now(), cursors=heads, rows=rows)

    def _sync(self, device: str, query: str) -> SyncAnswer:
        asked = dict(part.partition("=")[::2] for part in query.split("&"))
        after = {name: int(seq) for name, _, seq in (part.partition(":") for part in asked["after"].split(",") if part)}
        now, heads = self.data.now(), {name: self.data.feeds[name].seq for name in self.feeds_of(device)}
        too_old = asked["epoch"] != str(self.data.epoch) or set(after) != set(heads)
        for name, seq in after.items():
            feed = self.data.feeds.get(name)
            too_old = too_old or feed is None or seq > feed.seq or (feed.seq - len(feed.rows) > seq)
        if too_old:
            return SyncAnswer(epoch=str(self.data.epoch), now=now, cursors=heads, snapshot_needed=True)
        rows, reached, more = [], {}, False
        for name, seq in after.items():
            follow = [row for row in self.data.feeds[name].rows if row.seq > seq][:PAGE]
            rows += [self._for_role(device, row) for row in follow]
            reached[name] = follow[-1].seq if follow else seq
            more = more or reached[name] < heads[name]
        return SyncAnswer(epoch=str(self.data.epoch), now=now, cursors=reached, changes=tuple(rows), more=more)

    def _for_role(self, device: str, row: Change) -> Change:
        """Numbers stay dense: what a role does not see is a row that tells nothing."""
        return row if self.sees(device, row.entity) else Change(feed=row.feed, seq=row.seq, entity="", entity_id="")

    def _manifest(self, device: str, headers: Mapping[str, str]) -> Served:
        kept = self.data.manifests.get(self.data.devices[device].place)
        if not kept:
            return _problem(errors.NotFound(kind="manifest"), 404)
        body, etag = kept[-1]
        if headers.get("If-None-Match") == etag:
            return Served(304, headers={"ETag": etag})
        return Served(200, body, headers={"ETag": etag})


_STATUS = {
    errors.DeviceUnknown: 401,
    errors.DeviceRevoked: 403,
    errors.SignatureWrong: 401,
    errors.ClockSkew: 401,
    errors.NotFound: 404,
    errors.Unavailable: 503,
}


def card_of(member: str) -> str:
    """How the store's mirrors know a member's card."""
    return hmac.new(signing.from_text(makers.CARD_KEY), UIDS[member].encode(), hashlib.sha256).hexdigest()


def _value(value: object) -> Served:
    return Served(200, codec.encode(value))


def _problem(error: errors.ClubError, status: int) -> Served:
    problem = problems.Problem(title=error.code, status=status, code=error.code, facts=dict(error.facts))
    return Served(status, codec.encode(problem), problems.MEDIA_TYPE)


def _event(name: str, told: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(told)}\n\n".encode("ascii")


def a_nudge(feed: str, seq: int) -> bytes:
    """What an open stream says when a feed moved on."""
    return _event("nudge", {"feed": feed, "seq": seq})


def a_display(slug: str, revision: int) -> bytes:
    """What an open stream says when a display has a new manifest."""
    return _event("display", {"slug": slug, "revision": revision})


HEARTBEAT = b": alive\n\n"
