"""Native commands of storage cards through a reader: PC/SC's transparent session, and the ACR122U's own way.

===========  ==============================================  =====================================================
way          command                                         answer
===========  ==============================================  =====================================================
transparent  FF C2 00 01 n 95 n' ..  (PC/SC part 3, am. 1)   C0 03 00 90 00, perhaps 92 and 96, then 97 n' ..
ACR122U      FF 00 00 00 n D4 42 ..  (PN532 user manual)     D5 43 status ..; a status other than 00 is a refusal
===========  ==============================================  =====================================================
"""

from __future__ import annotations

from collections.abc import Callable

from nfc.protocol import apdu, errors, tlv

Native = Callable[[bytes], bytes]
"""Sends a native command and returns the card's answer, empty where the card only acknowledges; raises Refused."""

_BEGIN = apdu.Command(0xFF, 0xC2, data=bytes.fromhex("8100"), le=256)
_END = apdu.Command(0xFF, 0xC2, data=bytes.fromhex("8200"), le=256)
_TRANSCEIVE, _ANSWER, _STATUS = 0x95, 0x97, 0xC0
_STATUS_OK = bytes.fromhex("009000")


class Refused(errors.ProtocolError):
    """The card did not acknowledge a native command, or did not answer it."""


def open_native(transmit: apdu.Transmit) -> Native:
    """Return the way this reader offers: a transparent session where it opens one, else the ACR122U's.

    A session stays open until :func:`close_native`; the reader does not look for other cards meanwhile.
    """
    if apdu.exchange(transmit, _BEGIN).ok:
        return lambda command: _transparent(transmit, command)
    return lambda command: _acr122(transmit, command)


def close_native(transmit: apdu.Transmit) -> None:
    """End a transparent session; a reader that has none refuses, which is no fault."""
    apdu.exchange(transmit, _END)


def _transparent(transmit: apdu.Transmit, command: bytes) -> bytes:
    body = tlv.build(_TRANSCEIVE, command)
    answer = apdu.exchange(transmit, apdu.Command(0xFF, 0xC2, 0x00, 0x01, body, le=256)).require()
    objects = dict(tlv.entries(answer))
    if objects.get(_STATUS) != _STATUS_OK:
        raise Refused(f"the card refused {command[:1].hex().upper()}")
    return objects.get(_ANSWER, b"")


def _acr122(transmit: apdu.Transmit, command: bytes) -> bytes:
    answer = apdu.exchange(transmit, apdu.Command(0xFF, 0x00, data=b"\xd4\x42" + command)).require()
    if answer[:2] != b"\xd5\x43" or len(answer) < 3:
        raise errors.Malformed(f"expected D5 43 and a status from the reader, found {answer[:3].hex(' ').upper()}")
    if answer[2]:
        raise Refused(f"the card refused {command[:1].hex().upper()} (status {answer[2]:02X})")
    return answer[3:]
