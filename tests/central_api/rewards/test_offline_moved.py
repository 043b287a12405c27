"""What a kiosk handed out in one store and brings from another is the first one's: its rules, its account, its member (A14)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from central_api.devices import keys, pairing, pasts
from central_api.devices import service as devices
from central_api.devices.tables import device_pasts, places
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries
from central_api.rewards.offline import settling
from central_api.rewards.offline.origin import MOVED_LIFE
from central_api.rewards.offline.rules import Rules
from club.sync import events
from club.sync.identity import Identity
from club.sync.offline_desk import Wish
from club.wire import signing
from club.wire.devices import AskPairing, Enrolled, KeyChanged, NewKey, Pairing
from club.wire.offline import OfflineSettled
from tests.central_api.rewards.rogue import PRICE, WASH, Rogue
from tests.support.central import WANG, Club, code_of, new_id, read
from tests.support.quiet_device import QuietDevice

OPEN = Rules(enabled=True, floor_points=600, hours=24, quotas={WASH: 3})
WEST_SPOT = "kiosk-west"


@pytest.fixture
def kiosk(club: Club) -> Rogue:
    """Paired in the east store, which hands out offline; the west one does not."""
    with club.context.db.write() as tx:
        name = {"zh": "西店自助机", "en": "West kiosk"}
        tx.execute(insert(places).values(slug=WEST_SPOT, kind="kiosk", store="west", name=name))
    made = Rogue(club, club.new_device())
    pair(made, "kiosk-1", "east")
    made.allow(OPEN)
    return made


def pair(kiosk: Rogue, place: str, store: str) -> None:
    """Staff enter the code on its screen beside a place."""
    club, identity = kiosk.club, kiosk.device.identity
    wish = AskPairing(device_id=identity.device_id, kind="kiosk", public_key=identity.public_key, version="0.1.0")
    code = read(kiosk.device.post("/v1/devices/pairings", wish), Pairing).code
    with club.context.db.write() as tx:
        entered = pairing.enter(tx, code, place, staff="1001", stores=(store,), code_id=new_id(), now=club.clock.now())
    assert not isinstance(entered, pairing.Refused)
    assert read(kiosk.device.get("/v1/devices/self"), Enrolled).store.slug == store


def shut_out(kiosk: Rogue) -> None:
    club = kiosk.club
    with club.context.db.write() as tx:
        devices.revoke(tx, kiosk.device.identity.device_id, club.clock.now(), by="staff:1001")


def move(kiosk: Rogue, place: str = WEST_SPOT, store: str = "west") -> None:
    """Shut out, carried over, and let in by its code an hour later."""
    shut_out(kiosk)
    kiosk.club.clock.forward(3600)
    pair(kiosk, place, store)


def points(club: Club) -> int:
    """The member's points; the books are whole."""
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        return ledger.balances(tx, WANG, club.clock.now().date()).points


def borne(club: Club) -> dict[str, int]:
    with club.context.db.read() as tx:
        return {store: settling.store_account(tx, store) for store in ("east", "west")}


def listed(club: Club) -> dict[str, list[str]]:
    """The reasons on each store's staff list."""
    with club.context.db.read() as tx:
        return {store: [row.reason for row in settling.staff_list(tx, store)] for store in ("east", "west")}


def entries(club: Club, reference: str) -> list[Any]:
    with club.context.db.read() as tx:
        return list(tx.rows(select(ledger_entries).where(ledger_entries.c.reference == reference)))


def test_the_member_is_charged_once_by_the_store_it_was_handed_out_in(club: Club, kiosk: Rogue) -> None:
    before = points(club)
    command = kiosk.command()
    club.clock.forward(3600)
    move(kiosk)
    settled = kiosk.settle(command)
    assert (settled.points_taken, settled.shortfall, settled.reason) == (PRICE, 0, "")
    assert kiosk.settle(command) == settled, "the same command again"
    assert points(club) == before - PRICE
    row = kiosk.kept(command)
    assert (row.store, row.reason, kiosk.voucher(command).state) == ("east", "", "issued")
    assert [entry.store for entry in entries(club, command.command_id)] == ["east"]
    assert (borne(club), listed(club)) == ({"east": 0, "west": 0}, {"east": [], "west": []})


