"""Tells which kind of card lies there to be issued: a blank one says so itself, for nothing hangs on it yet."""

from __future__ import annotations

from nfc.issuing.authority import AuthorityRefused
from nfc.protocol import apdu, atr, errors, ntag424
from nfc.protocol.kind import Kind

_INSTEAD = {
    atr.Hint.ISO14443_4: "a CPU card has its keys from its maker, and a phone is enrolled by the central API",
}
"""What else such a card may be, and who gives it what it needs."""
_GENERATIONS = {0x01: Kind.DESFIRE_EV1, 0x12: Kind.DESFIRE_EV2, 0x33: Kind.DESFIRE_EV3}
"""By the hardware's major version (MF3D(H)x3 §11.5.7); the first generation of all, 00, knows no AES."""


def look(transmit: apdu.Transmit, raw_atr: bytes) -> Kind:
    """Ask a freshly connected card what it is.

    Args:
        transmit: sends one APDU.
        raw_atr: the ATR of this activation.

    Raises:
        AuthorityRefused: it is of a kind that is not issued.
        errors.CardLeft: it was taken away.
    """
    hint = atr.parse(raw_atr).hint
    if hint is atr.Hint.CLASSIC:
        return Kind.CLASSIC
    if hint is atr.Hint.ISO14443_4:
        try:
            version = ntag424.get_version(transmit)
        except (errors.StatusError, errors.Malformed):
            version = None
        if version is not None and version.is_ntag424:
            return Kind.NTAG424
        if version is not None and version.is_desfire and version.major in _GENERATIONS:
            return _GENERATIONS[version.major]
    instead = f" ({_INSTEAD[hint]})" if hint in _INSTEAD else ""
    raise AuthorityRefused(
        "not_offered",
        f"expected an NTAG 424 DNA, a DESFire EV1 to EV3 or a MIFARE Classic, found {hint}{instead}: lay one of those down; "
        "'nfc-cards identify' says what this one is",
    )
