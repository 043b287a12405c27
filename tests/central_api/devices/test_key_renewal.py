"""A device renews its key against a real service, the power cut after any step; nothing is lost, and the old key is given up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from central_api.devices import keys, repository
from club.model import errors
from club.sync import errors as sync_errors
from club.sync.client import ApiClient
from club.sync.identity import Identity
from club.sync.key_renewal import KEY_LIFE, LOOK_S, SOON_S
from club.wire.rewards import Redeem
from tests.support.central import WANG_UID, Club, a_redeem
from tests.support.quiet_device import QuietDevice

pytestmark = pytest.mark.parametrize("club", ["sqlite"], indirect=True)
STEPS = ("after-next", "after-register", "after-switch", "after-wrap")
DUE = KEY_LIFE + timedelta(days=31)


class PowerCut(Exception):
    """The program ends here."""


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.pass_by(90)
    assert made.doing.keys.look(may_ask=True) == LOOK_S
    yield made
    made.close()


def _grow_old(kiosk: QuietDevice) -> str:
    """Let the key become due; it, as the service knows it."""
    kiosk.pass_by(120)
    kiosk.clock.forward(DUE.total_seconds())
    kiosk.pass_by(60)
    return kiosk.client.identity.public_key


def _known(club: Club, kiosk: QuietDevice) -> tuple[str, str | None]:
    with club.context.db.read() as tx:
        row = repository.device(tx, kiosk.client.identity.device_id)
    return row.public_key, row.other_key


def _power_cut(kiosk: QuietDevice) -> None:
    """Start again on what the disk holds, the identity too."""
    kiosk.close()
    path = kiosk.device.identity._path
    assert path is not None
    kiosk.device.identity = Identity.load_or_create(path)
    kiosk.boot()


def _lives(kiosk: QuietDevice) -> None:
    kiosk.told.clear()
    kiosk.pass_by(120)
    assert kiosk.state.online
    assert kiosk.state.enrolled


def test_a_key_is_not_renewed_before_its_time(club: Club, kiosk: QuietDevice) -> None:
    first = kiosk.client.identity.public_key
    kiosk.clock.forward((KEY_LIFE - timedelta(days=1)).total_seconds())
    kiosk.pass_by(60)
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    assert (kiosk.client.identity.public_key, kiosk.client.identity.has_next) == (first, False)


def test_a_due_key_gives_way_to_the_next_and_is_given_up(club: Club, kiosk: QuietDevice) -> None:
    first, shape = _grow_old(kiosk), kiosk.doing.mirror.rows()
    assert kiosk.doing.keys.look(may_ask=False) == LOOK_S, "not while the club does not answer"
    assert kiosk.client.identity.public_key == first
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    identity = kiosk.client.identity
    assert _known(club, kiosk) == (identity.public_key, first)
    assert (identity.public_key != first, identity.has_next, identity.has_former) == (True, False, False)
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    assert _known(club, kiosk) == (identity.public_key, first), "once"
    _lives(kiosk)
    _power_cut(kiosk)
    assert kiosk.doing.mirror.rows() == shape
    _lives(kiosk)


@pytest.mark.parametrize("step", STEPS)
def test_a_power_cut_after_any_step_loses_nothing(club: Club, kiosk: QuietDevice, step: str) -> None:
    first = _grow_old(kiosk)
    card_hash = kiosk.doing.mirror.card_hash(WANG_UID)
    assert card_hash is not None
    member = kiosk.doing.mirror.member(card_hash)
    assert member is not None

    def cut(reached: str) -> None:
        if reached == step:
            raise PowerCut

    kiosk.doing.keys._between = cut
    with pytest.raises(PowerCut):
        kiosk.doing.keys.look(may_ask=True)
    _power_cut(kiosk)
    assert kiosk.doing.mirror.epoch(), "the mirror opens: no snapshot is needed"
    assert kiosk.doing.mirror.member(card_hash) == member
    _lives(kiosk)
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    identity = kiosk.client.identity
    assert _known(club, kiosk) == (identity.public_key, first)
    assert (identity.public_key != first, identity.has_next, identity.has_former) == (True, False, False)
    _power_cut(kiosk)
    assert kiosk.doing.mirror.member(card_hash) == member
    _lives(kiosk)


def test_an_answer_that_never_came_for_longer_than_the_old_key_is_good(club: Club, kiosk: QuietDevice) -> None:
    first = _grow_old(kiosk)

    def cut(reached: str) -> None:
        if reached == "after-register":
            raise PowerCut

    kiosk.doing.keys._between = cut
    with pytest.raises(PowerCut):
        kiosk.doing.keys.look(may_ask=True)
    _power_cut(kiosk)
    kiosk.clock.forward(keys.OTHER_LIFE.total_seconds() + 1)
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    assert kiosk.client.identity.public_key != first
    _lives(kiosk)


def test_what_is_on_its_way_keeps_the_key_that_signed_it_and_is_signed_anew_when_that_one_has_ended(
    club: Club, kiosk: QuietDevice
) -> None:
    command = _granted(club, kiosk)
    first = _grow_old(kiosk)
    kiosk.cable.cut = True
    kiosk._inputs.append(kiosk.doing.submit(command))
    kiosk.rest()
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    assert (kiosk.client.identity.public_key, kiosk.client.identity.has_next) == (first, False)
    # As if it had begun before: the club knows the next key, a command waits, and the time of the key in use goes by.
    kiosk.cable.cut = False
    kiosk.client.identity.begin_next()
    assert kiosk.doing.keys.look(may_ask=True) == SOON_S
    assert kiosk.client.identity.public_key == first
    kiosk.clock.forward(keys.OTHER_LIFE.total_seconds() + 1)
    assert kiosk.doing.keys.look(may_ask=True) == LOOK_S
    assert kiosk.client.identity.public_key != first
    before = kiosk.doing.outbox.take(command.command_id)
    assert before is not None
    answer = kiosk.doing._send(command.command_id)
    after = kiosk.doing.outbox.take(command.command_id)
    assert after is not None
    assert (after.body, after.headers["Club-Signed-At"]) == (before.body, before.headers["Club-Signed-At"])
    assert after.headers["Club-Signature"] != before.headers["Club-Signature"]
    assert type(answer).__name__ in ("CommandAnswered", "CommandRejected"), "it has an end"


def test_a_service_that_is_away_or_a_full_disk_leaves_the_key_as_it_is(
    club: Club, kiosk: QuietDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _grow_old(kiosk)
    kiosk.cable.cut = True
    with pytest.raises(sync_errors.ServerUnreachable):
        kiosk.doing.keys.look(may_ask=True)
    assert kiosk.client.identity.public_key == first
    kiosk.cable.cut = False

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("club.sync.files.write_whole", full)
        with pytest.raises(OSError, match="No space"):
            kiosk.doing.keys.look(may_ask=True)
    assert kiosk.client.identity.public_key == first
    _lives(kiosk)
    kiosk.doing.keys.look(may_ask=True)
    assert kiosk.client.identity.public_key != first
    _lives(kiosk)


def test_a_device_of_another_key_is_still_refused(club: Club, kiosk: QuietDevice, tmp_path: Path) -> None:
    _grow_old(kiosk)
    stranger = Identity.load_or_create(tmp_path / "other.json", new_id=lambda: kiosk.client.identity.device_id)
    client = ApiClient("http://club.test", stranger, kiosk.clock)
    client._made = kiosk.cable  # type: ignore[assignment]
    stranger.begin_next()
    for by_next in (False, True):
        with pytest.raises(errors.SignatureWrong):
            client.change_key(by_next=by_next)


def _granted(club: Club, kiosk: QuietDevice) -> Redeem:
    return club.granted(kiosk.device, a_redeem(kiosk.device.session(club.card())))


def test_a_command_signed_before_is_carried_out_after(club: Club, kiosk: QuietDevice) -> None:
    command = _granted(club, kiosk)
    request = kiosk.client.prepare(command)
    identity = kiosk.client.identity
    identity.begin_next()
    kiosk.client.change_key()
    identity.switch(kiosk.clock.now())
    again = kiosk.client.signed_again(request)
    assert again is not None
    assert kiosk.client.signed_again(again) is None
    first = kiosk.client.send(request)
    assert kiosk.client.send(again) == first, "whichever key signs it, it is the same command"
