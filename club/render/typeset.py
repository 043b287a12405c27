"""Breaks text into lines the Chinese way and finds the size at which it fits; pure, measured by a function it is given.

Nothing is ever cut with an ellipsis: a text first shrinks in steps, then takes more lines (style of the lounge pictures).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from club.words.kinsoku import NEVER_FIRST, NEVER_LAST

Measure = Callable[[str, int], float]
"""Width of a text at a font size, both in px."""

_SHRINK = (1.0, 0.92, 0.84, 0.76)
_UNIT = r"(?:分钟|小时|积分|公里|元|年|月|日|天|周|次|位|车|台|张)(?:内|前|后|起)?"
_ATOM = re.compile(_UNIT + r"|[0-9A-Za-zÀ-ɏ]+(?:[.,:'’\-–/&@+][0-9A-Za-zÀ-ɏ]+)*|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines and the font size (px) they are set in."""

    lines: tuple[str, ...]
    size: int


def atoms(text: str) -> list[str]:
    """The pieces between which a line may break; joining them gives the text back.

    A Latin word or number is one piece; a mark of `NEVER_FIRST` sticks to what is before it, one of `NEVER_LAST` to what
    follows; a number keeps the unit after its space (余 6 车, 3 分钟内), so that neither stands alone.
    """
    pieces: list[str] = []
    glue = False
    tokens = _ATOM.findall(text)
    for at, token in enumerate(tokens):
        if pieces and (glue or token[0] in NEVER_FIRST):
            if pieces[-1].isspace() and len(pieces) > 1:
                pieces[-2:] = ["".join(pieces[-2:])]
            pieces[-1] += token
        else:
            pieces.append(token)
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        before = tokens[at - 1] if at else ""
        inside_measure = token.isspace() and before[-1:].isdigit() and _is_han(after[:1])
        ends_number = token[-1].isdigit() and after.isspace() and at + 2 < len(tokens) and _is_han(tokens[at + 2][:1])
        glue = pieces[-1].rstrip()[-1:] in NEVER_LAST or inside_measure or ends_number
    return pieces


