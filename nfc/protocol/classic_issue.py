"""Makes a MIFARE Classic card hold a member's record under keys of its own, and blank again (spec N6).

As ``desfire_issue`` it asks the card how far it is, sector by sector, so it can be torn at any exchange and started again. One
moment is beyond anybody's care: while the chip itself writes a trailer, some milliseconds for each sector, a card taken away may
be left with access bits that lock the sector for ever. That is why trailers are written here only, while staff hold the card.
"""

from __future__ import annotations

from dataclasses import dataclass

from nfc.protocol import an10922, apdu, classic, classic_record, errors

FACTORY_KEY = b"\xff" * classic.KEY_BYTES
_PURPOSE = b"M1 sector"
_DATA_BLOCKS = 3


class NotOurs(errors.ProtocolError):
    """A sector opens neither with the card's own keys nor with the factory's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a card shall become.

    Args:
        uid: the card's, 4 or 7 bytes.
        master: the programme's 16-byte master for Classic sectors; each sector of each card has keys of its own.
        code_key: the record's own 16-byte key, diversified by card.
        sectors: where the two copies lie, one block each: small sectors other than 0.
    """

    uid: bytes
    master: bytes
    code_key: bytes
    sectors: tuple[int, int] = (1, 2)

    def __post_init__(self) -> None:
        if len(set(self.sectors)) != 2 or any(not 1 <= sector < 16 for sector in self.sectors):
            raise ValueError(f"expected two sectors from 1 to 15, found {self.sectors}")

    def keys(self, sector: int) -> tuple[bytes, bytes]:
        """Return keys A and B of a sector (AN10922 over UID, purpose and sector; 6 bytes each)."""
        made = an10922.diversify(self.master, self.uid + _PURPOSE + bytes((sector,)))
        return made[:6], made[6:12]

    def place(self) -> classic_record.Place:
        """Return where the record is; its two sectors have different keys, so it is read and written sector by sector."""
        first, second = self.sectors
        copies = ((classic.trailer_of(first) - _DATA_BLOCKS,), (classic.trailer_of(second) - _DATA_BLOCKS,))
        values = (self.keys(first)[1], self.keys(second)[1])
        return classic_record.Place(copies, classic.Key.B, values, self.code_key, self.uid)


def issue(transmit: apdu.Transmit, plan: Plan, payload: bytes) -> None:
    """Give the card's two sectors their keys, prove them, and write the record.

    Raises:
        NotOurs: another's card, or a sector that is dead.
        classic_record.NotKept: the card is faulty.
        errors.ProtocolError: it left or refused; start again with the same plan.
    """
    written_by_b = classic.Condition.READ_A_WRITE_B
    blocks = (written_by_b, written_by_b, written_by_b)
    trailers = {sector: classic.Trailer(*plan.keys(sector), blocks, classic.TRAILER_ISSUED) for sector in plan.sectors}
    for sector, trailer in trailers.items():
        if not _opens(transmit, sector, classic.Key.B, trailer.key_b):
            _give(transmit, sector, classic.Key.A, FACTORY_KEY, trailer)
        for key, value in ((classic.Key.A, trailer.key_a), (classic.Key.B, trailer.key_b)):
            _prove(transmit, sector, key, value)
    classic_record.write(transmit, plan.place(), payload)


def wipe(transmit: apdu.Transmit, plan: Plan) -> None:
    """Return both sectors to the factory's state; those that are there already are left as they are.

    Raises:
        NotOurs, errors.ProtocolError: as :func:`issue`.
    """
    blank = classic.Trailer(FACTORY_KEY, FACTORY_KEY)
    for sector in plan.sectors:
        _, key_b = plan.keys(sector)
        if _opens(transmit, sector, classic.Key.B, key_b):
            trailer = classic.trailer_of(sector)
            for block in range(trailer - _DATA_BLOCKS, trailer):
                classic.write_block(transmit, block, bytes(classic.BLOCK_BYTES))
            _give(transmit, sector, classic.Key.B, key_b, blank)
        _prove(transmit, sector, classic.Key.A, FACTORY_KEY)


def _give(transmit: apdu.Transmit, sector: int, key: classic.Key, value: bytes, trailer: classic.Trailer) -> None:
    _prove(transmit, sector, key, value)
    classic.write_trailer(transmit, sector, trailer)


def _opens(transmit: apdu.Transmit, sector: int, key: classic.Key, value: bytes) -> bool:
    try:
        classic.authenticate(transmit, classic.trailer_of(sector), key, value)
    except errors.StatusError:
        return False
    return True


def _prove(transmit: apdu.Transmit, sector: int, key: classic.Key, value: bytes) -> None:
    if not _opens(transmit, sector, key, value):
        raise NotOurs(f"sector {sector} opens neither with the card's own keys nor with the factory's")
