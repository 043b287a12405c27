"""A club of any size in a database: stores with a kiosk each, rewards, and members whose lives were booked by the product itself."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert

from central_api import texts
from central_api.cards import repository as card_rows
from central_api.cards.tables import card_sessions, cards
from central_api.db import Database, Tx
from central_api.demo_data import rules
from central_api.demo_data.files import DemoFolder
from central_api.devices import tables as device_tables
from central_api.feed import service as feed
from central_api.feed.tables import feed_entities
from central_api.ledger import mirror
from central_api.ledger import service as ledger
from central_api.ledger.tables import accounts
from central_api.members import repository as member_rows
from central_api.migrations import runner
from central_api.programme import service as programmes
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import reward_categories, rewards
from central_api.security import keyring
from central_api.security.keyring import Keyring
from club import resources
from club.model.text import Text
from club.sync.identity import Identity
from tests.bench.points import clones
from tests.bench.points.clones import Copy, digits
from tests.support.books import add_member

ZONE = "Asia/Shanghai"
PRICE = 100
STOCK = 1_000_000
LIMIT = 1_000_000  # a year: looked up for each redemption and never reached
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a club is. The lessons this is measured against had 20,000 members, 500 stores and 200 rewards."""

    members: int = 20_000
    stores: int = 500
    rewards: int = 200


@dataclass(slots=True)
class Model:
    """A member whose life is booked, to be copied. Its digits stand in every id that is made for it."""

    number: int
    today: date
    _made: int = 0

    @property
    def member(self) -> str:
        """The member's id."""
        return member_id(self.number)

    def new_id(self) -> str:
        """The next id."""
        self._made += 1
        return f"x-{digits(self.number)}-{self._made:03d}"

    def at(self, days_ago: int) -> datetime:
        """Noon (UTC) some days ago."""
        return datetime.combine(self.today - timedelta(days=days_ago), datetime.min.time(), UTC) + timedelta(hours=4)


Life = Callable[[Tx, Model], None]
"""Books all that ever happened to a model member; it has accounts, a card and an open card session."""


@dataclass(frozen=True)
class Club:
    """A filled database and the keys of its kiosks. Members and rewards go by number."""

    size: Size
    keys: Keyring = field(repr=False)
    identities: Sequence[Identity] = field(repr=False)

    def store_of(self, member: int) -> int:
        """The number of a member's home store, where the member's card lies on the kiosk."""
        return member % self.size.stores

    def kiosk_of(self, member: int) -> Identity:
        """The kiosk on which a member's card session is open."""
        return self.identities[self.store_of(member)]


def today_of(now: datetime) -> date:
    """The stores' day."""
    return texts.local_day(now, ZONE)


def member_id(number: int) -> str:
    """A member's id by number."""
    return f"m-{digits(number)}"


def session_id(number: int) -> str:
    """A member's card session."""
    return f"s-{digits(number)}"


def store_slug(number: int) -> str:
    """A store's slug by number."""
    return f"store-{number:03d}"


def device_id(number: int) -> str:
    """The id of the kiosk in a store, by the store's number."""
    return f"kiosk-{number:03d}"


def reward_slug(number: int) -> str:
    """A reward's slug by number."""
    return f"reward-{number:03d}"


def three_lots(tx: Tx, model: Model, large: int = 20_000) -> None:
    """A member as in the lessons: three lots, the first of which ended yesterday and is not booked off yet.

    The second is small, so that some redemptions take from two lots.
    """
    for days_ago, points, lives in ((400, 500, 399), (200, 250, 230), (100, large, 465)):
        occasion = _bill(model, days_ago, points)
        expires = model.today + timedelta(days=lives - days_ago)
        ledger.earn(tx, model.member, points, points, expires, occasion, new_id=model.new_id)


def rich(tx: Tx, model: Model) -> None:
    """The same with points enough for one member to redeem all through a run."""
    three_lots(tx, model, large=100_000_000)


