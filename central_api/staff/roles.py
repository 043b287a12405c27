"""What each role of the staff may do (C1)."""

from collections.abc import Collection, Mapping
from typing import Literal

Right = Literal[
    "boards.see",
    "boards.edit",
    "boards.publish",
    "devices.see",
    "devices.change",
    "notices.send",
    "members.see",
    "members.reveal",
    "members.change",
    "members.merge",
    "cards.change",
    "offline.see",
    "offline.handle",
    "tasks.see",
    "tasks.handle",
]

# Members are seen masked; `members.reveal` opens one, on the record.
_EVERYBODY: frozenset[Right] = frozenset({"boards.see", "members.see"})
_PUBLISHES: frozenset[Right] = _EVERYBODY | {"boards.edit", "boards.publish"}
# Who takes vouchers sees what kiosks handed out offline and what waits for staff; who answers for it notes that it was looked into (A14).
_DESK: frozenset[Right] = _EVERYBODY | {"members.change", "cards.change", "offline.see", "tasks.see"}
_ADVISES: frozenset[Right] = _DESK | {"members.reveal", "offline.handle", "tasks.handle"}
_RUNS: frozenset[Right] = _PUBLISHES | _ADVISES | {"devices.see", "devices.change", "notices.send", "members.merge"}

RIGHTS: Mapping[str, frozenset[Right]] = {
    "admin": _RUNS,
    "manager": _RUNS,
    "marketing": _PUBLISHES,
    "service": _ADVISES,
    "reception": _DESK,
    "auditor": _EVERYBODY | {"offline.see", "tasks.see"},
}


def rights_of(roles: Collection[str]) -> frozenset[Right]:
    """All that somebody with these roles may do."""
    return frozenset[Right]().union(*(RIGHTS.get(role, frozenset()) for role in roles))


def may(roles: Collection[str], right: Right) -> bool:
    """Whether somebody with these roles may do it; an unknown role may nothing."""
    return any(right in RIGHTS.get(role, frozenset()) for role in roles)
