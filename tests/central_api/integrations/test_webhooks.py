"""Other programs are told: signed, in order, again until they took it, and nowhere they should not be told (A15, A16)."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from central_api import background
from central_api.context import Context
from central_api.db import Tx
from central_api.inbox import service as inbox
from central_api.integrations.tables import webhook_deliveries, webhooks
from central_api.integrations.webhooks import addresses, delivery, relay, service, signing
from central_api.integrations.webhooks import repository as queries
from central_api.integrations.webhooks.delivery import Deliverer
from central_api.integrations.webhooks.sending import Sender
from central_api.ledger import service as ledger
from central_api.ledger.proof import sealing
from central_api.outbox import service as outbox
from club.model import errors
from club.settings.central import Webhooks
from tests.support.central import WANG, Club, a_redeem, new_id
from tests.support.receiver import Receiver, a_certificate, receiver


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The running service sends nothing by itself."""
    monkeypatch.setattr(background, "HAND_ON_S", 3600.0)


@pytest.fixture
def other() -> Iterator[Receiver]:
    """Another program on this machine."""
    with receiver() as found:
        yield found


@pytest.fixture
def open_club(club: Club) -> Club:
    """A club that may send to this machine, and waits for no receiver longer than it must."""
    hooks = replace(club.context.settings.webhooks, private_hosts=("localhost",), timeout_s=2.0)
    context = replace(club.context, settings=replace(club.context.settings, webhooks=hooks))
    while sealing.seal(context.db):
        pass
    relay.hand_on(context.db, club.clock.now())
    return replace(club, context=context)


def tell(context: Context, *numbers: int, store: str = "east") -> None:
    """Events as features note them."""
    with context.db.write() as tx:
        for number in numbers:
            outbox.tell(
                tx,
                "tier.changed",
                f"tier-{number}",
                context.clock.now(),
                member=WANG,
                store=store,
                facts={"to": "gold"},
            )


def deliver(context: Context, webhook: str) -> int:
    relay.hand_on(context.db, context.clock.now())
    return Deliverer(context).deliver(webhook)


def states(context: Context) -> list[tuple[int, str, int]]:
    with context.db.read() as tx:
        rows = tx.rows(select(webhook_deliveries).order_by(webhook_deliveries.c.webhook, webhook_deliveries.c.sequence))
    return [(row.sequence, row.state, row.tries) for row in rows]


