"""Has an NTAG 424 DNA prove one of its keys by a challenge made for this very tap (spec N3)."""

from __future__ import annotations

from nfc.protocol import keys, ntag424, ntag424_admin
from nfc.protocol.keys import KeySet
from nfc.protocol.ntag424_issue import Reached
from nfc.protocol.scripts import Ask, Random, Script

_RND_BYTES = 16


def prove(card_keys: KeySet, random: Random, number: int = keys.FILE) -> Script[Reached]:
    """Prove a key and nothing else: two commands behind the selection. No command of the session follows, so none is open.

    Args:
        card_keys: the card's own.
        random: makes the challenge.
        number: of the key; the file key by default, which is each card's own.

    Raises:
        errors.WrongKey, errors.AuthenticationFailed: it is not the card it says it is.
    """
    (yield Ask(ntag424.SELECT_NDEF_APPLICATION, "select the application")).require()
    yield from ntag424_admin.authenticate(number, card_keys.keys[number], random(_RND_BYTES))
    return Reached(card_keys.version, 0)
