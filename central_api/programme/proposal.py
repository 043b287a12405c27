"""Reads a proposed set of rules from a file, TOML or JSON, and says whether and when it may take effect (C5)."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from central_api import texts
from central_api.programme.content import Counting, Programme
from club.model import errors
from club.wire.limits import Instant, Slug


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole set of rules with its name and its first instant. What is left out stays as it is in force."""

    version: Slug
    effective_from: Instant
    programme: Programme
    counting: Counting


def read(path: Path, current: Programme, counting: Counting) -> Proposal:
    """The proposal of a file. `[programme]` and `[counting]` replace whole parts of the present rules by their names.

    Args:
        path: a `.toml` or `.json` file.
        current: the rules in force.
        counting: those of bills and days, in force.

    Raises:
        Malformed: it cannot be read, names a part there is not, or holds what no rules may be.
        OSError: the file cannot be opened.
    """
    raw = path.read_text(encoding="utf-8")
    try:
        told = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw)
    except ValueError as fault:
        raise errors.Malformed(
            f"expected {path.name} as {'JSON' if path.suffix == '.json' else 'TOML'}: {fault}"
        ) from None
    return parse(told, current, counting)


def parse(told: object, current: Programme, counting: Counting) -> Proposal:
    """The proposal of what a file held; arguments and errors as in `read`."""
    if not isinstance(told, Mapping):
        raise errors.Malformed("expected a table with version, effective_from, programme, counting")
    whole = {
        **told,
        "effective_from": _instant(told.get("effective_from"), current.time_zone),
        "programme": _merged(current, told.get("programme", {}), "programme"),
        "counting": _merged(counting, told.get("counting", {}), "counting"),
    }
    try:
        return msgspec.convert(whole, Proposal)
    except msgspec.ValidationError as fault:
        raise errors.Malformed(f"expected rules as docs/programme.md says: {fault}") from None


def may_begin(proposal: Proposal, *, notice_days: int, costs_members: bool, now: datetime) -> None:
    """Refuse what begins in the past, or takes something from members without the notice they were promised.

    Args:
        proposal: with its first instant.
        notice_days: of the rules in force.
        costs_members: as the preview says.
        now: the instant.

    Raises:
        Malformed: it begins too early. Facts: earliest.
    """
    earliest = now
    if costs_members:
        today = texts.local_day(now, proposal.programme.time_zone)
        earliest = texts.day_starts(today + timedelta(days=notice_days), proposal.programme.time_zone)
    if proposal.effective_from < earliest or proposal.effective_from <= now:
        why = f"it costs members something, and the programme promises {notice_days} days" if costs_members else "now"
        raise errors.Malformed(
            f"expected rules that begin at {earliest.isoformat()} or later ({why}), "
            f"found {proposal.effective_from.isoformat()}; what was booked stays judged by the rules of its hour",
            earliest=earliest.astimezone(UTC).isoformat(),
        )


def _merged(current: msgspec.Struct, told: object, where: str) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        raise errors.Malformed(f"expected [{where}] as a table")
    known = set(type(current).__struct_fields__)
    unknown = sorted(set(told) - known)
    if unknown:
        raise errors.Malformed(f"expected only {', '.join(sorted(known))} in [{where}], found {', '.join(unknown)}")
    present = msgspec.to_builtins(current)
    return {**present, **told}


def _instant(value: object, time_zone: str) -> object:
    """A day is its first moment in the club's zone; a time without a zone is one of the club's."""
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=ZoneInfo(time_zone))
    if isinstance(value, date):
        return texts.day_starts(value, time_zone)
    if isinstance(value, str):
        try:
            return _instant(
                date.fromisoformat(value) if len(value) == _DAY else datetime.fromisoformat(value), time_zone
            )
        except ValueError:
            raise errors.Malformed(f"expected effective_from as a day or an instant, found {value!r}") from None
    raise errors.Malformed(f"expected effective_from as a day or an instant, found {value!r}")


_DAY = len("2026-05-16")
