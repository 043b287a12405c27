"""A device that gets another key while its command waits: nothing is done, and the command's key stays free (A12)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from central_api.db import Database
from central_api.devices.tables import devices
from central_api.ledger import service as ledger
from central_api.rewards.commands import OK, Answer, Ask, Desk, DeviceChanged
from central_api.rewards.service import Redeemer
from central_api.rewards.tables import idempotency
from club.model import voucher
from club.wire.codec import encode
from tests.support import wait
from tests.support.central import Club, a_redeem


def set_key(db: Database, device: str, public_key: str) -> None:
    with db.write() as tx:
        tx.execute(update(devices).where(devices.c.id == device).values(public_key=public_key))


def is_waited(db: Database) -> bool:
    with db.read() as tx:
        return bool(tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_key_is_not_kept_for_a_device_that_changed_while_its_command_waited(club: Club) -> None:
    context, device = club.context, club.device()
    identity = device.identity
    command = club.granted(device, a_redeem(device.session(club.card())))
    digest = hashlib.sha256(encode(command)).hexdigest()
    ask = Ask(command, identity.device_id, identity.public_key, digest, club.clock.now())
    redeemer = Redeemer(context.db, Desk(context.new_id, lambda: voucher.make(context.random_below), 10))
    with ThreadPoolExecutor(1) as pool:
        with context.db.write() as tx:
            ledger.lock_member(tx, "m0001")
            waiting = pool.submit(redeemer.redeem, [ask], club.clock.now())
            wait.until(lambda: is_waited(context.db), "the command to wait for its member")
            set_key(context.db, identity.device_id, "another")
        (outcome,) = waiting.result()
    assert isinstance(outcome, DeviceChanged)
    with context.db.read() as tx:
        assert tx.rows(select(idempotency).where(idempotency.c.key == command.command_id)) == []
    set_key(context.db, identity.device_id, identity.public_key)
    (again,) = redeemer.redeem([ask], club.clock.now())
    assert isinstance(again, Answer)
    assert again.status == OK
