"""Breaks text into lines the Chinese way and finds the size at which it fits; pure, measured by a function it is given.

Nothing is ever cut with an ellipsis: a text first shrinks in steps, then takes more lines (style of the lounge pictures).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[str, int], float]
"""Width of a text at a font size, both in px."""

NEVER_FIRST = frozenset("，。、；：？！…—·～）》」』】〉〕”’％%‰℃,.;:?!)]}>")
"""Marks that must not begin a line (GB/T 15834 and the usual kinsoku set)."""

NEVER_LAST = frozenset("（《「『【〈〔“‘([{<¥￥$#")
"""Marks that must not end a line."""

_SHRINK = (1.0, 0.92, 0.84, 0.76)
_ATOM = re.compile(r"[0-9A-Za-zÀ-ɏ]+(?:[.,:'’\-–/&@+][0-9A-Za-zÀ-ɏ]+)*|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines and the font size (px) they are set in."""

    lines: tuple[str, ...]
    size: int


def atoms(text: str) -> list[str]:
    """The pieces between which a line may break; joining them gives the text back.

    A Latin word or number is one piece; a mark of `NEVER_FIRST` sticks to what is before it, one of `NEVER_LAST` to what
    follows; a number keeps the unit after its space (余 6 车), so that neither stands alone.
    """
    pieces: list[str] = []
    glue = False
    tokens = _ATOM.findall(text)
    for at, token in enumerate(tokens):
        if pieces and (glue or token[0] in NEVER_FIRST):
            pieces[-1] += token
        else:
            pieces.append(token)
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        before = tokens[at - 1] if at else ""
        inside_measure = token.isspace() and before[-1:].isdigit() and _is_han(after[:1])
        ends_number = token[-1].isdigit() and after.isspace() and at + 2 < len(tokens) and _is_han(tokens[at + 2][:1])
        glue = token[-1] in NEVER_LAST or inside_measure or ends_number
    return pieces


def wrap(text: str, size: int, width: float, measure: Measure) -> tuple[str, ...]:
    """Lines of `text` no wider than `width` px; a single piece wider than a line is broken inside, as nothing may be lost.

    A line break in the text is kept. A last line of one lone character takes a companion from the line above.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, size, width, measure))
    return tuple(lines)


def fit(
    text: str,
    width: float,
    measure: Measure,
    *,
    size: int,
    lines: int = 1,
    smallest: int = 36,
    height: float | None = None,
    line_height: float = 1.2,
) -> Setting:
    """The largest setting of `text` in at most `lines` lines of `width` px, else as many lines as it needs.

    Args:
        text: what is set, whole.
        width: room in px.
        measure: gives the width of a text at a size.
        size: the wanted font size in px; shrinking tries 92, 84 and 76 % before it takes another line.
        lines: how many lines the design allows.
        smallest: the floor of shrinking (the lounge's smallest type is 36 px).
        height: room in px, when the place is bounded; then the size goes on shrinking down to `smallest` until it fits.
        line_height: the factor that turns size into line distance.
    """
    for allowed in range(1, lines + 1):
        for step in _SHRINK:
            at = max(smallest, round(size * step))
            found = wrap(text, at, width, measure)
            if len(found) <= allowed and _is_low_enough(found, at, height, line_height):
                return Setting(found, at)
    at = round(size * _SHRINK[-1])
    while at > smallest:
        at = max(smallest, at - 4)
        found = wrap(text, at, width, measure)
        if len(found) <= lines and _is_low_enough(found, at, height, line_height):
            return Setting(found, at)
    if height is not None:
        return _largest_below(
            text, width, measure, size=size, smallest=smallest, height=height, line_height=line_height
        )
    return Setting(wrap(text, smallest, width, measure), smallest)


def _largest_below(
    text: str, width: float, measure: Measure, *, size: int, smallest: int, height: float, line_height: float
) -> Setting:
    """More lines than wished, but inside the height; below `smallest` only when even that would leave the place."""
    at = size
    while True:
        found = wrap(text, at, width, measure)
        if _is_low_enough(found, at, height, line_height) or at <= max(12, smallest // 3):
            return Setting(found, at)
        at -= 2


def _is_low_enough(lines: Sequence[str], size: int, height: float | None, line_height: float) -> bool:
    return height is None or len(lines) * size * line_height <= height + 0.5


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
