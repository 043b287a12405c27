"""What each role of the staff may do (C1)."""

from collections.abc import Collection, Mapping
from typing import Literal

Right = Literal["boards.see", "boards.edit", "boards.publish", "devices.see", "devices.change", "notices.send"]

_EVERYBODY: frozenset[Right] = frozenset({"boards.see"})
_PUBLISHES: frozenset[Right] = frozenset({"boards.see", "boards.edit", "boards.publish"})
_RUNS: frozenset[Right] = _PUBLISHES | {"devices.see", "devices.change", "notices.send"}

RIGHTS: Mapping[str, frozenset[Right]] = {
    "admin": _RUNS,
    "manager": _RUNS,
    "marketing": _PUBLISHES,
    "service": _EVERYBODY,
    "reception": _EVERYBODY,
    "auditor": _EVERYBODY,
}


def may(roles: Collection[str], right: Right) -> bool:
    """Whether somebody with these roles may do it; an unknown role may nothing."""
    return any(right in RIGHTS.get(role, frozenset()) for role in roles)
