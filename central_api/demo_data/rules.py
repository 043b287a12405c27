"""Loads stores, places, the programme's rules, the catalogue and the day's workshop jobs; what is there already stays."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Table, insert, select

from central_api.db import Tx
from central_api.demo_data import programme_rules
from central_api.demo_data.files import DemoFolder
from central_api.devices import tables as device_tables
from central_api.members import consents
from central_api.programme import content as rules
from central_api.programme import service as programmes
from central_api.programme import tables as programme_tables
from central_api.rewards import catalogue
from central_api.rewards import tables as reward_tables
from central_api.rewards.content import RewardContent
from central_api.visits import tables as visit_tables
from club.model.relative_dates import RelativeDates
from club.model.text import Text
from club.model.tier import Tier


def load_stores(tx: Tx, folder: DemoFolder) -> None:
    """Stores, and the places in which kiosks and displays stand."""
    known = _known(tx, device_tables.stores, "slug")
    for position, row in enumerate(folder.stores["store"]):
        if row["slug"] not in known:
            values = {"slug": row["slug"], "name": _json(row), "time_zone": row["time_zone"], "phone": row["phone"]}
            group = row.get("group", "")
            tx.execute(insert(device_tables.stores).values(**values, position=position, in_group=group))
    known = _known(tx, device_tables.places, "slug")
    for kind, name in (("lounge", "display"), ("kiosk", "kiosk")):
        for row in folder.stores[name]:
            if row["slug"] not in known:
                values = {"slug": row["slug"], "kind": kind, "store": row["store"], "name": _json(row)}
                tx.execute(insert(device_tables.places).values(**values))


def load_programme(tx: Tx, folder: DemoFolder, dates: RelativeDates, now: datetime) -> None:
    """The club's rules, in force since the file says."""
    row = folder.programme
    if row["slug"] not in _known(tx, programme_tables.programme_versions, "id"):
        since = dates.instant(row["effective_from"])
        programmes.add_version(tx, row["slug"], _programme(row), since, now, _counting(row, dates))
        programmes.publish(tx, now)


def _programme(row: Mapping[str, Any]) -> rules.Programme:
    ladder = next(one for one in row["ladder"] if one["enabled"])
    club, both_from = row["club"], row["assurance"]["spend_both_from_points"]
    return rules.Programme(
        club=_text(club),
        tagline=_text(club, "tagline_"),
        time_zone=row["time_zone"],
        tiers=tuple(
            Tier(tier["slug"], tier["rank"], _text(tier), tier["tier_points"], _text(tier, "summary_"))
            for tier in ladder["tier"]
        ),
        pin=rules.PinRules(
            tries=row["pin"]["tries"], lock_minutes=row["pin"]["lock_minutes"], forbid=tuple(row["pin"]["forbid"])
        ),
        # The screens are drawn with the PIN always asked (N4). From `spend_both_from_points` on a cryptogram is needed as
        # well, so a card known by its number alone stays below that in a day.
        redeem=rules.RedeemRules(
            pin="always", uid_daily_cap=both_from - 1, reversible_days=row["redeem"]["reversible_days"]
        ),
        show_expiries=row["expiry"]["show_next"],
        lapsed_grace_days=row["membership"]["lapsed_grace_days"],
        activation_days=row["membership"]["activation_days"],
        membership_days=row["membership"]["length_days"],
    )


def _counting(row: Mapping[str, Any], dates: RelativeDates) -> rules.Counting:
    return rules.Counting(
        earn=programme_rules.earn_rules(row, dates),
        ladder=programme_rules.tier_rules(row),
        renewal=programme_rules.renewal_rules(row),
        birthday=programme_rules.birthday_rules(row),
        referral=programme_rules.referral_rules(row),
        rankings=programme_rules.rankings(row),
        entitlements=programme_rules.entitlement_rules(row),
        debt=programme_rules.debt_rules(row),
        expiry_warn_days=tuple(row["expiry"]["warn_days"]),
        till=programme_rules.till_rules(row),
    )


