"""Hands rewards out while the club cannot be reached: within the store's rules, each with a voucher that proves itself (A14)."""

import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from club.model import errors, voucher
from club.sync import steps
from club.sync.client import ApiClient
from club.sync.doing import Doing
from club.sync.store import DeviceStore
from club.wire import codec, offline, sealing, signing
from club.wire.cards import Evidence
from club.wire.changes import MemberEntity, RewardEntity
from club.wire.offline import OfflineEntity, OfflineRedeem, OfflineRule, OfflineVoucher, SealedTap

_OUTAGE = "outage"


class Wish(Struct, frozen=True):
    """One piece that a member confirmed. `command_id` is made at the touch, `tap_id` at the tap of the card."""

    command_id: str
    tap_id: str
    reward: str
    evidence: Evidence
    pin: str


class Handed(Struct, frozen=True):
    """What was handed out: the reward, the voucher and the text of its QR."""

    reward: RewardEntity
    voucher: OfflineVoucher
    qr: str


class Look(Struct, frozen=True):
    """How this device stands towards one card; for the screen.

    `refused` says of each reward of the catalogue why it cannot be had now, None where it can; `unbooked` are the points of
    what was handed out to the card and is not settled, `held` these pieces by their commands, the oldest first; `genuine`
    whether the tap says more than a number that anybody could have copied.
    """

    refused: Mapping[str, errors.OfflineRefused | None]
    unbooked: int
    held: Mapping[str, Handed]
    genuine: bool


class _Case(Struct, frozen=True):
    """What every wish of a card is judged by."""

    entity: OfflineEntity
    rule: OfflineRule
    outage: str
    card_hash: str
    member: MemberEntity


