"""Takes out of the database what is personal of somebody, and leaves the anonymous books (A10, X2)."""

from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.lifecycle import repository
from central_api.members import repository as members

_NOBODY = {"zh": "", "en": ""}


def erase(tx: Tx, member: str) -> None:
    """Remove name, contact, numbers, birthday, vehicles, lookups, and what could be compared with what was typed.

    So of everybody who was merged into them. The consent log stays: who agreed to what is to be shown later, and it holds no
    more than an id.
    """
    family = members.family(tx, member)
    for each in family:
        members.forget_details(tx, each)
        members.change(tx, each, {"surname": _NOBODY, "title": _NOBODY, "adviser": ""})
    repository.forget_registrations(tx, family)
    repository.forget_digests(tx, family)
    repository.forget_told(tx, family)
    cards.forget_member_codes(tx, family)
