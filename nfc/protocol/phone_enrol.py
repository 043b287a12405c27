"""Enrols a phone: its application tells its public key, and proves at once that it holds the other half (spec N2, N3).

The key is believed because staff see the phone that lies on the reader, once; from then on it is the phone that is believed.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from nfc.protocol import errors, phone, proofs
from nfc.protocol.applications import SELECT_CLUB
from nfc.protocol.ntag424_issue import Reached
from nfc.protocol.scripts import Ask, Script


@dataclass(frozen=True, slots=True)
class Enrolled(Reached):
    """A phone with its public key, 65 bytes uncompressed."""

    public_key: bytes


def enrol(number: bytes, question: phone.Question, known: bytes | None, version: int) -> Script[Enrolled]:
    """Take a phone's key: three commands.

    Args:
        number: the credential that the reader saw.
        question: fresh.
        known: the key that this credential is enrolled with already; another one is refused.
        version: said of the phone at the end.

    Raises:
        errors.AuthenticationFailed: it is another phone, or does not hold its key.
        errors.Malformed: its key is none.
    """
    control_information = (yield Ask(SELECT_CLUB, "select the club's application")).require()
    if phone.credential(control_information) != number:
        raise errors.AuthenticationFailed("expected the phone that was read, found another credential")
    key = phone.key_in((yield Ask(phone.KEY_COMMAND, "tell its public key")).require())
    if known is not None and not hmac.compare_digest(known, key):
        raise errors.AuthenticationFailed("expected the key that this phone is enrolled with, found another")
    yield from proofs.hce(key, number, question)
    return Enrolled(version, 0, key)
