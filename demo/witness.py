"""The witness of the story: each step counts only when it was seen on the glass, and leaves a numbered picture."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from demo.finger import Finger
from demo.glass import Role, Sighting, find_text, read_qr
from demo.processes import wait_until


class NotSeen(AssertionError):
    """Something that should be on the glass is not there; the message names the picture that shows what is."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text to be seen: the font's role and about its size in px of the design."""

    text: str
    role: Role
    size: int


class Witness:
    """Waits until texts and codes are seen, keeps pictures, and says what was seen and after how long.

    Args:
        folder: where the numbered pictures go.
        say: prints a line.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say, self._count = folder, say, 0
        folder.mkdir(parents=True, exist_ok=True)
        self.pictures: list[Path] = []

    def sees(self, finger: Finger, name: str, expected: Sequence[Words], *, seconds: float = 15.0) -> list[Sighting]:
        """Wait until every text of `expected` is on the glass at once; keep the picture as `NN-name.png`.

        Raises:
            NotSeen: not within `seconds`.
        """
        began = time.monotonic()
        last: list[Image.Image] = [finger.look()]
        found: list[Sighting | None] = []

        def all_there() -> bool:
            last[0] = finger.look()
            found[:] = [_find(last[0], words, finger.scale) for words in expected]
            return all(found)

        wait_until(all_there, seconds, every=0.1)
        took = time.monotonic() - began
        path = self._keep(name, last[0])
        lacking = [words.text for words, one in zip(expected, found, strict=True) if one is None]
        if lacking:
            raise NotSeen(f"expected on the glass within {seconds:.0f} s: {lacking}; see {path}")
        self._say(f"{path.name}: {' · '.join(words.text for words in expected)}  ({took:.1f} s)")
        return [one for one in found if one is not None]

    def sees_qr(self, finger: Finger, name: str, accept: Callable[[str], bool], *, seconds: float = 10.0) -> str:
        """Wait until a QR code on the glass says something that `accept` takes; return it.

        Raises:
            NotSeen: not within `seconds`.
        """
        read: list[str] = []

        def there() -> bool:
            read[:] = read_qr(finger.look())
            return any(accept(text) for text in read)

        if not wait_until(there, seconds, every=0.2):
            path = self._keep(name, finger.look())
            raise NotSeen(f"expected a QR code of the right kind on the glass; read {read}; see {path}")
        path = self._keep(name, finger.look())
        self._say(f"{path.name}: a QR code of the right kind, read by a library")
        return next(text for text in read if accept(text))

    def press(self, finger: Finger, words: Words, *, seconds: float = 10.0) -> None:
        """Press a text once it stands still on the glass.

        Raises:
            NotSeen: it did not appear.
        """
        places: list[Sighting | None] = [None]

        def still() -> bool:
            before, places[0] = places[0], _find(finger.look(), words, finger.scale)
            now = places[0]
            return before is not None and now is not None and (before.x, before.y) == (now.x, now.y)

        if not wait_until(still, seconds, every=0.1) or places[0] is None:
            path = self._keep(f"no-{words.text}", finger.look())
            raise NotSeen(f"expected to press {words.text!r}; it is not on the glass; see {path}")
        finger.press_on(places[0])

    def keep(self, name: str, picture: Image.Image) -> Path:
        """Keep a picture that was taken elsewhere, with the next number."""
        return self._keep(name, picture)

    def _keep(self, name: str, picture: Image.Image) -> Path:
        self._count += 1
        path = self._folder / f"{self._count:02d}-{name}.png"
        picture.save(path)
        self.pictures.append(path)
        return path


def _find(picture: Image.Image, words: Words, scale: float) -> Sighting | None:
    return find_text(picture, words.text, role=words.role, size=round(words.size * scale), tolerance=2)
