"""Settings of the programs: declared once, read from TOML, refused with every fault named.

A program asks for its own schema, and the other programs' are not loaded with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from club.settings.faults import Fault, SettingsRefused
from club.settings.loader import load, masked
from club.settings.schema import Secret

if TYPE_CHECKING:
    from club.settings.central import CentralSettings
    from club.settings.kiosk import KioskSettings
    from club.settings.lounge import LoungeSettings

__all__ = [
    "CentralSettings",
    "Fault",
    "KioskSettings",
    "LoungeSettings",
    "Secret",
    "SettingsRefused",
    "load",
    "masked",
]

_SCHEMAS = {"CentralSettings": "central", "KioskSettings": "kiosk", "LoungeSettings": "lounge"}


def __getattr__(name: str) -> Any:
    if name not in _SCHEMAS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_SCHEMAS[name]}"), name)
