"""Turns a refusal's code and facts into the calm sentence a member reads; the code itself goes to the log."""

import math
from datetime import datetime

from club.model import errors
from club.words import numbers
from club.words.catalogue import Words

GENERAL = "common.refusal.club_error"
_LONG_S = 2 * 3600  # a wait as long as this is told in hours


def sentence(words: Words, error: errors.ClubError, *, time_zone: str, reward: str = "", tier: str = "") -> str:
    """What the member is told.

    Args:
        words: in the member's language.
        error: with its facts; facts that a newer or older server leaves out are told around.
        time_zone: the store's IANA zone, for times in the facts.
        reward: the reward's name, where the facts only hold its slug.
        tier: the name of the tier that is needed.
    """
    key = f"common.refusal.{error.code}"
    if not words.has(key):
        return words(GENERAL)
    return words(_variant(words, key, error), **_values(words, error, time_zone, reward, tier))


def _variant(words: Words, key: str, error: errors.ClubError) -> str:
    """A key with its fact behind it, such as `common.refusal.card_blocked-replaced`, when there is one."""
    reason = error.text("reason") or error.text("per")
    if isinstance(error, errors.PinWrong) and error.number("tries_left", 1) == 0:
        reason = "last"
    if isinstance(error, errors.TooManyGuesses) and not reason and error.number("seconds") > 0:
        reason = "hours" if error.number("seconds") > _LONG_S else "minutes"
    special = f"{key}-{reason}"
    return special if reason and words.has(special) else key


def _values(words: Words, error: errors.ClubError, time_zone: str, reward: str, tier: str) -> dict[str, str | int]:
    wait_s = error.number("seconds")  # of guesses; a PIN's lock is told in minutes
    balance, price = error.number("balance"), error.number("price")
    cap, spent = error.number("cap"), error.number("spent")
    return {
        "balance": numbers.points(balance),
        "price": numbers.points(price),
        "missing": numbers.points(max(0, price - balance)),
        "left": error.number("left"),
        "times": error.number("times"),
        "hours": error.number("hours", math.ceil(wait_s / 3600)),
        "cap": numbers.points(cap),
        "rest": numbers.points(max(0, cap - spent)),
        "tries": error.number("tries_left"),
        "minutes": max(1, error.number("minutes", error.number("lock_minutes", math.ceil(wait_s / 60) or 15))),
        "until": _time(error.text("until"), time_zone),
        "reward": reward or words("common.this-reward"),
        "tier": tier or words("common.higher-tier"),
    }


def _time(iso: str, time_zone: str) -> str:
    try:
        return numbers.clock(datetime.fromisoformat(iso), time_zone)
    except ValueError:
        return ""