def load_catalogue(tx: Tx, folder: DemoFolder, dates: RelativeDates, now: datetime) -> None:
    """Categories and rewards."""
    known = _known(tx, reward_tables.reward_categories, "slug")
    for row in folder.rewards["category"]:
        if row["slug"] not in known:
            values = {"slug": row["slug"], "name": _json(row), "position": row["order"]}
            tx.execute(insert(reward_tables.reward_categories).values(**values))
    known = _known(tx, reward_tables.rewards, "slug")
    fresh = [row for row in folder.rewards["reward"] if row["slug"] not in known]
    for row in fresh:
        tx.execute(insert(reward_tables.rewards).values(**_reward(row, dates)))
    if fresh:
        catalogue.publish_all(tx, now)


def _reward(row: Mapping[str, Any], dates: RelativeDates) -> dict[str, Any]:
    content = RewardContent(
        name=_text(row),
        line=_text(row, "line_"),
        fits=_text(row, "fits_"),
        terms=_text(row, "terms_"),
        picture=row["picture"],
        badge=row.get("badge", ""),
        points_by_tier=row.get("points_by_tier", {}),
        tiers=tuple(row.get("tiers", ())),
        opens={tier: dates.instant(when) for tier, when in row.get("opens", {}).items()},
        stores=tuple(row["stores"]),
        offline=row.get("offline", False),
        min_bill_fen=row.get("min_bill_fen", 0),
    )
    return {
        "slug": row["slug"],
        "category": row["category"],
        "type": row["type"],
        "points": row["points"],
        "value_fen": row["value_fen"],
        "stock": row["stock"] or None,
        "sold_out": row.get("sold_out", False),
        "limit_per": row["limit"]["per"],
        "limit_times": row["limit"]["times"],
        "valid_days": row["valid_days"],
        "starts": dates.instant(row["starts"]),
        "ends": dates.instant(row["ends"], end_of_day=True) if "ends" in row else None,
        "position": row["order"],
        "content": msgspec.to_builtins(content),
    }


def load_consent_texts(tx: Tx, folder: DemoFolder, dates: RelativeDates) -> None:
    """The texts members agree to; a version that is there stays."""
    for row in folder.toml("consents")["text"]:
        effective_from = dates.instant(row["effective_from"])
        consents.add_text(tx, row["document"], row["version"], _text(row), _text(row, "body_"), effective_from)


def load_jobs(tx: Tx, folder: DemoFolder, dates: RelativeDates) -> None:
    """The workshop jobs of the demo's one day at the store."""
    day = folder.toml("service_day")
    members = {visit["id"]: visit["member"] for visit in day["visit"]}
    known = _known(tx, visit_tables.service_jobs, "order")
    for row in day["job"]:
        if row["order"] in known:
            continue
        stages = row["stages"]
        values = {
            "order": row["order"],
            "member": members[row["visit"]] or None,
            "store": day["store"],
            "kind": _json(row, "kind_"),
            "checked_in_at": _at(stages["checked-in"], dates),
            "promised_at": _at(row["promised"], dates),
            "ready_at": _at(stages.get("ready", ""), dates),
            "handed_over_at": _at(row["handed_over"], dates),
        }
        tx.execute(insert(visit_tables.service_jobs).values(**values))


def _at(clock: str, dates: RelativeDates) -> datetime | None:
    if not clock:
        return None
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return dates.instant("+0d") + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def _text(row: Mapping[str, Any], prefix: str = "") -> Text:
    return Text(row.get(f"{prefix}zh", ""), row.get(f"{prefix}en", ""))


def _json(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    return {"zh": row[f"{prefix}zh"], "en": row[f"{prefix}en"]}


def _known(tx: Tx, table: Table, column: str) -> set[str]:
    return set(tx.connection.execute(select(table.c[column])).scalars())
