"""A store's rules for redeeming offline: off until somebody turns it on, effective-dated, told to the store's kiosks (A14)."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from central_api.db import Tx
from central_api.devices import pasts
from central_api.feed import service as feed
from central_api.rewards import repository as rewards
from central_api.rewards.offline import repository
from central_api.security.keyring import Keyring
from central_api.staff import audit
from club.model import errors
from club.wire import sealing
from club.wire.offline import FormerKey, OfflineEntity, OfflineRule
from club.wire.signing import to_text

ENTITY = "offline"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a store allows: points of a card in an outage, hours an outage may have lasted, pieces by reward of a device."""

    enabled: bool
    floor_points: int = 200
    hours: int = 24
    quotas: Mapping[str, int] | None = None


def seal_key(keyring: Keyring, store: str) -> bytes:
    """The private key that opens what a store's kiosks sealed; made from the club's secret, so that no copy of it is kept."""
    return hmac.new(keyring.store_seed, f"offline-seal:{store}".encode(), hashlib.sha256).digest()


def put(
    tx: Tx,
    keyring: Keyring,
    store: str,
    rules: Rules,
    *,
    starts: datetime,
    by: str,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Have a store's rules change from an instant on, and tell its kiosks at once.

    Args:
        tx: a unit of work that writes.
        keyring: the service's keys.
        store: its slug.
        rules: what is allowed.
        starts: from when on, not before `now`.
        by: as the audit names who.
        now: the instant.
        new_id: makes the rule's id.

    Raises:
        Malformed: it would begin in the past, a number is negative, or a quota names a reward that is not marked for it.
    """
    quotas = dict(rules.quotas or {})
    if starts < now:
        raise errors.Malformed(f"expected rules that begin at {now.isoformat()} or later, found {starts.isoformat()}")
    if min(rules.floor_points, rules.hours, *quotas.values()) < 0:
        raise errors.Malformed("expected points, hours and pieces of 0 or more, found a negative number")
    marked = {row.slug for row in rewards.some_rewards(tx, list(quotas)) if row.content.offline}
    if missing := sorted(set(quotas) - marked):
        raise errors.Malformed(f"expected rewards that are marked for redeeming offline, found {', '.join(missing)}")
    values = {
        "id": new_id(),
        "store": store,
        "starts": starts,
        "enabled": rules.enabled,
        "floor_points": rules.floor_points,
        "hours": rules.hours,
        "quotas": quotas,
        "by": by,
        "at": now,
    }
    repository.add_rule(tx, values)
    facts = {"enabled": int(rules.enabled), "floor_points": rules.floor_points, "hours": rules.hours}
    audit.record(tx, actor=by, act="offline.rules", subject=f"store:{store}", now=now, facts=facts)
    tell(tx, keyring, store, now)


def tell(tx: Tx, keyring: Keyring, store: str, now: datetime) -> None:
    """Publish a store's rules and the keys of its kiosks, as far as they are of use from now on."""
    entity = current(tx, keyring, store, now)
    feed.publish(tx, feed.store_feed(store), ENTITY, store, entity, now=now)


def tell_again(tx: Tx, keyring: Keyring, store: str, now: datetime) -> None:
    """As `tell`, for a store whose kiosks have changed; one that never had rules has nothing to tell."""
    if repository.rules_of(tx, store):
        tell(tx, keyring, store, now)


def current(tx: Tx, keyring: Keyring, store: str, now: datetime) -> OfflineEntity:
    """The rule in force and those to come, with the keys."""
    found = [
        OfflineRule(
            starts=row.starts,
            enabled=row.enabled,
            floor_points=row.floor_points,
            hours=row.hours,
            quotas=dict(row.quotas),
        )
        for row in repository.rules_of(tx, store)
    ]
    begun = [rule for rule in found if rule.starts <= now]
    rules = (*begun[-1:], *(rule for rule in found if rule.starts > now))
    public = sealing.public_key(seal_key(keyring, store))
    keys = {row.id: row.public_key for row in repository.device_keys(tx, store)}
    return OfflineEntity(
        store=store,
        rules=rules,
        seal_key=to_text(public),
        device_keys=keys,
        former_keys=_former_keys(tx, store, found, keys, now),
    )


def _former_keys(
    tx: Tx, store: str, rules: Sequence[OfflineRule], keys: Mapping[str, str], now: datetime
) -> dict[str, tuple[FormerKey, ...]]:
    """The keys that prove vouchers of a time before, as long as such a voucher may be good.

    What a device handed out in an outage counts as long as one may last: it could not hear that it had been shut out.
    """
    outage = timedelta(hours=max((rule.hours for rule in rules), default=0))
    marked = rewards.some_rewards(tx, sorted({slug for rule in rules for slug in rule.quotas}))
    longest = timedelta(days=max((row.valid_days for row in marked), default=0))
    found: dict[str, tuple[FormerKey, ...]] = {}
    for row in pasts.former_keys(tx, store, now - longest - outage):
        if row.public_key != keys.get(row.device):
            former = FormerKey(key=row.public_key, since=row.since, until=row.until + outage)
            found[row.device] = (*found.get(row.device, ()), former)
    return found
