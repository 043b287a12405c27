"""What can be wrong with a settings file, told all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: a file and its line (from 1), or the command line."""

    source: Path | None
    line: int | None
    text: str

    def __str__(self) -> str:
        if self.source is None:
            return f"--set: {self.text}"
        return f"{self.source}:{self.line}: {self.text}" if self.line else f"{self.source}: {self.text}"


class SettingsRefused(ValueError):
    """The settings cannot be used. ``faults`` holds everything that is wrong; the text has a line for each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"the settings have {count}:", *(f"  {fault}" for fault in faults)]))
