"""The console on a phone, a tablet and the desk's screen: nothing sticks out sideways, and what is pressed can be hit (console-20)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page as Tab
from sqlalchemy import update

from central_api.inbox import service as inbox
from central_api.staff.tables import staff
from tests.central_api.console.conftest import MANAGER
from tests.central_api.console.test_device_page import HEALTH
from tests.central_api.console.test_devices import stand
from tests.central_api.console.test_limits import driver
from tests.central_api.console.test_tasks import asked
from tests.support.screens_club import Club

pytestmark = pytest.mark.browser

PAGES = ("notice", "offline", "tasks", "limits", "codes", "devices", "devices/add", "devices/{device}", "account")
LEAST = 34  # px, `hit_min` of the design
_PROBE = """() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    small: [...document.querySelectorAll('main button, main .b, main select, main input.in, header button, header .b')]
        .filter(one => { const box = one.getBoundingClientRect(); return box.width && box.height < LEAST; })
        .map(one => one.outerHTML.slice(0, 80)),
})""".replace("LEAST", str(LEAST))


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_sticks_out_and_nothing_is_too_small(page: Tab, club: Club, address: str, width: int) -> None:
    card, device = driver(club, "card-1"), stand(club, "tv-1", health=HEALTH)
    keys = [asked(club, "refund-unclear", name, member=f"member-{card}") for name in ("open", "done")]
    with club.context.db.write() as tx:
        inbox.finish(tx, keys[1], f"staff:{MANAGER}", club.clock.now() + timedelta(minutes=1))
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(name="周一鸣经理"))
    page.set_viewport_size({"width": width, "height": 900})
    found = {}
    for path in PAGES:
        page.goto(f"{address}/console/{path.format(device=device)}")
        found[path] = page.evaluate(_PROBE)
    assert found == {path: {"wide": 0, "small": []} for path in PAGES}