def test_what_is_lacking_is_borne_and_looked_into_where_it_was_handed_out(club: Club, kiosk: Rogue) -> None:
    before = points(club)
    command = kiosk.command(pin="000000")
    move(kiosk)
    assert kiosk.settle(command).reason == "pin"
    assert (borne(club), listed(club)) == ({"east": PRICE, "west": 0}, {"east": ["pin"], "west": []})
    assert points(club) == before
    with club.context.db.read() as tx:
        names = settling.kiosk_names(tx, {kiosk.device.identity.device_id})
    own = kiosk.device.identity.device_id
    assert names[own, "west"].en == "West kiosk"
    assert names[own, "east"].en != "West kiosk", "each store reads the name of its own place"


def test_one_that_went_and_came_back_brings_what_is_of_each_store(club: Club, kiosk: Rogue) -> None:
    before = points(club)
    first = kiosk.command()
    move(kiosk)
    club.clock.forward(3600)
    move(kiosk, "kiosk-1", "east")
    second = kiosk.command()
    assert [kiosk.settle(one).reason for one in (first, second)] == ["", ""]
    assert points(club) == before - 2 * PRICE
    assert [kiosk.kept(one).store for one in (first, second)] == ["east", "east"]


def test_one_that_was_shut_out_while_it_changed_keys_is_let_in_by_the_key_it_has(
    club: Club, kiosk: Rogue, tmp_path: Path
) -> None:
    """The club knows its next key, which it has not in use yet: an outage came between."""
    own = kiosk.device.identity
    new = Identity.load_or_create(tmp_path / "next.json", new_id=lambda: own.device_id)
    proof = signing.to_text(new._key.sign(signing.text_of_key(own.device_id, new.public_key)))
    change = NewKey(public_key=new.public_key, proof=proof)
    read(kiosk.device.post("/v1/devices/self/keys", change), KeyChanged)
    before, command = points(club), kiosk.command()
    move(kiosk)
    assert kiosk.settle(command).reason == ""
    assert (points(club), kiosk.kept(command).store) == (before - PRICE, "east")
    assert read(kiosk.device.post("/v1/devices/self/keys", change), KeyChanged).public_key == new.public_key
    shut_out(kiosk)
    with club.context.db.write() as tx:
        assert keys.end_other(tx, own.device_id, club.clock.now(), by="staff:1001")
    wish = AskPairing(device_id=own.device_id, kind="kiosk", public_key=own.public_key, version="0.1.0")
    assert code_of(kiosk.device.post("/v1/devices/pairings", wish)) == "signature_wrong", "staff have ended that key"


def test_the_new_stores_silence_is_its_own(club: Club, kiosk: Rogue) -> None:
    """Sealed to the store before, but handed out when it stood in the new one: no rule of either covers it."""
    before = points(club)
    move(kiosk)
    club.clock.forward(25 * 3600)
    command = kiosk.command()
    settled = kiosk.settle(command)
    assert (settled.points_taken, settled.shortfall) == (0, PRICE)
    assert (kiosk.kept(command).reason, kiosk.voucher(command)) == ("elsewhere", None)
    assert points(club) == before
    assert borne(club) == {"east": PRICE, "west": 0}


def test_what_it_handed_out_before_it_heard_that_it_was_shut_out_is_paid_and_looked_into(
    club: Club, kiosk: Rogue
) -> None:
    before = points(club)
    shut_out(kiosk)
    club.clock.forward(3600)
    command = kiosk.command()
    answer = kiosk.send(command)
    assert answer.status_code == 403, "a shut-out device moves no points (ADR 14)"
    assert points(club) == before
    pair(kiosk, WEST_SPOT, "west")
    settled = kiosk.settle(command)
    assert (settled.points_taken, settled.shortfall, settled.reason) == (PRICE, 0, "limit")
    assert listed(club) == {"east": ["shut-out"], "west": []}
    assert points(club) == before - PRICE


