"""Plays cues through the sound system's own command; a kiosk without sound says everything on the screen as well."""

import logging
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

_log = logging.getLogger(__name__)
_LONGEST_S = 5.0


class Player(Protocol):
    """Plays a named cue, without waiting for it."""

    def play(self, name: str) -> None:
        """Play `tap`, `key`, `success` or `error`; a cue that cannot be played is left out."""


class Silence:
    """Plays nothing."""

    def play(self, name: str) -> None:
        """Do nothing."""


class CommandPlayer:
    """Plays WAV files by a command. While one cue sounds the next is left out, so that fast typing does not queue up.

    Args:
        command: the program and its arguments; the file's path is added.
        sound: finds the file of a cue.
    """

    def __init__(self, command: Sequence[str], sound: Callable[[str], Path]) -> None:
        self._command, self._sound = tuple(command), sound
        self._playing = threading.Lock()
        self._told = False

    def play(self, name: str) -> None:
        """Start the cue on a thread of its own."""
        if self._playing.acquire(blocking=False):
            threading.Thread(target=self._run, args=(name,), name="sound", daemon=True).start()

    def _run(self, name: str) -> None:
        try:
            command = [*self._command, str(self._sound(name))]
            subprocess.run(command, check=True, timeout=_LONGEST_S, stdin=subprocess.DEVNULL, capture_output=True)
        except (OSError, LookupError, subprocess.SubprocessError) as error:
            level = logging.DEBUG if self._told else logging.WARNING  # a machine without a sound card says so once
            self._told = True
            _log.log(level, "no sound: %s did not play a cue: %s", self._command[0], type(error).__name__)
        finally:
            self._playing.release()


def find_player(sound: Callable[[str], Path], *, enabled: bool, volume: float) -> Player:
    """The player for this machine: PipeWire, PulseAudio or ALSA, whichever is installed; silence without any.

    Args:
        sound: finds the file of a cue.
        enabled: whether the store wants sounds.
        volume: 0 to 1; ALSA's own command knows none and plays at the mixer's.
    """
    commands = (
        ("pw-play", f"--volume={volume:.2f}"),
        ("paplay", f"--volume={round(volume * 65536)}"),
        ("aplay", "-q"),
    )
    if enabled and volume > 0:
        for command in commands:
            if shutil.which(command[0]):
                return CommandPlayer(command, sound)
        _log.warning("no sound: expected pw-play, paplay or aplay; install alsa-utils to hear the cues")
    return Silence()