def wrap(text: str, size: int, width: float, measure: Measure) -> tuple[str, ...]:
    """Lines of `text` no wider than `width` px; a piece wider than a line is broken inside, as nothing may be lost.

    A line break in the text is kept. A last line of one lone character takes a companion from the line above.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, size, width, measure))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Room:
    """The place a text is set in.

    Args:
        width: px.
        lines: how many lines the design allows.
        smallest: the floor of shrinking in px (the lounge's smallest type is 36 px).
        height: px, when the place is bounded below; then the size goes on shrinking until the text is in.
        line_height: the factor that turns size into line distance.
        wrap_first: keep the size and take the allowed lines before shrinking, as running text should.
        balanced: make the lines about equally long, instead of filling the first.
    """

    width: float
    lines: int = 1
    smallest: int = 36
    height: float | None = None
    line_height: float = 1.2
    wrap_first: bool = False
    balanced: bool = False

    def holds(self, lines: Sequence[str], size: int, most: int) -> bool:
        """Whether these lines at this size are few and low enough."""
        low = self.height is None or len(lines) * size * self.line_height <= self.height + 0.5
        return low and len(lines) <= most


def fit(text: str, room: Room, measure: Measure, size: int) -> Setting:
    """The largest setting of `text`, at most `size` px, in the lines the room allows, else in as many as it needs.

    It shrinks to 92, 84 and 76 % before it takes another line. Of two lines, the break is put behind a comma or full stop
    when there is one near.
    """
    steps = [(allowed, step) for allowed in range(1, room.lines + 1) for step in _SHRINK]
    if room.wrap_first:
        steps = [(room.lines, step) for step in _SHRINK]
    for allowed, step in steps:
        at = max(room.smallest, round(size * step))
        found = wrap(text, at, room.width, measure)
        if room.holds(found, at, allowed):
            if room.balanced:
                return Setting(_balanced(text, found, at, room.width, measure), at)
            return Setting(_at_clause(text, found, at, room.width, measure), at)
    at = round(size * _SHRINK[-1])
    while at > room.smallest:
        at = max(room.smallest, at - 4)
        found = wrap(text, at, room.width, measure)
        if room.holds(found, at, room.lines):
            return Setting(found, at)
    if room.height is None:
        return Setting(wrap(text, room.smallest, room.width, measure), room.smallest)
    return _largest_below(text, room, measure, size)


def _at_clause(text: str, lines: tuple[str, ...], size: int, width: float, measure: Measure) -> tuple[str, ...]:
    """Two lines broken behind a mark of their sentence, when that leaves both at least a third of the longer one."""
    if len(lines) != 2 or "\n" in text:
        return lines
    pieces, best = atoms(text), lines
    for at in range(1, len(pieces)):
        before, after = "".join(pieces[:at]).strip(" "), "".join(pieces[at:]).strip(" ")
        if not after or before[-1:] not in "，。；：！？,;":
            continue
        widths = measure(before, size), measure(after, size)
        if max(widths) <= width and min(widths) >= max(widths) / 3:
            best = before, after
    return best


def _balanced(text: str, lines: tuple[str, ...], size: int, width: float, measure: Measure) -> tuple[str, ...]:
    """As many lines in the narrowest room that does with so many."""
    narrow, wide = width / max(1, len(lines)), width
    while len(lines) > 1 and wide - narrow > size / 8:
        middle = (narrow + wide) / 2
        found = wrap(text, size, middle, measure)
        # A piece wider than the room would be broken inside: that is no balance.
        if len(found) == len(lines) and all(measure(piece.strip(" "), size) <= middle for piece in atoms(text)):
            lines, wide = found, middle
        else:
            narrow = middle
    return lines


def _largest_below(text: str, room: Room, measure: Measure, size: int) -> Setting:
    """More lines than wished, but inside the height; below `smallest` only when even that would leave the place."""
    at = size
    while True:
        found = wrap(text, at, room.width, measure)
        if room.holds(found, at, len(found)) or at <= max(12, room.smallest // 3):
            return Setting(found, at)
        at -= 2


def _wrap_paragraph(text: str, size: int, width: float, measure: Measure) -> list[str]:
    rows: list[list[str]] = [[]]
    for atom in atoms(text):
        if _fits([*rows[-1], atom], size, width, measure):
            rows[-1].append(atom)
        elif not rows[-1]:
            rows[-1:] = [[part] for part in _split_long(atom, size, width, measure)]
        elif atom.isspace():
            rows.append([])
        else:
            rows.append([])
            parts = _split_long(atom, size, width, measure)
            rows[-1:] = [[part] for part in parts]
    rows = [row for row in rows if row] or [[]]
    _keep_company(rows, size, width, measure)
    return ["".join(row).strip(" ") for row in rows]


def _fits(row: Sequence[str], size: int, width: float, measure: Measure) -> bool:
    return measure("".join(row).strip(" "), size) <= width


def _split_long(atom: str, size: int, width: float, measure: Measure) -> list[str]:
    """An atom wider than the line in pieces that fit; breaks stay legal where a legal one exists."""
    if measure(atom, size) <= width:
        return [atom]
    parts = [""]
    for letter in atom:
        if (
            parts[-1]
            and measure(parts[-1] + letter, size) > width
            and letter not in NEVER_FIRST
            and parts[-1][-1] not in NEVER_LAST
        ):
            parts.append("")
        parts[-1] += letter
    return [part for part in (piece.strip(" ") for piece in parts) if part]


def _keep_company(rows: list[list[str]], size: int, width: float, measure: Measure) -> None:
    if len(rows) < 2 or len("".join(rows[-1]).strip(" ")) > 2 or len(rows[-2]) < 4:
        return
    moved = rows[-2][-1]
    if not moved.isspace() and _fits([moved, *rows[-1]], size, width, measure):
        rows[-1].insert(0, rows[-2].pop())


def _is_han(letter: str) -> bool:
    return "一" <= letter <= "鿿" if letter else False