def test_a_time_before_it_came_is_no_way_to_a_store(club: Club, kiosk: Rogue) -> None:
    before = points(club)
    command = kiosk.command(later=-timedelta(days=2), days=0)
    move(kiosk)
    kiosk.settle(command)
    assert kiosk.kept(command).reason in {"off", "elsewhere"}
    assert points(club) == before


def test_a_store_it_never_stood_in_opens_nothing_for_it(club: Club, kiosk: Rogue) -> None:
    """Another kiosk's piece of the east store, brought by one that only ever stood in the west one."""
    before = points(club)
    stranger = Rogue(club, club.new_device())
    pair(stranger, WEST_SPOT, "west")
    command = kiosk.command()
    settled = stranger.settle(command)
    assert (settled.points_taken, settled.reason) == (0, "seal")
    assert stranger.kept(command).store == "west"
    assert points(club) == before


def test_what_a_store_hears_of_only_long_after_it_is_charged_to_nobody(club: Club, kiosk: Rogue) -> None:
    command = kiosk.command()
    move(kiosk)
    club.clock.forward(MOVED_LIFE.total_seconds())
    before = points(club)
    kiosk.settle(command)
    assert (kiosk.kept(command).reason, points(club)) == ("elsewhere", before)


def test_the_rules_are_those_of_the_store_it_stood_in_and_not_the_laxer_ones_of_the_new(
    club: Club, kiosk: Rogue
) -> None:
    kiosk.allow(Rules(enabled=True, floor_points=100, hours=0, quotas={WASH: 1}))
    club.clock.forward(25 * 3600)  # as long as the laxer rule before may be unheard of
    command = kiosk.command()
    move(kiosk)
    settled = kiosk.settle(command)
    assert (settled.points_taken, settled.shortfall, kiosk.kept(command).reason) == (100, PRICE - 100, "floor")
    assert borne(club) == {"east": PRICE - 100, "west": 0}


def test_each_stay_is_kept_once(club: Club, kiosk: Rogue) -> None:
    own = kiosk.device.identity.device_id
    begun = club.clock.now()
    club.clock.forward(60)
    left = club.clock.now()
    move(kiosk)
    with club.context.db.read() as tx:
        assert pasts.stays(tx, own) == [
            pasts.Stay("west", left + timedelta(hours=1)),
            pasts.Stay("east", begun, left),
        ]
        assert tx.scalar(select(func.count()).select_from(device_pasts)) == 1


def test_a_kiosk_that_is_moved_with_a_piece_in_its_outbox_brings_it_from_the_new_store(
    club: Club, kiosk: Rogue, tmp_path: Path
) -> None:
    """The kiosk's own sync: its mirror begins anew in the west store, what it owes goes on, and its outage ends."""
    own = QuietDevice(club, tmp_path / "own", "kiosk-2")
    try:
        own.pass_by(90)
        own.cable.cut = True
        own.pass_by(90)
        before = points(club)
        wish = Wish(new_id(), new_id(), WASH, club.card().evidence(900), club.demo.pins[WANG])
        handed = own.offline.redeem(wish)
        here = Rogue(club, own.device)
        club.clock.forward(3600)
        move(here)
        own.cable.cut = False
        own.close()
        own.boot()
        own.pass_by(300)
        told = [one.answer for one in own.told if isinstance(one, events.CommandSettled)]
        (settled,) = [one for one in told if isinstance(one, OfflineSettled)]
        assert (settled.code, settled.points_taken, settled.reason) == (handed.voucher.code, PRICE, "")
        assert points(club) == before - PRICE
        enrolled = own.doing.mirror.enrolled()
        assert enrolled is not None
        assert enrolled.store.slug == "west"
        assert own.doing.outbox.pending() == ()
        assert own.store.noted("outage") is None
        assert (borne(club), listed(club)) == ({"east": 0, "west": 0}, {"east": [], "west": []})
    finally:
        own.close()
