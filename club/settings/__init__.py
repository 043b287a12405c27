"""Settings of the programs: declared once, read from TOML, refused with every fault named."""

from club.settings.central import CentralSettings
from club.settings.faults import Fault, SettingsRefused
from club.settings.kiosk import KioskSettings
from club.settings.loader import load, masked
from club.settings.lounge import LoungeSettings
from club.settings.schema import Secret

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
