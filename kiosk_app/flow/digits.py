"""Digits while somebody types them: a PIN, a phone number."""

from dataclasses import dataclass, field

PIN_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Digits:
    """Counted, compared, never written out, and gone once they are sent (N4)."""

    value: str = field(default="", repr=False)

    def __len__(self) -> int:
        return len(self.value)


NO_DIGITS = Digits()