def test_an_event_is_sent_signed_with_a_member_id_and_nothing_personal(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url, ["tier.changed"])
    tell(context, 1)
    assert deliver(context, added.id) == 1
    (request,) = other.received
    assert request.json == {
        "id": "tier-1",
        "kind": "tier.changed",
        "at": "2026-05-16T06:32:00Z",
        "sequence": 1,
        "member": WANG,
        "store": "east",
        "facts": {"to": "gold"},
    }
    assert (request.headers["Club-Event"], request.headers["Club-Event-Id"]) == ("tier.changed", "tier-1")
    seconds = int(open_club.clock.now().timestamp())
    mac = hmac.new(added.secret.encode(), f"{seconds}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["Club-Signature"] == f"t={seconds},v1={mac}", "as a receiver works it out for itself"
    now = open_club.clock.now()
    assert signing.is_right(added.secret, request.body, request.headers["Club-Signature"], now)
    assert not signing.is_right(added.secret, request.body + b" ", request.headers["Club-Signature"], now)
    assert not signing.is_right("0" * 64, request.body, request.headers["Club-Signature"], now)
    assert not signing.is_right(
        added.secret, request.body, request.headers["Club-Signature"], now + timedelta(minutes=6)
    )
    for strange in ("", "t=,v1=", f"t={'9' * 5000},v1={mac}", "t=1", mac):
        assert not signing.is_right(added.secret, request.body, strange, now)


def test_what_is_rolled_back_is_never_told(open_club: Club, other: Receiver) -> None:
    added = service.add(open_club.context, other.url)

    def breaks_off(tx: Tx) -> None:
        outbox.tell(tx, "tier.changed", "tier-9", open_club.clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_club.context.db.run(breaks_off)
    assert deliver(open_club.context, added.id) == 0
    assert other.received == []


def test_every_spend_is_told_from_the_books_themselves(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url, ["points.spent", "points.earned"], "east")
    kiosk = open_club.device()
    done = open_club.redeemed(kiosk, a_redeem(kiosk.session(open_club.card())))
    with context.db.write() as tx:
        occasion = ledger.Occasion(kind="bonus", at=open_club.clock.now(), store="west")
        ledger.earn(tx, "m0002", 5, 5, date(2027, 5, 31), occasion, new_id=new_id)
    assert deliver(context, added.id) == 0, "not sealed yet"
    sealing.seal(context.db)
    assert deliver(context, added.id) == 1
    told = other.received[0].json
    assert (told["kind"], told["member"], told["store"]) == ("points.spent", WANG, "east")
    assert (told["facts"]["points"], told["facts"]["tier_points"]) == (-done.points_taken, 0)
    assert deliver(context, added.id) == 0, "once"


def test_what_a_member_is_told_and_a_tier_that_changes_are_events(open_club: Club, other: Receiver) -> None:
    context, now = open_club.context, open_club.clock.now()
    added = service.add(context, other.url, ["tier.changed", "member.told", "points.expiring"], "east")
    for _ in range(2):  # once, however often it is said
        with context.db.write() as tx:
            inbox.tell(tx, "tier-up:1", "tier-up", WANG, {"from": "gold", "to": "diamond"}, now)
            inbox.tell(tx, "renewal-reminder:m0001:2026", "renewal-reminder", WANG, {"days": 30}, now)
            inbox.tell(tx, "points-expire:m0001:2026-05-31:30", "points-expire", WANG, {"points": 42}, now)
    assert deliver(context, added.id) == 3
    told = [(request.json["kind"], request.json["member"], request.json["facts"]) for request in other.received]
    assert told == [
        ("tier.changed", WANG, {"message": "tier-up", "from": "gold", "to": "diamond"}),
        ("member.told", WANG, {"message": "renewal-reminder", "days": 30}),
        ("points.expiring", WANG, {"message": "points-expire", "points": 42}),
    ]


def test_order_is_kept_while_a_receiver_fails_and_each_try_waits_longer(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    tell(context, 1, 2, 3)
    other.answers = [500, 503]
    assert deliver(context, added.id) == 0
    assert deliver(context, added.id) == 0, "not due"
    open_club.clock.forward(delivery.FIRST_PAUSE.total_seconds())
    assert deliver(context, added.id) == 0
    assert states(context) == [(1, "waiting", 2), (2, "waiting", 0), (3, "waiting", 0)]
    open_club.clock.forward(delivery.FIRST_PAUSE.total_seconds())
    open_club.clock.forward(delivery.FIRST_PAUSE.total_seconds())
    assert deliver(context, added.id) == 3
    assert other.sequences == [1, 1, 1, 2, 3]
    assert len({request.body for request in other.received[:3]}) == 1, "the same body, signed anew"
    assert len({request.headers["Club-Signature"] for request in other.received[:3]}) == 3


def test_pauses_double_up_to_six_hours_with_jitter() -> None:
    shortest = [delivery.pause(tries, lambda _: 0) for tries in range(1, delivery.TRIES)]
    longest = [delivery.pause(tries, lambda below: below - 1) for tries in range(1, delivery.TRIES)]
    assert shortest[:3] == [timedelta(seconds=2.5), timedelta(seconds=5), timedelta(seconds=10)]
    assert longest[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert longest[-1] == delivery.LONGEST_PAUSE
    assert timedelta(hours=8) < sum(shortest, timedelta()) < sum(longest, timedelta()) < timedelta(days=1)


def test_after_its_tries_a_delivery_is_dead_and_the_next_goes_on_until_it_is_replayed(
    open_club: Club, other: Receiver
) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    tell(context, 1, 2)
    other.answers = [500] * delivery.TRIES
    for _ in range(delivery.TRIES):
        assert deliver(context, added.id) == 0
        open_club.clock.forward(delivery.LONGEST_PAUSE.total_seconds())
    assert states(context) == [(1, "dead", delivery.TRIES), (2, "waiting", 0)]
    assert service.lines(context)[0].split("  ")[1:5] == ["on", "made=2", "waiting=1", "dead=1"]
    assert deliver(context, added.id) == 1
    assert service.replay(context, added.id) == 1
    assert deliver(context, added.id) == 1
    assert other.sequences[-2:] == [2, 1]
    assert service.replay(context, added.id, 1) == 2, "all that is kept"
    assert deliver(context, added.id) == 2


def test_a_receiver_that_is_slow_holds_up_itself_alone(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    with receiver() as quick:
        slow = service.add(context, other.url)
        fast = service.add(context, quick.url)
        other.slow = True
        tell(context, 1)
        relay.hand_on(context.db, open_club.clock.now())
        deliverer = Deliverer(context)
        assert deliverer.start_due() == 2
        assert deliverer.start_due() == 0, "each is being sent"
        assert deliverer.wait(30)
        assert quick.sequences == [1]
        with context.db.read() as tx:
            said = {row.webhook: (row.state, row.said) for row in tx.rows(select(webhook_deliveries))}
        assert said == {slow.id: ("waiting", "ReadTimeout"), fast.id: ("delivered", "status 200")}


def test_a_receiver_that_is_gone_is_tried_again_later(open_club: Club) -> None:
    context = open_club.context
    with receiver() as other:
        added = service.add(context, other.url)
    tell(context, 1)
    assert deliver(context, added.id) == 0
    assert states(context) == [(1, "waiting", 1)]
    with context.db.read() as tx:
        row = tx.first(select(webhook_deliveries))
        assert row.said == "ConnectionError"
        assert tx.first(select(webhooks)).busy_until is None, "the next process may try"


def test_a_receiver_that_says_gone_for_good_is_switched_off(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    tell(context, 1, 2)
    other.answers = [410]
    assert deliver(context, added.id) == 0
    open_club.clock.forward(3600)
    tell(context, 3)
    assert deliver(context, added.id) == 0
    assert service.lines(context)[0].split("  ")[1] == "off"
    service.replay(context, added.id)
    assert deliver(context, added.id) == 2, "what came meanwhile was not for it"


def test_two_processes_never_send_for_one_at_the_same_time(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    tell(context, 1)
    relay.hand_on(context.db, open_club.clock.now())
    now = open_club.clock.now()
    with context.db.write() as tx:
        assert queries.claim(tx, added.id, now, now + timedelta(seconds=40))
        assert not queries.claim(tx, added.id, now, now + timedelta(seconds=40))
    assert Deliverer(context).deliver(added.id) == 0
    open_club.clock.forward(40)
    assert Deliverer(context).deliver(added.id) == 1, "a process that died holds it no longer than its lease"


def test_redirects_are_not_followed(open_club: Club, other: Receiver) -> None:
    added = service.add(open_club.context, other.url)
    tell(open_club.context, 1)
    other.answers, other.headers = [302], {"Location": other.url + "/elsewhere"}
    assert deliver(open_club.context, added.id) == 0
    assert [request.path for request in other.received] == ["/club"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://dms.example.com/", "expected https, found http"),
        ("ftp://dms.example.com/", "expected a URL such as https"),
        ("https:///club", "expected a URL such as https"),
        ("https://user:secret@dms.example.com/", "without user, password"),
        ("https://dms.example.com/#here", "without user, password and #fragment"),
        ("https://dms.example.com:99999/", "expected a URL such as https"),
        ("https://dms.example.com/a b", "plain characters"),
        ("https://示例.com/", "plain characters"),
        ("https://dms.example.com/" + "a" * 500, "at most 500"),
        ("https://[::1/", "expected a URL such as https"),
    ],
)
def test_a_url_nothing_is_sent_to_is_not_added(club: Club, url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        service.add(club.context, url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::7f00:1", False),
        ("fec0::1", False),
        ("3fff::1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("64:ff9b::5db8:d70e", True),
    ],
)
def test_only_addresses_of_the_internet_are_sent_to(address: str, public: bool) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return [address]

    if public:
        assert addresses.resolved("dms.example.com", 443, (), resolve) == address
    else:
        with pytest.raises(addresses.NotAllowedThere, match="not public"):
            addresses.resolved("dms.example.com", 443, (), resolve)
        assert addresses.resolved("dms.example.com", 443, ("dms.example.com",), resolve) == address


def test_a_name_that_turns_to_this_machine_later_gets_nothing(open_club: Club, other: Receiver) -> None:
    port = other.url.rpartition(":")[2].partition("/")[0]
    sender = Sender(Webhooks(timeout_s=2.0), resolve=lambda *_: ["93.184.215.14", "127.0.0.1"])
    outcome = sender.send(f"https://dms.example.com:{port}/club", b"{}", {})
    sender.close()
    assert (outcome.taken, other.received) == (False, [])
    assert outcome.said == "dms.example.com has an address that is not public; name it in webhooks.private_hosts"


def test_a_proxy_of_the_environment_is_not_asked(
    open_club: Club, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        sender = Sender(open_club.context.settings.webhooks)
        assert sender.send(other.url, b"{}", {}).taken
        sender.close()
        assert (len(proxy.received), len(other.received)) == (0, 1)


def test_a_certificate_is_checked_against_the_name_not_the_address(tmp_path: Path) -> None:
    right, wrong = a_certificate(tmp_path), a_certificate(tmp_path, "otherhost")
    for certificate, trusted, taken in ((right, right, True), (right, wrong, False), (wrong, wrong, False)):
        with receiver(certificate) as other:
            settings = Webhooks(private_hosts=("localhost",), timeout_s=5.0, ca_file=str(trusted[0]))
            sender = Sender(settings)
            outcome = sender.send(other.url, b"{}", {})
            sender.close()
            assert (outcome.taken, len(other.received)) == (taken, int(taken)), outcome
            assert taken or outcome.said == "SSLError"


def test_where_nobody_listens_nothing_is_kept_and_who_comes_later_hears_of_later(
    open_club: Club, other: Receiver
) -> None:
    context = open_club.context
    tell(context, 1)
    assert relay.hand_on(context.db, open_club.clock.now()) == 1
    added = service.add(context, other.url, store="west")
    tell(context, 2, store="west")
    tell(context, 3)
    tell(context, 2, store="west")
    assert deliver(context, added.id) == 1
    assert [request.json["id"] for request in other.received] == ["tier-2"]


def test_old_deliveries_are_cleared_away_and_dead_ones_stay(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    tell(context, 1, 2)
    deliver(context, added.id)
    with context.db.write() as tx:
        queries.change_delivery(tx, _first(tx), {"state": "dead"})
    assert background.forget_delivered(context) == 0
    open_club.clock.forward((context.settings.webhooks.keep_days + 1) * 86_400)
    assert background.forget_delivered(context) == 3, "one delivery and two events"
    assert states(context) == [(1, "dead", 1)]


def _first(tx: Tx) -> int:
    return int(tx.scalar(select(webhook_deliveries.c.id).order_by(webhook_deliveries.c.id)))


def test_a_ping_says_how_it_ended_and_a_webhook_can_be_taken_away(open_club: Club, other: Receiver) -> None:
    context = open_club.context
    added = service.add(context, other.url)
    other.answers = [204, 500]
    assert service.ping(context, added.id).taken
    assert service.ping(context, added.id).said == "status 500"
    assert {request.json["kind"] for request in other.received} == {"ping"}
    tell(context, 1)
    relay.hand_on(context.db, open_club.clock.now())
    service.remove(context, added.id)
    assert service.lines(context) == []
    for call in (service.ping, service.replay, service.remove):
        with pytest.raises(errors.NotFound):
            call(context, added.id)


def test_kinds_and_stores_that_are_not_there_are_refused(club: Club) -> None:
    with pytest.raises(ValueError, match=r"expected kinds out of .*, found points.stolen"):
        service.add(club.context, "https://dms.example.com/", ["points.stolen"])
    with pytest.raises(errors.NotFound, match="none named moon"):
        service.add(club.context, "https://dms.example.com/", store="moon")


def test_the_database_holds_no_secret(open_club: Club, other: Receiver) -> None:
    added = service.add(open_club.context, other.url)
    with open_club.context.db.read() as tx:
        assert added.secret not in str(tx.rows(select(webhooks)))
