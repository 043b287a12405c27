"""A card that is a transcript: each command must be the one written down, and gets the answer written beside it."""

from __future__ import annotations


class Transcript:
    """Use as ``transmit``; compare ``left`` with 0 at the end.

    Args:
        lines: pairs of command and answer in hexadecimal, in order.
    """

    def __init__(self, *lines: tuple[str, str]) -> None:
        self._lines = [(bytes.fromhex(command), bytes.fromhex(answer)) for command, answer in lines]

    @property
    def left(self) -> int:
        """How many lines were not played."""
        return len(self._lines)

    def __call__(self, command: bytes) -> bytes:
        assert self._lines, f"unexpected command {command.hex(' ').upper()}: the transcript is over"
        expected, answer = self._lines.pop(0)
        assert command == expected, f"expected {expected.hex(' ').upper()}, found {command.hex(' ').upper()}"
        return answer
