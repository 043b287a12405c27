"""Turns one value of a settings file into the declared type, or says what was expected."""

import ipaddress
import types
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from club.settings.schema import Meaning, Secret, Setting


class NotThis(ValueError):
    """The value does not fit; the text says what was expected, without the value."""


def convert(setting: Setting, value: Any, folder: Path) -> Any:
    """Return ``value`` as the type its setting declares.

    Args:
        setting: the declaration.
        value: as parsed from TOML.
        folder: what a relative path counts from.

    Raises:
        NotThis: when type or bounds do not hold. Nothing is coerced: ``2.0`` is not a whole number, ``"true"`` no switch.
    """
    return _as(setting.kind, setting.meaning, value, folder)


def shown(setting: Setting, value: Any) -> str:
    """Return a value for a fault message: as written, secrets masked."""
    return "***" if setting.kind is Secret else repr(value)


def parse_text(setting: Setting, text: str) -> Any:
    """Read what ``--set section.key=text`` says, with as much type as the declaration needs.

    Raises:
        NotThis: when the text cannot be read as that type.
    """
    kind = setting.kind
    try:
        if kind is bool:
            return {"true": True, "false": False}[text]
        if kind in {int, float}:
            return kind(text)
        if get_origin(kind) is tuple:
            return [get_args(kind)[0](part) for part in text.split(",") if part]
    except (KeyError, ValueError):
        raise NotThis(expectation(setting)) from None
    return text


def expectation(setting: Setting) -> str:
    """Describe in words what a setting takes, such as ``a whole number of s from 5 to 600``."""
    return _wanted(setting.kind, setting.meaning)


def _wanted(kind: Any, meaning: Meaning) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list, each {_wanted(get_args(kind)[0], meaning)}"
    if meaning.instant:
        return "an instant with its zone, such as 2026-05-16T14:32:00+08:00, or empty"
    if meaning.url:
        return "an address that begins with " + " or ".join(f"{scheme}://" for scheme in meaning.url)
    if meaning.zone:
        return "the IANA name of a time zone, such as Asia/Shanghai"
    if meaning.network:
        return "an IP address or a network, such as 10.0.0.7 or 10.0.0.0/24"
    words = {bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}.get(kind, "text")
    if kind in {int, float}:
        words += f" of {meaning.unit}" if meaning.unit else ""
        if meaning.minimum is not None and meaning.maximum is not None:
            words += f" from {meaning.minimum:g} to {meaning.maximum:g}"
        elif meaning.minimum is not None:
            words += f", {meaning.minimum:g} or more"
        elif meaning.maximum is not None:
            words += f", {meaning.maximum:g} or less"
    return words


def _as(kind: Any, meaning: Meaning, value: Any, folder: Path) -> Any:
    wanted = NotThis(_wanted(kind, meaning))
    if get_origin(kind) is Literal:
        if value not in get_args(kind) or isinstance(value, bool):
            raise wanted
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise wanted
        try:
            return tuple(_as(get_args(kind)[0], meaning, item, folder) for item in value)
        except NotThis:
            raise wanted from None
    if get_origin(kind) in {Union, types.UnionType}:  # pragma: no cover -- a declaration's own mistake
        raise TypeError(f"a setting has one type; found {kind}")
    if kind is bool:
        if not isinstance(value, bool):
            raise wanted
        return value
    if kind in {int, float}:
        return _number(kind, meaning, value, wanted)
    if meaning.instant and isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        raise wanted
    if meaning.instant and not _is_instant(value):
        raise wanted
    if meaning.url and value and not _is_address(value, meaning.url):
        raise wanted
    if meaning.zone and value not in available_timezones():
        raise wanted
    if meaning.network and not _is_network(value):
        raise wanted
    if kind is Path:
        if not value:
            raise wanted
        return folder / Path(value).expanduser()
    return kind(value)


def _number(kind: type, meaning: Meaning, value: Any, wanted: NotThis) -> int | float:
    fits = isinstance(value, int) or (kind is float and isinstance(value, float))
    if isinstance(value, bool) or not fits:
        raise wanted
    if (meaning.minimum is not None and not value >= meaning.minimum) or (
        meaning.maximum is not None and not value <= meaning.maximum
    ):
        raise wanted
    number: int | float = kind(value)
    return number


def _is_instant(text: str) -> bool:
    if not text:
        return True
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    try:
        if "/" in text:
            ipaddress.ip_network(text)
        else:
            ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
