"""What each staff account of the demo may do, in a few words, the one to use first."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.house import SignIn

BEST = "1001"
"""Zhou, who runs the members' side of the store and edits its boards; the story signs in as she does."""

RUNS = "edit and publish boards; write and confirm urgent notices; devices"
PUBLISHES = "edit and publish boards"
LOOKS = "look only"
MAY: Mapping[str, str] = {
    "admin": RUNS,
    "manager": RUNS,
    "marketing": PUBLISHES,
    "service": LOOKS,
    "reception": LOOKS,
    "auditor": LOOKS,
}
_MOST_FIRST = (RUNS, PUBLISHES, LOOKS)


def roles(folder: Path) -> dict[str, list[str]]:
    """The roles of the demo's staff by number.

    Args:
        folder: the demo content.
    """
    staff = tomllib.loads((folder / "staff.toml").read_text(encoding="utf-8"))["staff"]
    return {one["number"]: list(one["roles"]) for one in staff}


def lines(staff: Sequence[SignIn], roles_of: Mapping[str, Sequence[str]]) -> list[str]:
    """One line for each account, with what it may; those who may most come first, the one to use before all.

    Args:
        staff: the accounts with their passwords.
        roles_of: their roles by number.
    """
    rights = {one.number: right_of(roles_of.get(one.number, ())) for one in staff}
    order = sorted(staff, key=lambda one: (one.number != BEST, _MOST_FIRST.index(rights[one.number])))
    return [
        f"{one.number}  {one.name}  {one.password}  {rights[one.number]}{'  <- use this one' if one.number == BEST else ''}"
        for one in order
    ]


def right_of(held: Sequence[str]) -> str:
    """The most that somebody with these roles may."""
    return min((MAY.get(role, LOOKS) for role in held), key=_MOST_FIRST.index, default=LOOKS)
