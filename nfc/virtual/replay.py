"""A virtual card that is the transcript of a real one: tap it again and again, it says what the real one said."""

from __future__ import annotations

from nfc.transcript import Replay, Strayed, Transcript
from nfc.virtual.card import Pulled


class Recorded:
    """A recorded tap; each activation begins it anew.

    Args:
        transcript: what the card said.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._replay = Replay(transcript)
        self.strayed: Strayed | None = None
        """The first command that was not in the transcript: the reading has changed since."""

    @property
    def atr(self) -> bytes:
        """As it was."""
        return self._transcript.atr

    def power_on(self) -> None:
        """Begin anew."""
        self._replay = Replay(self._transcript)

    def transmit(self, command: bytes) -> bytes | None:
        """Answer as the real card did; leave where it left, and at a command it was never asked."""
        try:
            answer = self._replay(command)
        except Strayed as strayed:
            self.strayed = self.strayed or strayed
            raise Pulled from strayed
        if not answer:
            raise Pulled
        return answer
