"""Breaks text into lines the way Chinese is set: between any two characters, never inside a word or a number, no stray punctuation."""

from collections.abc import Callable

from club.words.kinsoku import NEVER_FIRST, NEVER_LAST

_NARROWER = tuple(share / 100 for share in range(52, 100, 4))


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Split ``text`` into lines no wider than ``width``.

    Args:
        text: line feeds in it always break.
        width: in any unit.
        measure: width of a string in that unit.

    Returns:
        At least one line. A single piece wider than ``width`` stands alone on its line.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in pieces(paragraph):
            if line and measure((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def balanced(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break like `break_lines` into as few lines, but about equally long ones: no last line of one character."""
    lines = break_lines(text, width, measure)
    if len(lines) < 2 or "\n" in text:
        return lines
    for share in _NARROWER:
        closer = break_lines(text, width * share, measure)
        if len(closer) == len(lines) and max(measure(line) for line in closer) <= width:
            return closer
    return lines


def pieces(text: str) -> list[str]:
    """Split text into what must stay together: a word with the blank after it, or one character with its punctuation."""
    found: list[str] = []
    for character in text:
        if found and _stays(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _stays(before: str, character: str) -> bool:
    last = before[-1]
    if character in NEVER_FIRST or last in NEVER_LAST:
        return True
    if character == " ":
        return True
    if last == "’" and _is_latin(character):
        return True
    return last != " " and _is_latin(last) and _is_latin(character)


def _is_latin(character: str) -> bool:
    return character.isascii() and not character.isspace()
