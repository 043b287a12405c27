"""Every screen one can come to, on the real glass: no text leaves its box, in either language and either size (K15)."""

import pytest
from msgspec import structs

from club.words.catalogue import Words
from kiosk_app.present.presenter import present
from kiosk_app.present.views import View
from tests.kiosk_app.ui import program
from tests.kiosk_app.ui.program import Program
from tests.support import kiosk_walk
from tests.support.window_process import WindowProcess

pytestmark = [pytest.mark.window, pytest.mark.long, pytest.mark.timeout(300)]


AT_ONCE = 10  # views in one call of the window's process, which has to answer within its time


def different(language: str, large: bool) -> list[View]:
    """As many views as it takes for each text of each screen to be there once, counters apart."""
    words = Words(language, strict=True)
    views: list[View] = []
    seen: set[tuple[str, str]] = set()
    for state in kiosk_walk.reachable().values():
        view = present(structs.replace(state, language=language, large=large), words)
        said = {(view.screen, text) for text in program.words_of(view) if not text.isdecimal()}
        if said - seen:
            views.append(view)
            seen |= said
    return views


def overflowing(kiosk: Program, views: list[View]) -> list[tuple[str, str]]:
    left = []
    for view in views:
        kiosk.show(view)
        left += [(view.screen, text) for text in kiosk.ui.overflowing_texts()]
    return left


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_text_of_the_running_kiosk_leaves_its_box(kiosk: WindowProcess, language: str, large: bool) -> None:
    views = different(language, large)
    assert len(views) > 50
    left = [
        text
        for place in range(0, len(views), AT_ONCE)
        for text in kiosk.call(overflowing, views[place : place + AT_ONCE])
    ]
    assert set(left) == set()
