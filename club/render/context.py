"""What a board is drawn with besides itself: size, language, instant, store, where its pictures are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from club.model.board import ActivityLine, Board
from club.model.text import Text
from club.resources.theme import Theme
from club.resources.theme import theme as the_theme
from club.words import numbers
from club.words.catalogue import Words
from club.words.catalogue import words as words_of
from club.words.fill import fill

Media = Callable[[str], Path | None]
"""Finds a picture's file by its SHA-256; None while it is not there, then the template draws without."""

BOARD_SIZE = (1920, 972)
FOOTER_SIZE = (1920, 108)
SCREEN_SIZE = (1920, 1080)
NOTHING = Text("")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


def split_screen(width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The sizes of board and bar, px, of a screen: the bar keeps the shape it was drawn in, the board has the rest."""
    bar = round(FOOTER_SIZE[1] * width / FOOTER_SIZE[0])
    return (width, height - bar), (width, bar)


def no_media(sha256: str) -> Path | None:
    """No pictures at all."""
    return None


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What the picture of a board depends on; the same board and context give the same pixels.

    `size` is the picture's, in px: 1920x972 or the same shape larger. `stale_since` puts the offline mark on it (L5);
    `shown_since` is when a notice began.
    """

    now: datetime
    time_zone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    size: tuple[int, int] = BOARD_SIZE
    club: Text = NOTHING
    store: Text = NOTHING
    media: Media = no_media
    theme: Theme = field(default_factory=the_theme)
    stale_since: datetime | None = None
    shown_since: datetime | None = None

    @property
    def words(self) -> Words:
        """The catalogue in this language."""
        return words_of(self.language)

    def pick(self, text: Text) -> str:
        """A text in this language."""
        return self.set(text.pick(self.words.language))

    def field(self, board: Board, *names: str) -> str:
        """The first of the board's fields that says something, its places filled; empty when none does."""
        for name in names:
            text = self.fill(board.text(name), board)
            if text:
                return text
        return ""

    def fill(self, text: Text, board: Board) -> str:
        """`{left} {date} {days} {state}` filled from what the board follows."""
        filled = fill(
            text,
            self.language,
            now=self.now,
            time_zone=self.time_zone,
            activity=board.activity,
            on=board.on,
            until=board.until,
        )
        return self.set(filled.strip())

    def set(self, text: str) -> str:
        """In English with straight quotes: the Chinese faces set the curly ones a whole character wide."""
        return text if self.words.language.startswith("zh") else text.translate(_STRAIGHT)

    def picture(self, sha256: str) -> Path | None:
        """The file of a picture, None when the board names none or it is not there."""
        return self.media(sha256) if sha256 else None

    def days_of(self, activity: ActivityLine) -> str:
        """When an activity is: 6 月 6 日 – 7 日 over several days, else 5 月 23 日 周六 14:00."""
        first = numbers.local_day(activity.starts, self.time_zone)
        last = numbers.local_day(activity.ends, self.time_zone)
        if first == last:
            return f"{numbers.day_with_weekday(self.words, first)} {numbers.clock(activity.starts, self.time_zone)}"
        if (first.year, first.month) == (last.year, last.month):
            month = self.words(f"common.date.month-{first.month}")
            return self.words("lounge.activity.days-of-month", month=month, first=first.day, last=last.day)
        return self.words(
            "lounge.activity.days", first=numbers.day(self.words, first), last=numbers.day(self.words, last)
        )

    def places(self, activity: ActivityLine) -> str:
        """余 6 车, or that one may queue."""
        if activity.left == 0:
            return self.words("common.activity.full")
        return self.words("common.activity.left", left=activity.left, unit=self.pick(activity.unit))
