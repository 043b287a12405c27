"""Under which names the club's own application is found on cards and phones that can hold several."""

from __future__ import annotations

from nfc.protocol import apdu

CLUB_AID = bytes.fromhex("F0585A434C5542")
"""ISO 7816-5 proprietary name, F0 || "XZCLUB": the DF name on CPU cards, the ISO DF name of the DESFire application, and
what the Android application registers for host card emulation."""

CLUB_DESFIRE_AID = bytes.fromhex("435A58")
"""The DESFire application's own identifier, low byte first as the card wants it ("XZC"); its first digit is no F, so it
claims no place in the MIFARE application directory (AN10787)."""

SELECT_CLUB = apdu.Command(0x00, 0xA4, 0x04, 0x00, CLUB_AID, le=256)
SELECT_DESFIRE = apdu.Command(0x90, 0x5A, data=CLUB_DESFIRE_AID, le=256)
