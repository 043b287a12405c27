"""C9, X2: staff order things of a kiosk that is in use; its member is neither disturbed nor pictured."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from central_api.devices import remote, repository
from tests.support.central import new_id
from tests.support.visit_house import CLOCK, NOBODY, Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(300)]

WANG = "m0001"
NOTHING = (540, 60)  # a place of the glass where nothing can be pressed
WITHIN_S = 90.0  # a push goes to the process that was asked; the other hears of it by the next heartbeat


def _order(visitor: Visitor, kind: str) -> str:
    device, order_id = visitor.one("SELECT id FROM devices WHERE place = 'kiosk-1' AND revoked_at IS NULL"), new_id()
    with visitor.desk() as context, context.db.write() as tx:
        remote.ask(tx, device, kind, command_id=order_id, by="staff:1001", now=CLOCK.now())
    return order_id


def _row(visitor: Visitor, order_id: str) -> tuple[str, str, bool, bytes]:
    with visitor.desk() as context, context.db.read() as tx:
        row, shot = repository.command(tx, order_id), repository.shot(tx, order_id)
    return str(row.state), row.detail, row.sent_at is not None, bytes(shot.picture) if shot else b""


def _ended(visitor: Visitor, order_id: str) -> tuple[str, str, bool, bytes]:
    return until(lambda: row if (row := _row(visitor, order_id))[0] != "open" else None, "an answer", within_s=WITHIN_S)


def test_a_picture_waits_for_the_member_to_go_and_shows_nothing_of_the_visit(visitor: Visitor) -> None:
    visitor.at_home(WANG)
    name, picture = _order(visitor, "identify"), _order(visitor, "screenshot")

    def refused() -> bool:
        visitor.touch(NOTHING)  # somebody who stands there touches the glass now and then
        return _row(visitor, name)[0] != "open" and _row(visitor, picture)[2]

    until(refused, "the orders to be fetched", within_s=WITHIN_S)
    assert _row(visitor, name)[:2] == ("refused", "somebody-there")
    page = visitor.store.kiosk_glass.look()
    assert visitor.state()["screen"] == "home"
    assert _row(visitor, picture)[0] == "open"
    visitor.leave()
    state, _, _, data = _ended(visitor, picture)
    assert state == "done"
    with Image.open(BytesIO(data)) as taken:
        rest = visitor.store.kiosk_glass.look().convert("RGB").resize(taken.size)
        apart = ImageStat.Stat(ImageChops.difference(taken.convert("RGB"), page.convert("RGB").resize(taken.size)))
        near = ImageStat.Stat(ImageChops.difference(taken.convert("RGB"), rest))
    assert sum(near.mean) < sum(apart.mean) / 2, "it is the resting screen, not the member's page"


def test_a_card_lights_a_dark_kiosk(visitor: Visitor) -> None:
    visitor.screen(NOBODY)
    assert _ended(visitor, _order(visitor, "screen-off"))[0] == "done"
    assert visitor.store.kiosk_glass.look().convert("RGB").getbbox() is None
    visitor.at_home(WANG)
    assert visitor.store.kiosk_glass.look().convert("RGB").getbbox() is not None
    visitor.leave()
