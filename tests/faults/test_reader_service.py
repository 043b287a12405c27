"""N1: the card service dies and comes back under a running kiosk, which says so and reads again."""

import pytest

from tests.support.visit_house import NOBODY, Visitor

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(120)]


def test_pcscd_killed_and_back_while_nobody_is_there(visitor: Visitor) -> None:
    member = visitor.spends_most()
    for _ in range(2):  # pyscard's own monitor dies at the first time for good
        visitor.pcscd.kill()
        visitor.screen("reader_lost")
        visitor.sees("刷卡暂时不可用", "serif-bold", 72)
        assert visitor.state()["reader"] is False
        visitor.pcscd.start()
        visitor.until(lambda now: now["reader"] and now["screen"] == NOBODY, "the reader to be back")
        visitor.at_home(member)
        visitor.leave()


def test_pcscd_killed_in_the_middle_of_a_visit(visitor: Visitor) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    visitor.to_the_sheet(member)
    visitor.take()
    visitor.pcscd.kill()
    visitor.until(lambda now: not now["reader"], "the kiosk to notice")
    visitor.confirm(member)
    visitor.screen("success")
    assert visitor.account(member).once_more(before)
    visitor.leave_to("reader_lost")
    visitor.pcscd.start()
    visitor.until(lambda now: now["reader"] and now["screen"] == NOBODY, "the reader to be back")
    visitor.at_home(member)
    visitor.leave()
