"""What cards are issued: words alone, for whoever names a card without making one."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What is issued; the words are those that cards are entered under."""

    NTAG424 = "ntag424"
    DESFIRE_EV1 = "desfire-ev1"
    DESFIRE_EV2 = "desfire-ev2"
    DESFIRE_EV3 = "desfire-ev3"
    CLASSIC = "mifare-classic"
    PHONE = "phone"  # enrolled by the central API, see ``phone_enrol``: nothing is written to it
