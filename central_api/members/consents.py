"""What members agreed to: texts by version, and a log that only grows (K10, X2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.members import repository
from club.model import errors
from club.model.text import Text

REQUIRED = ("terms", "privacy")
"""Without agreeing to these nobody becomes a member."""


def add_text(tx: Tx, document: str, version: str, title: Text, text: Text, effective_from: datetime) -> None:
    """Publish a version of a text; what was published stays as it was, for members agreed to it.

    Raises:
        EditConflict: this version is there with other words.
    """
    known = repository.text_of(tx, document, version)
    values = {"title": texts.column(title), "text": texts.column(text), "effective_from": effective_from}
    if known is None:
        repository.add_text(tx, {"document": document, "version": version, **values})
    elif any(getattr(known, name) != values[name] for name in ("title", "text")):
        raise errors.EditConflict(
            f"version {version} of {document} was published with other words; give the new words a new version",
            expected=version,
            found=version,
        )


def current(tx: Tx, now: datetime) -> Mapping[str, Any]:
    """The row of the text in force of each document."""
    return {row.document: row for row in repository.texts(tx) if row.effective_from <= now}


def must_be_in_force(tx: Tx, agreed: Mapping[str, str], now: datetime) -> None:
    """Refuse what is agreed to in another version than the one in force, and a missing agreement.

    Args:
        tx: a unit of work.
        agreed: version by document.
        now: the instant.

    Raises:
        ConsentMissing: one of `REQUIRED` was not agreed to.
        EditConflict: the member read another version than the one in force; facts expected, found.
    """
    known = current(tx, now)
    missing = [document for document in REQUIRED if document in known and document not in agreed]
    if missing:
        raise errors.ConsentMissing(f"expected agreement to {', '.join(missing)}, found none", document=missing[0])
    for document, version in sorted(agreed.items()):
        if document not in known:
            raise errors.NotFound("expected a document members agree to, found none", kind="consent", id=document)
        if known[document].version != version:
            raise errors.EditConflict(
                f"{document} has a newer version than the one that was agreed to; show it and ask again",
                expected=known[document].version,
                found=version,
            )


def record(tx: Tx, member_id: str, document: str, version: str, *, given: bool, now: datetime, by: str) -> None:
    """Write one line of the log: a member agreed, or took it back."""
    values = {"member": member_id, "document": document, "version": version, "given": int(given), "at": now, "by": by}
    repository.add_consent(tx, values)


def standing(tx: Tx, member_id: str) -> Mapping[str, str]:
    """What a member agrees to by now: version by document; what was taken back is not in it."""
    found: dict[str, str] = {}
    for row in repository.consents_of(tx, [member_id]):
        if row.given:
            found[row.document] = row.version
        else:
            found.pop(row.document, None)
    return found
