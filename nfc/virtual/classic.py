"""A virtual MIFARE Classic 1K in a reader: sectors, two keys each, access bits, value blocks, and writes that tear."""

from __future__ import annotations

from nfc.protocol import classic, errors
from nfc.virtual.card import ATR_CLASSIC_1K, SW_NOT_SUPPORTED, SW_OK, Pulled, data_of, expected_of

FACTORY_KEY = b"\xff" * 6
_SW_FAILED = bytes.fromhex("6300")
_KEY_A, _KEY_B = 0x60, 0x61

# Which keys may read, write, raise, lower a data block, by C1 C2 C3 (MF1S50yyX table 7).
_A, _B, _AB = frozenset("A"), frozenset("B"), frozenset("AB")
_NONE: frozenset[str] = frozenset()
_RIGHTS = {
    0b000: (_AB, _AB, _AB, _AB),
    0b010: (_AB, _NONE, _NONE, _NONE),
    0b100: (_AB, _B, _NONE, _NONE),
    0b110: (_AB, _B, _B, _AB),
    0b001: (_AB, _NONE, _NONE, _AB),
    0b011: (_B, _B, _NONE, _NONE),
    0b101: (_B, _NONE, _NONE, _NONE),
    0b111: (_NONE, _NONE, _NONE, _NONE),
}
# Which key may write keys and access bits (both together here, as issuing does), by the trailer's C1 C2 C3 (table 8).
_TRAILER_WRITE = {0b001: _A, 0b011: _B}
_B_IS_DATA = {0b000, 0b001, 0b010}  # key B can be read, so it opens nothing


class Classic:
    """A card, blank as from the factory unless written to.

    Args:
        uid: 4 or 7 bytes.
    """

    atr = ATR_CLASSIC_1K

    def __init__(self, uid: bytes) -> None:
        self.uid = uid
        self.blocks = [bytes(classic.BLOCK_BYTES) for _ in range(classic.BLOCKS_1K)]
        self.blocks[0] = uid.ljust(classic.BLOCK_BYTES, b"\x88")
        for sector in range(16):
            self.blocks[classic.trailer_of(sector)] = classic.Trailer(FACTORY_KEY, FACTORY_KEY).to_bytes()
        self.tear_after: int | None = None
        """Pull the card away in the middle of the block written after so many more commands."""
        self._slots: dict[int, bytes] = {}
        self._open: tuple[int, str] | None = None

    def power_on(self) -> None:
        """No sector is open any more; the reader keeps its keys."""
        self._open = None

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one pseudo APDU as an ACR122U with the card on it does."""
        if len(command) < 4 or command[0] != 0xFF:
            return SW_NOT_SUPPORTED
        answer = self._answer(command)
        if answer == _SW_FAILED:
            self._open = None  # the chip halts at any failure
        return answer

    def _answer(self, command: bytes) -> bytes:
        ins, block, data = command[1], command[3], data_of(command)
        tear = self._tears()
        match ins:
            case 0xCA:
                return self.uid + SW_OK
            case 0x82 if len(data) == classic.KEY_BYTES:
                self._slots[command[3]] = data
                return SW_OK
            case 0x86 if len(data) == 5:
                return self._authenticate(data[2], data[3], self._slots.get(data[4]))
            case 0xB0:
                return self._read(block)[: expected_of(command)] + SW_OK if self._may(block, 0) else _SW_FAILED
            case 0xD6 if len(data) == classic.BLOCK_BYTES:
                return self._write(block, data, tear=tear)
            case 0xD7 if len(data) == 5:
                return self._value(block, data[0], int.from_bytes(data[1:], "big"), tear=tear)
        return _SW_FAILED

    def _tears(self) -> bool:
        if self.tear_after is None:
            return False
        self.tear_after -= 1
        if self.tear_after < 0:
            self.tear_after = None
            return True
        return False

    def _authenticate(self, block: int, kind: int, key: bytes | None) -> bytes:
        self._open = None
        if block >= len(self.blocks) or kind not in (_KEY_A, _KEY_B):
            return _SW_FAILED
        trailer = self.blocks[classic.trailer_of(classic.sector_of(block))]
        name = "A" if kind == _KEY_A else "B"
        if name == "B" and self._conditions(block)[3] in _B_IS_DATA:
            return _SW_FAILED
        if key is None or key != (trailer[:6] if name == "A" else trailer[10:]):
            return _SW_FAILED
        self._open = classic.sector_of(block), name
        return SW_OK

    def _conditions(self, block: int) -> tuple[int, int, int, int]:
        trailer = self.blocks[classic.trailer_of(classic.sector_of(block))]
        try:
            return classic.conditions(trailer[6:9])
        except errors.Malformed:
            return 0b111, 0b111, 0b111, 0b111  # locked for ever

    def _may(self, block: int, right: int) -> bool:
        if block >= len(self.blocks) or self._open is None or self._open[0] != classic.sector_of(block):
            return False
        if classic.is_trailer(block):
            return right == 0 or (right == 1 and self._open[1] in _TRAILER_WRITE.get(self._conditions(block)[3], _NONE))
        if block == 0 and right:
            return False
        return self._open[1] in _RIGHTS[self._conditions(block)[block % 4]][right]

    def _read(self, block: int) -> bytes:
        content = self.blocks[block]
        if classic.is_trailer(block):
            return bytes(6) + content[6:10] + bytes(6)
        return content

    def _write(self, block: int, data: bytes, *, tear: bool) -> bytes:
        if not self._may(block, 1):
            if tear:
                raise Pulled
            return _SW_FAILED
        if tear:
            # Half of the cells hold the new charge, and one between the two neither.
            middle = classic.BLOCK_BYTES // 2
            self.blocks[block] = data[:middle] + bytes((0xA5,)) + self.blocks[block][middle + 1 :]
            raise Pulled
        self.blocks[block] = data
        return SW_OK

    def _value(self, block: int, operation: int, amount: int, *, tear: bool) -> bytes:
        right = {0: 1, 1: 2, 2: 3}.get(operation)
        if right is None or not self._may(block, right):
            return _SW_FAILED
        if tear:
            raise Pulled  # the chip changes a value by one transfer, which is done or is not
        try:
            before = 0 if operation == 0 else classic.parse_value(self.blocks[block])
            after = amount if operation == 0 else before + amount if operation == 1 else before - amount
            self.blocks[block] = classic.build_value(after, block if operation == 0 else self.blocks[block][12])
        except (errors.Malformed, OverflowError):
            return _SW_FAILED
        return SW_OK
