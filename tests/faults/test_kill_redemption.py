"""X1, A12, A13: kiosk or central API dies at any point between confirm and voucher: one redemption, one voucher, points taken once."""

import random
import re
from pathlib import Path

import pytest

import central_api
import club
import kiosk_app
from central_api import faults as server_faults
from club.model import voucher
from club.sync import faults as device_faults
from kiosk_app.flow.actions import Action
from tests.support.visit_house import Account, Visitor

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(180)]

KILLED = 137
RECOVERY_S = 60.0

# Where nothing is on the disk yet: the command dies with the program, and the member does it again.
FORGOTTEN = frozenset({"kiosk.after-confirm", "kiosk.after-step-up", "kiosk.before-outbox"})


def points_in(package: Path, call: str) -> frozenset[str]:
    """Every point at which the source of a package can be made to die, so that a new one cannot be forgotten here."""
    sources = (file.read_text(encoding="utf-8") for file in sorted(package.rglob("*.py")))
    return frozenset(name for text in sources for name in re.findall(rf'\b{re.escape(call)}\("([^"]+)"\)', text))


def _of(package: object) -> Path:
    return Path(str(getattr(package, "__file__", ""))).parent


KIOSK_POINTS = points_in(_of(kiosk_app), "faults.reach") | points_in(_of(club), "faults.reach")
SERVER_POINTS = points_in(_of(central_api), "faults.point")


def redeem_by_hand(visitor: Visitor, member: str) -> None:
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    visitor.screen("success")


def exactly_once(visitor: Visitor, member: str, before: Account) -> str:
    """Check books and disk, and return the new voucher's code."""
    after = visitor.account(member)
    assert after.once_more(before), f"expected one redemption more than {before}, found {after}"
    visitor.books_are_right()
    assert not visitor.on_its_way(), "expected the hold to be freed"
    return after.vouchers[-1]


def comes_once(visitor: Visitor, member: str, before: Account) -> str:
    """Wait until the command is carried out, then check that it was so once."""
    settled = visitor.within(
        RECOVERY_S, lambda _now: visitor.account(member).once_more(before) and not visitor.on_its_way()
    )
    assert settled, f"expected the command to be carried out, found {visitor.account(member)} and {visitor.outbox()}"
    return exactly_once(visitor, member, before)


def sees_its_voucher(visitor: Visitor, member: str, code: str) -> None:
    """The member taps again and finds the voucher."""
    visitor.at_home(member)
    visitor.press(Action.VOUCHERS)
    visitor.screen("vouchers")
    # In the list, or further down in it.
    visitor.until(lambda _now: visitor.searches(voucher.grouped(code), code), "the voucher among the member's")
    visitor.leave()


def test_the_points_are_those_that_the_programs_name() -> None:
    assert KIOSK_POINTS >= FORGOTTEN
    assert frozenset(device_faults.POINTS) <= KIOSK_POINTS
    assert frozenset(server_faults.POINTS) == SERVER_POINTS
    assert len(KIOSK_POINTS) >= 8
    assert len(SERVER_POINTS) >= 9


@pytest.mark.parametrize("point", sorted(FORGOTTEN))
def test_a_kiosk_killed_before_the_command_is_on_the_disk_took_nothing(visitor: Visitor, point: str) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    visitor.restart_kiosk(point)
    visitor.to_the_sheet(member)
    if point == "kiosk.after-confirm":
        visitor.press(Action.CONFIRM)
    else:
        visitor.confirm(member)
    assert visitor.store.kiosk.wait(RECOVERY_S) == KILLED
    assert visitor.outbox() == []
    visitor.restart_kiosk()
    assert visitor.state()["session_open"] is False
    assert visitor.account(member) == before
    redeem_by_hand(visitor, member)
    code = exactly_once(visitor, member, before)
    assert visitor.reads_qr() == voucher.qr_text(code)
    visitor.leave()
    assert visitor.outbox() == []


@pytest.mark.parametrize("point", sorted(KIOSK_POINTS - FORGOTTEN))
def test_a_kiosk_killed_with_the_command_on_the_disk_carries_it_out_once(visitor: Visitor, point: str) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    visitor.restart_kiosk(point)
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    assert visitor.store.kiosk.wait(RECOVERY_S) == KILLED
    ((state, held),) = visitor.outbox()
    if state in ("waiting", "sent"):
        assert held > 0, "expected the points to be held while the command is under way"
    else:
        assert (state, held) == ("settled", 0)
    visitor.restart_kiosk()
    code = comes_once(visitor, member, before)
    assert visitor.within(10, lambda _now: visitor.outbox() == []), f"left on the disk: {visitor.outbox()}"
    sees_its_voucher(visitor, member, code)
    exactly_once(visitor, member, before)


@pytest.mark.parametrize("point", sorted(SERVER_POINTS))
def test_a_server_killed_anywhere_in_the_transaction_gives_the_one_voucher_when_it_is_back(
    visitor: Visitor, point: str
) -> None:
    member = visitor.spends_most()
    before = visitor.account(member)
    visitor.store.server.kill()
    visitor.start_server(point)
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    assert visitor.store.server.wait(RECOVERY_S) == KILLED
    carried_out = point == "redeem.after-commit"
    assert visitor.account(member).once_more(before) is carried_out
    if not carried_out:
        assert visitor.account(member) == before
    visitor.start_server()
    code = comes_once(visitor, member, before)
    # The kiosk was there all the time: it shows the voucher by itself, or says that it will be among the member's.
    if visitor.screen("success", "error") == "success":
        assert visitor.reads_qr() == voucher.qr_text(code)
    visitor.leave()
    exactly_once(visitor, member, before)


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_any_moment_from_outside(visitor: Visitor, seed: int) -> None:
    chance = random.Random(seed)
    victim, delay = chance.choice(("kiosk", "server")), chance.uniform(0.0, 0.25)
    member = visitor.spends_most()
    before = visitor.account(member)
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    program = visitor.store.kiosk if victim == "kiosk" else visitor.store.server
    assert program.wait(delay) is None
    program.kill()
    promised = visitor.on_its_way() or visitor.account(member).once_more(before)
    if victim == "kiosk":
        visitor.restart_kiosk()
    else:
        visitor.start_server()
        where = visitor.screen("success", "error", "offline", "reward_detail")
        promised = promised or where in ("success", "error")
    if promised:
        code = comes_once(visitor, member, before)
    else:
        assert visitor.account(member) == before
        visitor.rest()
        redeem_by_hand(visitor, member)
        code = exactly_once(visitor, member, before)
    visitor.rest()
    sees_its_voucher(visitor, member, code)
    exactly_once(visitor, member, before)
