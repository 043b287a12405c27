"""Makes a MIFARE Classic card hold a member's record under keys of its own, and blank again (spec N6).

As ``desfire_issue`` it asks the card how far it is, sector by sector, so it can be torn at any exchange and started again. One
moment is beyond anybody's care: while the chip itself writes a trailer, some milliseconds for each sector, a card taken away may
be left with access bits that lock the sector for ever. That is why trailers are written here only, while staff hold the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nfc.protocol import apdu, classic, classic_record, errors

FACTORY_KEY = b"\xff" * classic.KEY_BYTES
_DATA_BLOCKS = 3
_UPDATE = 0xD6
_STEPS = {0x82: "load a key", 0x86: "open a sector", 0xB0: "read a block", _UPDATE: "write a block"}


class NotOurs(errors.ProtocolError):
    """A sector opens neither with the card's own keys nor with the factory's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a card shall become.

    Args:
        uid: the card's, 4 or 7 bytes.
        pairs: keys A and B of the two sectors where the copies lie, one block each: small sectors other than 0.
        code_key: the record's own 16-byte key, diversified by card.
    """

    uid: bytes
    pairs: Mapping[int, tuple[bytes, bytes]] = field(repr=False)
    code_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.pairs) != 2 or any(not 1 <= sector < 16 for sector in self.pairs):
            raise ValueError(f"expected two sectors from 1 to 15, found {tuple(self.pairs)}")
        if any(FACTORY_KEY in pair for pair in self.pairs.values()):
            raise ValueError("expected keys that are not the factory's")

    @property
    def sectors(self) -> tuple[int, int]:
        """Where the copies lie."""
        first, second = self.pairs
        return first, second

    def keys(self, sector: int) -> tuple[bytes, bytes]:
        """Return keys A and B of a sector, 6 bytes each."""
        return self.pairs[sector]

    def place(self) -> classic_record.Place:
        """Return where the record is; its two sectors have different keys, so it is read and written sector by sector."""
        first, second = self.sectors
        copies = ((classic.trailer_of(first) - _DATA_BLOCKS,), (classic.trailer_of(second) - _DATA_BLOCKS,))
        values = (self.keys(first)[1], self.keys(second)[1])
        return classic_record.Place(copies, classic.Key.B, values, self.code_key, self.uid)


def issue(transmit: apdu.Transmit, plan: Plan, payload: bytes, older: Sequence[Plan] = ()) -> None:
    """Give the card's two sectors their keys, prove them, and have them hold the record; one that is there is left as it is.

    Args:
        transmit: sends one APDU.
        plan: keys.
        payload: of the record.
        older: plans that the card may have been issued by earlier.

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
            _give(transmit, sector, *_way_in(transmit, sector, older), trailer)
        for key, value in ((classic.Key.A, trailer.key_a), (classic.Key.B, trailer.key_b)):
            _prove(transmit, sector, key, value)
    if _record(transmit, plan) != payload:
        classic_record.write(transmit, plan.place(), payload)


def wipe(transmit: apdu.Transmit, plan: Plan, older: Sequence[Plan] = ()) -> None:
    """Return both sectors to the factory's state; those that are there already are left as they are.

    Raises:
        NotOurs, errors.ProtocolError: as :func:`issue`.
    """
    blank = classic.Trailer(FACTORY_KEY, FACTORY_KEY)
    for sector in plan.sectors:
        key, value = _way_in(transmit, sector, (plan, *older))
        if key is classic.Key.B:
            trailer = classic.trailer_of(sector)
            for block in range(trailer - _DATA_BLOCKS, trailer):
                classic.write_block(transmit, block, bytes(classic.BLOCK_BYTES))
            _give(transmit, sector, key, value, blank)
        _prove(transmit, sector, classic.Key.A, FACTORY_KEY)


def step_of(command: apdu.Command) -> str:
    """Return what a command of issuing or wiping is for, in a journal's words."""
    if command.ins == _UPDATE and classic.is_trailer(command.p2):
        return "write keys and access bits"
    return _STEPS.get(command.ins, "go on")


def _record(transmit: apdu.Transmit, plan: Plan) -> bytes | None:
    try:
        return classic_record.read(transmit, plan.place())
    except classic_record.NoRecord:
        return None


def _way_in(transmit: apdu.Transmit, sector: int, plans: Sequence[Plan]) -> tuple[classic.Key, bytes]:
    """Return the key B of the first plan that opens a sector, or the factory's key A, which is proved by whoever uses it."""
    for plan in plans:
        _, key_b = plan.keys(sector)
        if _opens(transmit, sector, classic.Key.B, key_b):
            return classic.Key.B, key_b
    return classic.Key.A, FACTORY_KEY


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
