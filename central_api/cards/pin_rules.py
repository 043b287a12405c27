"""Which PINs are too easy to guess (K17). Pure; the programme says which rules hold."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from itertools import pairwise

DIGITS = 6
_CENTURIES = (1900, 2000)


def weakness(pin: str, forbid: Collection[str], *, phone: str = "", birthday: str = "") -> str | None:
    """Why a PIN may not be: the name of the first rule it breaks, or None.

    Args:
        pin: six digits.
        forbid: the rules that hold: same-digit, ascending, descending, phone-tail, birthday. Others are not known and break
            nothing.
        phone: the member's, normalised; empty: not known.
        birthday: the member's as MM-DD; empty: not known. Without it too, what reads as a date of birth (YYMMDD) may not be.
    """
    broken: Mapping[str, Callable[[], bool]] = {
        "same-digit": lambda: len(set(pin)) == 1,
        "ascending": lambda: _steps(pin) == {1},
        "descending": lambda: _steps(pin) == {9},
        "phone-tail": lambda: bool(phone) and phone.endswith((pin, pin[-4:])),
        "birthday": lambda: _is_date(pin) or _holds(pin, birthday),
    }
    return next((rule for rule in forbid if rule in broken and broken[rule]()), None)


def is_pin(text: str) -> bool:
    """Whether a text is six ASCII digits."""
    return len(text) == DIGITS and text.isascii() and text.isdecimal()


def _steps(pin: str) -> set[int]:
    """By how much each digit differs from the one before it, 9 and 0 being neighbours: 890123 is a run too."""
    return {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}


def _is_date(pin: str) -> bool:
    year, month, day = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    return any(_real(century + year, month, day) for century in _CENTURIES)


def _real(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _holds(pin: str, birthday: str) -> bool:
    month, _, day = birthday.partition("-")
    if not day:
        return False
    return any(part in (pin[:4], pin[2:]) for part in (month + day, day + month))