def fill(
    db: Database,
    folder: Path,
    size: Size,
    now: datetime,
    lives: Sequence[Life],
    like: Callable[[int], int] = lambda _: 0,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Club:
    """Give an empty database its tables and a club.

    Args:
        db: the database.
        folder: where the service's keys are, or will be.
        size: how large.
        now: the instant; card sessions are just being used then.
        lives: of the models, which are the members 0, 1, ...
        like: whom the member of a number is like: a place in `lives`.
        say: is told what is being done.
    """
    runner.upgrade(db)
    club = Club(size, keyring.load_or_create(folder / "keys.toml"), _identities(size.stores))
    today = today_of(now)
    with db.write() as tx:
        feed.ensure_epoch(tx)
        _add_stores(tx, club, now)
        _add_rules(tx, now)
        _add_rewards(tx, size.rewards, now)
        tx.execute(insert(accounts), ledger.club_accounts())
    for number, life in enumerate(lives):
        with db.write() as tx:
            model = Model(number, today)
            _add_model(tx, club, model, now)
            life(tx, model)
    clones.make(db, [_copy(club, number, like(number)) for number in range(len(lives), size.members)], say)
    say("the devices' mirror")
    _add_mirror(db, club, now)
    clones.settle(db)
    return club


def _identities(count: int) -> list[Identity]:
    return [Identity(device_id(number), Ed25519PrivateKey.generate()) for number in range(count)]


def _copy(club: Club, number: int, model: int) -> Copy:
    store = club.store_of(number)
    return Copy(number, model, store_slug(store), device_id(store))


def _add_stores(tx: Tx, club: Club, now: datetime) -> None:
    for number, identity in enumerate(club.identities):
        slug, place = store_slug(number), f"place-{number:03d}"
        name = {"zh": f"第 {number} 门店", "en": f"Store {number}"}
        values: dict[str, object] = {"slug": slug, "name": name, "time_zone": ZONE, "phone": "", "position": number}
        tx.execute(insert(device_tables.stores).values(**values))
        tx.execute(insert(device_tables.places).values(slug=place, kind="kiosk", store=slug, name=name))
        values = {
            "id": identity.device_id,
            "public_key": identity.public_key,
            "kind": "kiosk",
            "place": place,
            "store": slug,
            "version": "bench",
            "enrolled_at": now,
            "enrolled_by": "bench",
        }
        tx.execute(insert(device_tables.devices).values(**values))


def _add_rules(tx: Tx, now: datetime) -> None:
    """The demo's programme, but that a card with a cryptogram redeems without a PIN: a PIN's hash is made to be slow."""
    programme = rules._programme(DemoFolder(resources.demo_dir()).programme)
    programme = msgspec.structs.replace(programme, redeem=msgspec.structs.replace(programme.redeem, pin="never"))
    programmes.add_version(tx, "bench", programme, now - timedelta(days=1000), now)


def _add_rewards(tx: Tx, count: int, now: datetime) -> None:
    tx.execute(insert(reward_categories).values(slug="all", name={"zh": "全部", "en": "All"}, position=0))
    for number in range(count):
        content = RewardContent(
            name=Text(f"保养券 {number}", f"Service voucher {number}"),
            line=Text("到店可用，抵扣工时费", "For labour, at any store"),
            fits=Text("所有车型", "All models"),
            terms=Text("每次限用一张，不可与其他优惠同用。", "One a visit, not with other offers."),
        )
        values = {
            "slug": reward_slug(number),
            "category": "all",
            "type": "service",
            "points": PRICE,
            "value_fen": 10_000,
            "stock": STOCK,
            "sold_out": False,
            "limit_per": "year",
            "limit_times": LIMIT,
            "valid_days": 90,
            "starts": now - timedelta(days=500),
            "ends": None,
            "position": number,
            "content": msgspec.to_builtins(content),
        }
        tx.execute(insert(rewards).values(**values))


def _add_model(tx: Tx, club: Club, model: Model, now: datetime) -> None:
    store = club.store_of(model.number)
    add_member(tx, model.member, store_slug(store))
    card = f"card-{digits(model.number)}"
    tx.execute(
        insert(cards).values(
            id=card,
            uid=clones.uid(model.number),
            family="ntag424",
            number=f"8800 {digits(model.number)}",
            face="classic",
            state="active",
            assurance="cryptogram",
            last_counter=1,
            member=model.member,
        )
    )
    tx.execute(
        insert(card_sessions).values(
            id=session_id(model.number),
            device=device_id(store),
            store=store_slug(store),
            card=card,
            member=model.member,
            assurance="cryptogram",
            evidence_sha256="0" * 64,
            opened_at=now,
            used_at=now,
        )
    )


def _bill(model: Model, days_ago: int, points: int) -> ledger.Occasion:
    return ledger.Occasion(
        kind="bill",
        at=model.at(days_ago),
        category="maintenance",
        store="store-000",
        bill=f"bill-{digits(model.number)}-{days_ago}",
        paid_fen=points * 100,
        facts={"title": {"zh": "定期保养", "en": "Regular service"}},
    )


def _add_mirror(db: Database, club: Club, now: datetime) -> None:
    """Every member's card as the home store's devices know it, written as once published."""
    with db.read() as tx:
        row = member_rows.member(tx, member_id(0))
        card = next(iter(card_rows.cards_of(tx, member_id(0))))
    plain = msgspec.json.encode(mirror.entity(club.keys, row, card, 20_000, 20_000, now)).decode()
    placeholder = club.keys.card_hash(row.home_store, card.uid)
    rows: list[dict[str, object]] = []
    for number in range(club.size.members):
        store = store_slug(club.store_of(number))
        known = club.keys.card_hash(store, clones.uid(number))
        payload = plain.replace(placeholder, known)
        rows.append({"feed": feed.store_feed(store), "entity": "member", "entity_id": known, "payload": payload})
        if len(rows) == _BATCH or number == club.size.members - 1:
            with db.write() as tx:
                tx.execute(insert(feed_entities), rows)
            rows = []


def draw(club: Club, count: int, luck: random.Random, models: int) -> list[int]:
    """Members drawn with equal chances, the models left out."""
    return [luck.randrange(models, club.size.members) for _ in range(count)]
