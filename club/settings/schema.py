"""Declares settings: a frozen dataclass per section, each field with its default, unit, meaning and bounds."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

_KEY = "setting"


class Secret(str):
    """Text that shows itself as ``***`` wherever it is printed by accident; :meth:`reveal` gives it out on purpose."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, specification: str) -> str:
        return format("***", specification)

    def reveal(self) -> str:
        """The text itself."""
        return str.__str__(self)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known about a setting beside its type and default.

    Attributes:
        help: one sentence for the person who edits the file.
        unit: of a number, such as ``s``, ``px`` or ``points``.
        minimum: least number allowed.
        maximum: greatest number allowed.
        instant: the text is an ISO 8601 instant with its zone, or empty.
        url: the text is an address with one of these schemes, or empty where the default is empty.
        zone: the text is an IANA time zone.
        network: the text is an IP address or a network.
    """

    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    instant: bool = False
    url: tuple[str, ...] = ()
    zone: bool = False
    network: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a schema, as :func:`settings_of` finds it."""

    section: str
    key: str
    kind: Any
    default: Any
    meaning: Meaning

    @property
    def name(self) -> str:
        """The name used on the command line and in faults: ``section.key``."""
        return f"{self.section}.{self.key}"


def setting(  # noqa: PLR0913 -- one argument for each fact of `Meaning`, given by name
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    instant: bool = False,
    url: tuple[str, ...] = (),
    zone: bool = False,
    network: bool = False,
) -> Any:
    """Declare one field of a section; see :class:`Meaning` for the arguments."""
    meaning = Meaning(help, unit, minimum, maximum, instant, url, zone, network)
    return dataclasses.field(default=default, metadata={_KEY: meaning})


def section(kind: type) -> Any:
    """Declare one section of a schema, filled with its defaults unless the file says otherwise."""
    return dataclasses.field(default_factory=kind)


def sections_of(schema: type) -> Mapping[str, type]:
    """Return the sections of a schema by name, in the order they were declared."""
    hints = get_type_hints(schema)
    return {field.name: hints[field.name] for field in dataclasses.fields(schema)}


def settings_of(schema: type) -> Iterator[Setting]:
    """Yield every setting of a schema in the order of declaration."""
    for name, kind in sections_of(schema).items():
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield Setting(name, field.name, hints[field.name], field.default, field.metadata[_KEY])
