"""Does the same to the model and to a real database, act by act, and compares what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from central_api.rewards.commands import Answer, Outcome
from club.model import errors
from club.wire import codec
from club.wire.rewards import Redeem
from tests.central_api.rewards.conformance import invariants
from tests.central_api.rewards.conformance.model import Model, Refused
from tests.central_api.rewards.conformance.world import DEVICES, ZONES, World, said

ALL_EVERY = 1000  # acts
STARTS = [
    datetime(2026, 5, 16, 6, 32, tzinfo=UTC),
    datetime(2026, 3, 8, 4, 50, tzinfo=UTC),  # Havana leaps over its midnight at 05:00
    datetime(2026, 11, 1, 3, 50, tzinfo=UTC),  # Havana has its first hour twice, Berlin is a week past
    datetime(2026, 10, 24, 21, 50, tzinfo=UTC),  # Berlin changes in the night that begins
    datetime(2026, 12, 31, 9, 50, tzinfo=UTC),  # the new year begins in Apia at 11:00 UTC
    datetime(2028, 2, 28, 15, 50, tzinfo=UTC),  # a leap day begins in Shanghai at 16:00
    datetime(2026, 6, 30, 15, 50, tzinfo=UTC),  # a month and a quarter end
]
number = st.integers(0, 11)
"""Which of those there are."""


class Machine(RuleBasedStateMachine):
    """One example: members, rewards and keys of its own in a database that all examples share."""

    world: ClassVar[World]

    @initialize(start=st.sampled_from(STARTS), stock=st.integers(0, 12), times=st.integers(1, 8))
    def begin(self, start: datetime, stock: int, times: int) -> None:
        self.model = Model(start, dict(ZONES))
        self.sent: dict[str, tuple[Redeem, str, datetime, bytes]] = {}  # answered commands, by key
        self.members = [self._member("hav", "gold", "cryptogram"), self._member("sha", "base", "uid")]
        gold, base = self.members
        self.sessions = [
            self._session(gold, "kiosk-a", "hav"),
            self._session(gold, "kiosk-b", "ber"),
            self._session(base, "kiosk-a", "api"),
            self._session(base, "kiosk-b", "sha"),
        ]
        later, over = start + timedelta(hours=1), start + timedelta(days=40)
        self.rewards = [
            self._reward(stock=stock, per="day", times=times, by_tier={"gold": 40}),
            self._reward(points=120, stores=["hav", "api", "sha"], per="month", times=times),
            self._reward(points=90, tiers=["gold"], opens={"gold": later}, per="quarter", times=times),
            self._reward(points=310, stock=stock, ends=over, per="year", times=times),
        ]
        for member in self.members:
            self._earn(member, 700, 30, 40)
            self._earn(member, 300, 0, 1)

    # -- redeeming -------------------------------------------------------------------------------------------------

    @rule(
        who=number,
        what=number,
        quantity=st.integers(1, 3),
        grant=st.sampled_from(["right"] * 4 + ["none"] * 2 + ["old"]),
    )
    def redeem(self, who: int, what: int, quantity: int, grant: str) -> None:
        self._send([self._command(who, what, quantity, 0, grant)])

    @rule(wanted=st.lists(st.tuples(number, number, st.integers(1, 2)), min_size=2, max_size=5))
    def redeem_together(self, wanted: list[tuple[int, int, int]]) -> None:
        self._send([self._command(who, what, quantity, 0, "right") for who, what, quantity in wanted])

    @rule(who=number, what=number, slip=st.sampled_from([0, 0, 0, -1, 10**6]), ago=st.sampled_from([0, 1, 400]))
    def redeem_at_another_price_or_late(self, who: int, what: int, slip: int, ago: int) -> None:
        self._send([self._command(who, what, 1, slip, "right")], ago)

    @rule(who=number, what=number, ago=st.sampled_from([0, 30]))
    def redeem_by_the_card_alone(self, who: int, what: int, ago: int) -> None:
        self._send([self._command(who, what, 1, 0, "none")], ago)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 500), how=st.sampled_from(["same", "same", "body", "device"]))
    def send_again(self, which: int, how: str) -> None:
        command, device, signed_at, first = list(self.sent.values())[which % len(self.sent)]
        if how == "body":
            command = replace(command, quantity=command.quantity + 1)
        if how == "device":
            device = next(name for name in DEVICES if name != device)
        (outcome,) = self.world.redeem([(command, device, signed_at)], self.model.now)
        if how == "same":
            assert isinstance(outcome, Answer)
            assert outcome.body == first, "the same key and body give the same bytes for ever"
        else:
            assert isinstance(outcome, errors.IdempotencyConflict)
        self._check()

    # -- points ----------------------------------------------------------------------------------------------------

    @rule(who=number, points=st.integers(0, 1500), tier_points=st.integers(0, 50), days=st.integers(-1, 60))
    def earn(self, who: int, points: int, tier_points: int, days: int) -> None:
        self._earn(self.members[who % 2], points, tier_points, days)
        self._check()

    @precondition(lambda self: self._open("spend"))
    @rule(which=st.integers(0, 500), share=st.integers(1, 4))
    def give_back(self, which: int, share: int) -> None:
        spendings = self._open("spend")
        entry = spendings[which % len(spendings)]
        store = self._home(self.model.entries[entry]["member"])
        points = max(1, sum(use[1] for use in self.model.entries[entry]["uses"]) // share)
        found = self.world.give_back(entry, points, store, self.model.now)
        assert found == self.model.give_back(entry, points, store)
        self._check()

    @precondition(lambda self: self._open("earn"))
    @rule(which=st.integers(0, 500), share=st.sampled_from([1, 1, 2, 3]))
    def take_back(self, which: int, share: int) -> None:
        bills = self._open("earn")
        entry = bills[which % len(bills)]
        bill = self.model.entries[entry]
        points, store = max(1, (bill["points"] - bill["back"]) // share), self._home(bill["member"])
        found = self.world.take_back(entry, points, store, self.model.now)
        assert found == self.model.take_back(entry, points, store)
        self._check()

    @rule(who=number, points=st.integers(50, 600), share=st.integers(1, 2))
    def buy_spend_refund_and_return(self, who: int, points: int, share: int) -> None:
        """The round by which somebody would keep the points of a bill that was given back."""
        member = self.members[who % 2]
        bill = self._earn(member, points, 0, 20)
        store, now, until = self._home(member), self.model.now, self.model.now + timedelta(minutes=5)
        free = sum(lot["left"] for lot in self.model.usable(member, self.model.day(store))) - self.model.held(member)
        if free > 0:
            hold = self.world.place(member, free, until, store, now)
            self.model.place(hold, member, free, until, store)
            entry = self.world.confirm(hold, store, now)
            self.model.confirm(hold, entry, store)
            back = points // share
            assert self.world.take_back(bill, back, store, now) == self.model.take_back(bill, back, store)
            self._check()
            assert self.world.give_back(entry, free, store, now) == self.model.give_back(entry, free, store)
        self._check()

    # -- vouchers --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.vouchers)
    @rule(which=st.integers(0, 8), store=st.sampled_from(list(ZONES)), again=st.sampled_from([0, 0, 1]))
    def cancel(self, which: int, store: str, again: int) -> None:
        code, number = self._voucher(which, again)
        made: list[tuple[int, int]] = []
        self._same(
            lambda: made.append(self.world.cancel(code, store, number, self.model.now)),
            lambda: made.append(self.model.cancel(code, store, number)),
            "cancelled",
        )
        assert len(set(made)) <= 1, "as many points came back, and as many of them expired"

    @rule(who=number, what=number)
    def redeem_cancel_and_redeem(self, who: int, what: int) -> None:
        before = len(self.model.vouchers)
        self._send([self._command(who, what, 1, 0, "right")])
        if len(self.model.vouchers) > before:
            self.cancel(0, "sha", 0)
            self._send([self._command(who, what, 1, 0, "right")])

    @precondition(lambda self: self.model.vouchers)
    @rule(which=st.integers(0, 8), store=st.sampled_from(list(ZONES)), again=st.sampled_from([0, 0, 1]))
    def fulfil(self, which: int, store: str, again: int) -> None:
        code, number = self._voucher(which, again)
        self._same(
            lambda: self.world.fulfil(code, store, number, self.model.now),
            lambda: self.model.fulfil(code, store, number),
            "fulfilled",
        )

    @rule(who=number)
    def expire(self, who: int) -> None:
        member = self.members[who % 2]
        self.world.expire(member, self._home(member), self.model.now)
        self.model.expire(member, self._home(member))
        self._check()

    # -- holds -----------------------------------------------------------------------------------------------------

    @rule(who=number, points=st.integers(1, 400), minutes=st.integers(1, 90))
    def place(self, who: int, points: int, minutes: int) -> None:
        member, until = self.members[who % 2], self.model.now + timedelta(minutes=minutes)
        store = self._home(member)
        made: list[str] = []
        self._same(
            lambda: made.append(self.world.place(member, points, until, store, self.model.now)),
            lambda: self.model.place(made[0] if made else "", member, points, until, store),
        )

    @precondition(lambda self: self.model.holds)
    @rule(which=st.integers(0, 500))
    def confirm(self, which: int) -> None:
        hold = list(self.model.holds)[which % len(self.model.holds)]
        store = self._home(self.model.holds[hold]["member"])
        made: list[str] = []
        self._same(
            lambda: made.append(self.world.confirm(hold, store, self.model.now)),
            lambda: self.model.confirm(hold, made[0] if made else "", store),
        )

    @precondition(lambda self: self.model.holds)
    @rule(which=st.integers(0, 500))
    def release(self, which: int) -> None:
        hold = list(self.model.holds)[which % len(self.model.holds)]
        self._same(lambda: self.world.release(hold, self.model.now), lambda: self.model.release(hold))

    # -- the world -------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 59, 600, 3600, 7200, 86400, 3 * 86400, 27 * 86400]))
    def time_passes(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)
        self._check()

    @rule(store=st.sampled_from(list(ZONES)), off=st.sampled_from([-1, 0, 1800]), month=st.booleans())
    def it_gets_midnight(self, store: str, off: int, month: bool) -> None:
        zone = ZoneInfo(ZONES[store])
        day = self.model.day(store) + timedelta(days=1)
        if month:
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        edge = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) + timedelta(seconds=off)
        self.model.now = max(self.model.now, edge)
        self._check()

    @rule(who=number, state=st.sampled_from(["active"] * 4 + ["blocked", "replaced"]))
    def set_card(self, who: int, state: str) -> None:
        card = f"card-{self.members[who % 2]}"
        self.model.cards[card] = state
        self.world.set_card(card, state)
        self._check()

    @rule(who=number)
    def tap_anew(self, who: int) -> None:
        old = self.sessions[who % len(self.sessions)]
        session = self.model.sessions[old]
        session["ended_at"] = session["ended_at"] or self.model.now
        self.world.end_session(old, session["ended_at"])
        self.sessions[who % len(self.sessions)] = self._session(session["member"], session["device"], session["store"])
        self._check()

    @rule(what=number, stock=st.one_of(st.none(), st.integers(0, 9)), sold_out=st.sampled_from([False, False, True]))
    def edit_stock(self, what: int, stock: int | None, sold_out: bool) -> None:
        slug = self.rewards[what % len(self.rewards)]
        self.model.rewards[slug] |= {"stock": stock, "sold_out": sold_out}
        self.world.edit_reward(slug, stock=stock, sold_out=sold_out)
        self._check()

    # -- how -------------------------------------------------------------------------------------------------------

    def _member(self, store: str, tier: str, assurance: str) -> str:
        member, card = self.world.add_member(store, tier, assurance, self.model.now)
        self.model.tiers[member], self.model.cards[card] = tier, "active"
        self.model.lots[member], self.model.tier_points[member] = [], 0
        self.model.homes[member], self.model.owed[member] = store, 0
        return member

    def _session(self, member: str, device: str, store: str) -> str:
        assurance = "cryptogram" if self.model.tiers[member] == "gold" else "uid"
        session: dict[str, Any] = {
            "member": member,
            "card": f"card-{member}",
            "device": device,
            "store": store,
            "assurance": assurance,
        }
        session |= {"used_at": self.model.now, "ended_at": None}
        made = self.world.add_session(session)
        self.model.sessions[made] = session
        return made

    def _reward(self, **values: Any) -> str:
        reward: dict[str, Any] = {
            "points": 50,
            "stock": None,
            "sold_out": False,
            "by_tier": {},
            "tiers": [],
            "opens": {},
            "stores": [],
        }
        reward |= {"per": "", "times": 0, "valid_days": 30, "starts": self.model.now, "ends": None} | values
        slug = self.world.add_reward(reward)
        self.model.rewards[slug] = reward
        return slug

    def _earn(self, member: str, points: int, tier_points: int, days: int) -> str:
        store = self._home(member)
        expires = self.model.day(store) + timedelta(days=days)
        entry, lot = self.world.earn(member, points, tier_points, expires, store, self.model.now)
        self.model.earn(entry, lot, member, points, tier_points, expires, store)
        return entry

    def _home(self, member: str) -> str:
        return self.model.homes[member]

    def _open(self, kind: str) -> list[str]:
        """Entries of which something can still be given or taken back; a redemption's go by its vouchers."""
        redeemed = {past["entry"] for past in self.model.redemptions}
        return [
            name
            for name, entry in self.model.entries.items()
            if entry["kind"] == kind
            and name not in redeemed
            and (sum(use[1] for use in entry["uses"]) if kind == "spend" else entry["points"] - entry["back"]) > 0
        ]

    def _voucher(self, which: int, again: int) -> tuple[str, str]:
        """One of the newest vouchers, and a number: a new one, or that by which it was closed."""
        code = list(self.model.vouchers)[-1 - which % len(self.model.vouchers)]
        number = self.model.vouchers[code]["number"]
        return code, number if again and number else self.world.new_id()

    def _command(self, who: int, what: int, quantity: int, slip: int, grant: str) -> tuple[Redeem, str]:
        session_id, slug = self.sessions[who % len(self.sessions)], self.rewards[what % len(self.rewards)]
        session, reward = self.model.sessions[session_id], self.model.rewards[slug]
        price = reward["by_tier"].get(self.model.tiers[session["member"]], reward["points"]) + slip
        command = Redeem(
            command_id=self.world.new_id(), session_id=session_id, reward=slug, quantity=quantity, unit_points=price
        )
        if grant != "none":
            made = self.world.new_id()
            granted_at = self.model.now - timedelta(hours=73 if grant == "old" else 0)
            self.world.grant(command, made, granted_at)
            kept = {"id": made, "session": session_id, "body": codec.encode(command), "made_at": granted_at}
            self.model.grants[command.command_id] = kept
            command = replace(command, grant=made)
        return command, session["device"]

    def _send(self, commands: list[tuple[Redeem, str]], minutes_ago: int = 0) -> None:
        signed_at = self.model.now - timedelta(minutes=minutes_ago)
        asks = [(command, device, signed_at) for command, device in commands]
        outcomes = self.world.redeem(asks, self.model.now)
        # Those of one batch are carried out in the order of their rewards.
        for n in sorted(range(len(asks)), key=lambda n: (asks[n][0].reward, n)):
            self._compare(*asks[n], outcomes[n])
        self._check()

    def _compare(self, command: Redeem, device: str, signed_at: datetime, outcome: Outcome) -> None:
        found = said(outcome)
        expected = self.model.redeem(
            {
                "key": command.command_id,
                "body": codec.encode(command),
                "ungranted": codec.encode(replace(command, grant=None)),
                "device": device,
                "session": command.session_id,
                "reward": command.reward,
                "quantity": command.quantity,
                "unit_points": command.unit_points,
                "grant": command.grant,
                "signed_at": signed_at,
                "entry": self.world.entry_of(command.command_id) if found["status"] == 200 else "",
            }
        )
        if expected["status"] == 200:
            vouchers = found.get("vouchers", [])
            shown = {name: found.get(name) for name in ("status", "points_taken", "points", "tier_points")}
            assert shown == {name: expected[name] for name in shown}, found
            assert len(vouchers) == expected["vouchers"]
            assert {each["valid_to"] for each in vouchers} == {expected["valid_to"].isoformat()}
            assert all(each["reward"] == command.reward and each["state"] == "issued" for each in vouchers)
            assert datetime.fromisoformat(found["at"]) == self.model.now
            if command.command_id not in self.sent:
                issued = {"state": "issued", "number": "", "past": self.model.redemptions[-1]}
                for each in vouchers:
                    self.model.vouchers[each["code"]] = {**issued, "valid_to": expected["valid_to"]}
        else:
            shown = {name: found.get(name) for name in ("status", "code", "facts")}
            assert shown == {name: expected[name] for name in shown}, found
        self.world.seen[found.get("code", "redeemed")] += 1
        if isinstance(outcome, Answer):
            self.sent[command.command_id] = (command, device, signed_at, outcome.body)

    def _same(self, real: Any, modelled: Any, done: str = "held") -> None:
        """Both do it, or both refuse with the same code and facts."""
        found, expected = _refusal(real), _refusal(modelled)
        assert found == expected
        self.world.seen[found[0] if found else done] += 1
        self._check()

    def _check(self) -> None:
        self.world.operations += 1
        invariants.touched(self.world.db, self.model, self.members, self.rewards)
        if self.world.operations % ALL_EVERY == 0:
            invariants.everything(self.world.db)


def _refusal(act: Any) -> tuple[str, dict[str, Any]] | None:
    try:
        act()
    except (errors.ClubError, Refused) as refusal:
        return refusal.code, dict(refusal.facts)
    return None
