"""Collects which parts of the glass changed since the last frame, so that a frame need not draw the rest."""

from collections.abc import Callable

Area = tuple[int, int, int, int]
"""Left, bottom, width, height in px of the window, y up."""

_MARGIN = 3

_mark: Callable[[Area], None] | None = None
_whole: Callable[[], None] | None = None
_arrived: Callable[[], None] | None = None


def tell(
    mark: Callable[[Area], None] | None, whole: Callable[[], None] | None, arrived: Callable[[], None] | None = None
) -> None:
    """Say who wants to know; None: nobody."""
    global _mark, _whole, _arrived
    _mark, _whole, _arrived = mark, whole, arrived


def part(left: float, bottom: float, width: float, height: float, reach: float) -> None:
    """This part changed, and what lies up to ``reach`` px around it (shadows, tall letters)."""
    if _mark is not None:
        reach += _MARGIN
        _mark((int(left - reach), int(bottom - reach), int(width + 2 * reach + 1), int(height + 2 * reach + 1)))


def arrival() -> None:
    """Something comes from where nothing is drawn: what is known of who lies where is no longer so."""
    if _arrived is not None:
        _arrived()


def everything() -> None:
    """More changed than parts can tell: screens, ground, opacity."""
    if _whole is not None:
        _whole()
