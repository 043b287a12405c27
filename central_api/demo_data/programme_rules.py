"""Reads the rules that count points, tiers and entitlements from the demo's programme.toml, through the same checks as any other rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from central_api.programme.birthday import BirthdayRules
from central_api.programme.content import DebtRules, TillRules
from central_api.programme.earn_rules import EarnRules
from central_api.programme.entitlement_rules import EntitlementRules
from central_api.programme.referral import ReferralRules
from central_api.programme.renewal import RenewalRules
from central_api.programme.spenders import Ranking
from central_api.programme.tier_rules import TierRules
from club.model.relative_dates import RelativeDates

_FEN_PER_YUAN = 100
_STACKING = ["base", "tier-acceleration", "best-multiplier", "stepped-bonus"]
_MULTIPLIER_KEYS = frozenset(
    {"slug", "zh", "en", "enabled", "percent", "categories", "tiers", "starts", "ends", "days_of_month", "weekdays"}
)
_TERMS = {"on_amount": "paid-by-member", "rounding": "floor", "stacking": _STACKING}


def earn_rules(row: Mapping[str, Any], dates: RelativeDates) -> EarnRules:
    """The earn rules of the file; `dates` reads when its multipliers begin and end.

    Raises:
        ValueError: the file asks for another stacking order or rounding than the club's one, limits a multiplier by what
            is not known here, or breaks a bound.
    """
    for key, wanted in _TERMS.items():
        if row["earning"][key] != wanted:
            raise ValueError(f"expected earning.{key} = {wanted!r}, found {row['earning'][key]!r}; no other is built")
    return msgspec.convert(
        {
            "categories": [_category(one) for one in row["category"]],
            "exclusions": [
                {"slug": one["slug"], "reason": _text(one, "reason_"), "categories": [one["slug"]]}
                for one in row["category"]
                if one["group"] == "excluded"
            ],
            "acceleration": [
                {"tier": tier["slug"], "percent": tier["acceleration_percent"]} for tier in _ladder(row)["tier"]
            ],
            "multipliers": [_multiplier(one, dates) for one in row["multiplier"] if one["enabled"]],
            "stepped": [_stepped(one) for one in row["stepped_bonus"] if one["enabled"]],
            "round_expiry_to": row["expiry"]["round_to"],
        },
        EarnRules,
    )


def tier_rules(row: Mapping[str, Any], ladder: str = "") -> TierRules:
    """The tier rules of the file: of the ladder that is switched on, or of `ladder`."""
    fall = row["downgrade"]
    return msgspec.convert(
        {
            "rungs": [
                {"slug": tier["slug"], "rank": tier["rank"], "any_of": tier["any_of"]}
                for tier in _ladder(row, ladder)["tier"]
            ],
            "downgrade": {
                "after_days": fall["after_days_without_spend"],
                "grace_days": fall["grace_days"],
                "keep_days": row["tier_change"]["keep_days"],
                "warn_days": fall["warn_days"],
                "rule": fall["rule"],
                "never_below": "" if ladder else fall["never_below"],
            }
            if fall["enabled"]
            else None,
        },
        TierRules,
    )


def renewal_rules(row: Mapping[str, Any]) -> RenewalRules:
    """The ways of renewal of the file."""
    ways = {one["slug"]: one for one in row["renewal"]}
    return msgspec.convert(
        {
            "fee_fen": ways["fee"]["fee_fen"],
            "points": ways["points"]["points"],
            "insurance_at_least_fen": ways["insurance"]["bill_at_least_fen"],
            "insurance_group": ways["insurance"]["group"],
            "lapsed_grace_days": row["membership"]["lapsed_grace_days"],
            "remind_days": row["membership"]["remind_days"],
        },
        RenewalRules,
    )


def birthday_rules(row: Mapping[str, Any]) -> BirthdayRules:
    """The birthday gifts of the file."""
    gifts = [{"tier": one["tier"], "points": one["points"], "reward": one.get("reward", "")} for one in row["birthday"]]
    return msgspec.convert({"gifts": gifts, "claim": "month"}, BirthdayRules)


def referral_rules(row: Mapping[str, Any]) -> ReferralRules:
    """What referrals pay, by the file."""
    found = row["referral"]
    return msgspec.convert(
        {
            "first_visit_points": found["referrer_join_points"],
            "vehicle_points": found["referrer_points"],
            "cap_per_year": found["cap_per_year"],
            "delay_days": found["payout_delay_days"],
        },
        ReferralRules,
    )


def rankings(row: Mapping[str, Any]) -> tuple[Ranking, ...]:
    """Whose spending is honoured, by the file."""
    lists = [
        {"slug": one["slug"], "name": _text(one), "per": one["per"], "rewards": one["rewards"][: one["places"]]}
        for one in row["ranking"]
    ]
    return msgspec.convert(lists, tuple[Ranking, ...])


def entitlement_rules(row: Mapping[str, Any]) -> EntitlementRules:
    """The counted entitlements of the file; what is for a year lives to the end of its quarter."""
    counted = [
        {**{key: one[key] for key in ("slug", "per", "department", "value_fen", "counts")}, "name": _text(one)}
        for one in row["entitlement"]
    ]
    return msgspec.convert({"entitlements": counted, "round_expiry_to": "quarter-end"}, EntitlementRules)


def debt_rules(row: Mapping[str, Any]) -> DebtRules:
    """What becomes of refunded points that were spent, by the file."""
    found = row["expiry"]["debt"]
    rules = {"next-earning": "owe", "forgive": "forgive"}
    return msgspec.convert({"rule": rules[found["rule"]], "most_points": -found["floor_points"]}, DebtRules)


def till_rules(row: Mapping[str, Any]) -> TillRules:
    """What points are worth at the till, by the file."""
    return msgspec.convert(row["till"], TillRules)


def _ladder(row: Mapping[str, Any], slug: str = "") -> Mapping[str, Any]:
    ladders: Sequence[Mapping[str, Any]] = row["ladder"]
    return next(one for one in ladders if (one["slug"] == slug if slug else one["enabled"]))


def _category(one: Mapping[str, Any]) -> dict[str, Any]:
    common = {
        "slug": one["slug"],
        "group": one["group"],
        "tier_points": one["tier_points"],
        "accelerated": one.get("accelerated", True),
        "validity_months": one["validity_months"],
    }
    if "fixed_points" in one:
        return {**common, "by": "event", "fixed_points": one["fixed_points"]}
    return {**common, "points_per": one["points_per"], "per_fen": one["yuan_per"] * _FEN_PER_YUAN}


def _multiplier(one: Mapping[str, Any], dates: RelativeDates) -> dict[str, Any]:
    # A limit that went unread would make a multiplier of some days one of every day.
    unknown = sorted(one.keys() - _MULTIPLIER_KEYS)
    if unknown:
        raise ValueError(
            f"expected only {sorted(_MULTIPLIER_KEYS)} in multiplier {one['slug']}, found {unknown}; no other is built"
        )
    return {
        "slug": one["slug"],
        "name": _text(one),
        "percent": one["percent"],
        "categories": one["categories"],
        "tiers": one.get("tiers", []),
        "starts": dates.day(one["starts"]),
        "ends": dates.day(one["ends"]),
        "days_of_month": one.get("days_of_month", []),
        "weekdays": one.get("weekdays", []),
    }


def _stepped(one: Mapping[str, Any]) -> dict[str, Any]:
    # The file says it in per cent of the money at a point for each yuan; the rule holds whole points, so that nothing is rounded.
    points, rest = divmod(one["each_full_fen"] * one["percent"], _FEN_PER_YUAN * 100)
    if rest:
        raise ValueError(f"expected whole points for each step of {one['slug']}, found a fraction; change its per cent")
    return {
        "slug": one["slug"],
        "name": _text(one),
        "categories": one["categories"],
        "each_full_fen": one["each_full_fen"],
        "points": points,
        "cap_points": one.get("cap_points", 0),
    }


def _text(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    return {"zh": row[f"{prefix}zh"], "en": row[f"{prefix}en"]}