class OfflineDesk:
    """Safe from every thread. An outage begins when the club is not reached and ends when it is, with all settled.

    The floor limit counts per card and outage, the quota per reward and outage of this device. An outage that flickers is
    one outage: as long as anything of it is unsettled, what it used up stays used up.

    Args:
        store: the device's database.
        doing: its mirror, its outbox, and the way into the queue of commands.
        client: signs, and knows the club's time.
        tell: the sync's queue.
        new_id: makes ids.
        random_below: draws voucher codes.
    """

    def __init__(
        self,
        store: DeviceStore,
        doing: Doing,
        client: ApiClient,
        tell: Callable[[steps.Input], None],
        *,
        new_id: Callable[[], str],
        random_below: Callable[[int], int] = secrets.randbelow,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store, self._doing, self._client = store, doing, client
        self._mirror, self._outbox, self._tell = doing.mirror, doing.outbox, tell
        self._new_id, self._random_below, self._random_bytes = new_id, random_below, random_bytes

    # -- the outage -----------------------------------------------------------------------------------------------

    def lost_contact(self) -> None:
        """The club is not reached: an outage begins, unless one is on."""
        if self._store.noted(_OUTAGE):
            return
        begun = {"id": self._new_id(), "since": self._client.time.now().isoformat()}
        self._store.note(_OUTAGE, json.dumps(begun))

    def in_contact(self) -> None:
        """The club is reached: the outage ends once nothing of it is unsettled."""
        if self._store.noted(_OUTAGE) and not self._outbox.unsettled("offline"):
            with self._store.transaction() as db:
                db.execute("DELETE FROM fact WHERE name = ?", (_OUTAGE,))
                db.execute("DELETE FROM offline_use")
            self._store.scrub()

    # -- what it hands out ----------------------------------------------------------------------------------------

    def look(self, evidence: Evidence) -> Look:
        """What a card could have now and what it holds from here, for the screen; `redeem` judges again."""
        card_hash = self._mirror.card_hash(evidence.uid) or ""
        member = self._mirror.member(card_hash) if card_hash else None
        rewards = self._mirror.rewards()
        refused: dict[str, errors.OfflineRefused | None] = {}
        try:
            case = self._case(card_hash, evidence)
        except errors.OfflineRefused as error:
            refused = {reward.slug: error for reward in rewards}
        else:
            for reward in rewards:
                try:
                    self._must_allow(case, reward.slug, reward)
                    refused[reward.slug] = None
                except errors.OfflineRefused as error:
                    refused[reward.slug] = error
        genuine = member is not None and member.assurance == "cryptogram" and evidence.sun_url is not None
        return Look(refused, self._open(card_hash), self._held(card_hash), genuine)

    def redeem(self, wish: Wish) -> Handed:
        """Hand one piece out: its command, its use of the limits and its voucher are on the disk when this returns.

        The same wish again gives the same voucher, also when the limits are used up by now.

        Raises:
            OfflineRefused: the store's rules say no; its fact `reason` says which.
            IdempotencyConflict: the command's id was used for another reward.
            sqlite3.Error: no room on the disk, or it failed; nothing is handed out.
        """
        known = self._handed(wish)
        if known is not None:
            return known
        card_hash = self._mirror.card_hash(wish.evidence.uid)
        if card_hash is None:
            raise _refused("card", "the card gave a random number, or this device knows no cards")
        case, reward = self._judged(card_hash, wish)
        now = self._client.time.now()
        zone = ZoneInfo(self._doing.store_zone())
        made = OfflineVoucher(
            device=self._client.identity.device_id,
            store=case.entity.store,
            code=voucher.make(self._random_below),
            reward=reward.slug,
            points=_price(reward, case.member),
            issued_at=now.replace(microsecond=0),
            valid_to=now.astimezone(zone).date() + timedelta(days=reward.valid_days),
        )
        qr = offline.qr_text(made, self._client.identity.sign_voucher(made))
        command = OfflineRedeem(
            command_id=wish.command_id,
            outage=case.outage,
            card_hash=card_hash,
            reward=reward.slug,
            unit_points=made.points,
            code=made.code,
            issued_at=made.issued_at,
            valid_to=made.valid_to,
            sealed=self._sealed(wish, case.entity),
        )
        with self._store.transaction() as db:
            # Judged again under the lock: two screens of one device, or two fingers, do not use the same allowance.
            self._judged(card_hash, wish)
            db.execute(
                "INSERT INTO offline_use VALUES (?, ?, ?, ?, ?, ?)",
                (wish.command_id, case.outage, card_hash, made.reward, made.points, qr),
            )
            event = self._doing.submit(command, member_id=card_hash, hold_points=made.points)
        self._tell(event)
        return Handed(reward, made, qr)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _judged(self, card_hash: str, wish: Wish) -> tuple[_Case, RewardEntity]:
        """All a wish is judged by, when the store's rules allow it."""
        case = self._case(card_hash, wish.evidence)
        reward = next((one for one in self._mirror.rewards() if one.slug == wish.reward), None)
        return case, self._must_allow(case, wish.reward, reward)

    def _case(self, card_hash: str, evidence: Evidence) -> _Case:
        """What is so whatever the card's member wishes."""
        now, begun = self._client.time.now(), self._store.noted(_OUTAGE)
        entity = self._mirror.offline()
        rule = entity.rule_at(now) if entity else None
        if entity is None or rule is None or not rule.enabled or begun is None:
            raise _refused("off", "this store hands nothing out offline, or the club can be reached")
        if self._client.time.doubtful:
            raise _refused("clock", "this device does not know the time, and a voucher has a last day")
        outage = json.loads(begun)
        if now - datetime.fromisoformat(outage["since"]) > timedelta(hours=rule.hours):
            raise _refused("long", f"the outage has lasted longer than {rule.hours} h", hours=rule.hours)
        member = self._mirror.member(card_hash)
        if member is None or member.card_state != "active":
            raise _refused("card", "the card is not known here as an active one")
        if member.assurance == "cryptogram" and evidence.sun_url is None:
            raise _refused("card", "the card can prove itself and did not: that is how a copied number looks")
        return _Case(entity, rule, outage["id"], card_hash, member)

    def _must_allow(self, case: _Case, slug: str, reward: RewardEntity | None) -> RewardEntity:
        rule, member = case.rule, case.member
        if reward is None or slug not in rule.quotas or not _is_for(reward, member):
            raise _refused("reward", f"{slug} is not marked for redeeming offline")
        price, used = _price(reward, member), self._used(case.card_hash)
        if used + price > rule.floor_points:
            why = f"a card spends at most {rule.floor_points} points in an outage"
            raise _refused("floor", why, cap=rule.floor_points, spent=used)
        if self._open(case.card_hash) + price > member.points:
            raise _refused("balance", "the last known balance does not hold it")
        if self._pieces(slug) >= rule.quotas[slug]:
            why = f"this device hands out {rule.quotas[slug]} of {slug} in an outage"
            raise _refused("stock", why, times=rule.quotas[slug])
        return reward

    def _used(self, card_hash: str) -> int:
        """Points of a card used in this outage, settled or not."""
        return self._sum("SELECT coalesce(sum(points), 0) FROM offline_use WHERE card_hash = ?", card_hash)

    def _open(self, card_hash: str) -> int:
        """Points of a card that the mirrored balance does not know of yet: what is unsettled."""
        query = """
            SELECT coalesce(sum(u.points), 0) FROM offline_use u
              JOIN command c ON c.id = u.id AND c.state IN ('waiting', 'sent') WHERE u.card_hash = ?"""
        return self._sum(query, card_hash)

    def _pieces(self, slug: str) -> int:
        return self._sum("SELECT count(*) FROM offline_use WHERE reward = ?", slug)

    def _sum(self, query: str, value: str) -> int:
        # Through the writer: within a transaction its own rows count.
        with self._store.transaction() as db:
            return int(db.execute(query, (value,)).fetchone()[0])

    def _handed(self, wish: Wish) -> Handed | None:
        rows = self._store.read("SELECT reward, qr FROM offline_use WHERE id = ?", wish.command_id)
        if not rows:
            return None
        if rows[0][0] != wish.reward:
            raise errors.IdempotencyConflict(f"command {wish.command_id} handed out another reward")
        handed = self._read(*rows[0])
        if handed is None:
            raise _refused("reward", f"{wish.reward} is not in the catalogue any more")
        return handed

    def _held(self, card_hash: str) -> dict[str, Handed]:
        """What was handed out to a card and is not settled, in its order."""
        query = """
            SELECT u.id, u.reward, u.qr FROM offline_use u
              JOIN command c ON c.id = u.id AND c.state IN ('waiting', 'sent')
             WHERE u.card_hash = ? ORDER BY c.position"""
        found = {}
        for command, slug, qr in self._store.read(query, card_hash):
            # What a key signed that the club does not tell of (ended by staff, or of another store) is on its way all the same.
            with contextlib.suppress(errors.SignatureWrong):
                handed = self._read(slug, qr)
                if handed is not None:
                    found[command] = handed
        return found

    def _read(self, slug: str, qr: str) -> Handed | None:
        """A piece as it was handed out; None when the catalogue does not have it any more."""
        reward = next((one for one in self._mirror.rewards() if one.slug == slug), None)
        keys = {self._client.identity.device_id: self._client.identity.public_key}
        entity = self._mirror.offline()
        return Handed(reward, offline.read_qr(qr, keys, entity.former_keys if entity else None), qr) if reward else None

    def _sealed(self, wish: Wish, entity: OfflineEntity) -> str:
        content = codec.encode(SealedTap(evidence=wish.evidence, pin=wish.pin, tap=wish.tap_id))
        bound_to = wish.command_id.encode()
        return signing.to_text(
            sealing.seal(signing.from_text(entity.seal_key), content, bound_to=bound_to, random=self._random_bytes)
        )


def _price(reward: RewardEntity, member: MemberEntity) -> int:
    return reward.points_by_tier.get(member.tier, reward.points)


def _is_for(reward: RewardEntity, member: MemberEntity) -> bool:
    return not reward.sold_out and (not reward.tiers or member.tier in reward.tiers)


def _refused(reason: str, why: str, **facts: int) -> errors.OfflineRefused:
    return errors.OfflineRefused(why, reason=reason, **facts)
