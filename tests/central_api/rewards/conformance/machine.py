"""Does the same to the model and to a real database, act by act, and compares what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from msgspec.structs import replace

from central_api.rewards.commands import Answer
from club.model import errors
from tests.central_api.rewards.conformance import model_cards
from tests.central_api.rewards.conformance.hands import Hands
from tests.central_api.rewards.conformance.model import REVERSIBLE_DAYS, Model
from tests.central_api.rewards.conformance.world import DEVICES, ZONES

MOST_TIMES = 8  # that a member may take a reward in a window
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


class Machine(Hands):
    """The acts; what one of them needs is in `Hands`."""

    @initialize(start=st.sampled_from(STARTS), stock=st.integers(0, 12), times=st.integers(1, MOST_TIMES))
    def begin(self, start: datetime, stock: int, times: int) -> None:
        self.model = Model(start, dict(ZONES))
        self.sent = {}
        self.members = [self._member("hav", "gold"), self._member("sha", "base")]
        gold, base = self.members
        self.cards = [self._card(gold), self._card(gold), self._card(base)]
        self.sessions = [
            self._session(self.cards[0], "kiosk-a", "hav"),
            self._session(self.cards[1], "kiosk-b", "ber"),
            self._session(self.cards[2], "kiosk-a", "api"),
            self._session(self.cards[2], "kiosk-b", "sha"),
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
        grant=st.sampled_from(["right"] * 3 + ["none"] * 2 + ["old"] * 2),
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
        entry, spent = self._spend_all(member)
        if spent:
            self._take_back(bill, points // share)
            store, now = self._home(member), self.model.now
            assert self.world.give_back(entry, spent, store, now) == self.model.give_back(entry, spent, store)
        self._check()

    @rule(who=number, points=st.lists(st.integers(50, 200), min_size=2, max_size=3))
    def buy_spend_and_refund(self, who: int, points: list[int]) -> None:
        """Several bills, and nothing returned: what is owed adds up, to the most that a member may owe."""
        member = self.members[who % 2]
        bills = [self._earn(member, each, 0, 20) for each in points]
        if self._spend_all(member)[1]:
            for bill, each in zip(bills, points, strict=True):
                self._take_back(bill, each)
        self._check()

    def _spend_all(self, member: str) -> tuple[str, int]:
        """What is free, by a hold: the spending, and how much it was (0: nothing is)."""
        store, now, until = self._home(member), self.model.now, self.model.now + timedelta(minutes=5)
        free = sum(lot["left"] for lot in self.model.usable(member, self.model.day(store))) - self.model.held(member)
        if free <= 0:
            return "", 0
        hold = self.world.place(member, free, until, store, now)
        self.model.place(hold, member, free, until, store)
        entry = self.world.confirm(hold, store, now)
        self.model.confirm(hold, entry, store)
        return entry, free

    def _take_back(self, bill: str, points: int) -> None:
        store = self._home(self.model.entries[bill]["member"])
        assert self.world.take_back(bill, points, store, self.model.now) == self.model.take_back(bill, points, store)
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

    @rule(who=number, what=number, quantity=st.sampled_from([1, 2, 2]), stock=st.sampled_from([None, 3, 40]))
    def redeem_all_that_may_be_and_one_again(self, who: int, what: int, quantity: int, stock: int | None) -> None:
        """With points for all of it: a limit, a cap or the stock is what says no, and a piece that is given back makes room.

        Of two pieces in one redemption one stays: that the other's place counts no more is then seen in the figures alone.
        """
        self._put_in_order(who, what, stock)
        begun = len(self.model.vouchers)
        for taken in range(begun, begun + quantity * (MOST_TIMES + 1), quantity):
            self._send([self._command(who, what, quantity, 0, "right")])
            if len(self.model.vouchers) == taken:
                break
        if len(self.model.vouchers) > begun:
            self.cancel(0, "sha", 0)
            self._send([self._command(who, what, 1, 0, "right")])

    @rule(
        who=number,
        what=number,
        pieces=st.integers(1, 3),
        spare=st.sampled_from([0, 30]),
        per=st.sampled_from(["day", "month"]),
        at_till=st.sampled_from([0, 0, 1, 100]),
        paid=st.booleans(),
    )
    def redeem_up_to_the_cards_limit(
        self, who: int, what: int, pieces: int, spare: int, per: str, at_till: int, paid: bool
    ) -> None:
        """Some pieces may be had, and a part of what the till keeps or was paid counts; given back, it counts no more."""
        self._put_in_order(who, what, None)
        session = self._who(who)
        member, card, store, now = session["member"], session["card"], session["store"], self.model.now
        reward = self.model.rewards[self.rewards[what % len(self.rewards)]]
        price = reward["by_tier"].get(self.model.tiers[member], reward["points"])
        if at_till:
            hold = self.world.place(member, at_till, now + timedelta(minutes=30), store, now, card)
            self.model.place(hold, member, at_till, now + timedelta(minutes=30), store, card)
            if paid:
                entry = self.world.confirm(hold, store, now)
                self.model.confirm(hold, entry, store)
        self.limit(who, price * pieces + spare, per)
        begun = len(self.model.vouchers)
        for _ in range(pieces + 1):
            self._send([self._command(who, what, 1, 0, "right")])
        if len(self.model.vouchers) > begun:
            self.cancel(0, "sha", 0)
            self._send([self._command(who, what, 1, 0, "right")])

    @rule(who=number, what=number, days=st.sampled_from([REVERSIBLE_DAYS, REVERSIBLE_DAYS + 1]))
    def redeem_and_cancel_as_late_as_may_be(self, who: int, what: int, days: int) -> None:
        self._put_in_order(who, what, None)
        before = len(self.model.vouchers)
        self._send([self._command(who, what, 1, 0, "right")])
        if len(self.model.vouchers) > before:
            self.model.now += timedelta(days=days)
            self.cancel(0, "sha", 0)

    def _who(self, who: int) -> dict[str, Any]:
        return self.model.sessions[self.sessions[who % len(self.sessions)]]

    def _own_card(self, member: str, which: int) -> str | None:
        own = [card for card in self.cards if self.model.holders[card] == member]
        return own[which % len(own)] if own else None

    def _put_in_order(self, who: int, what: int, stock: int | None) -> None:
        """A card that may be used, points for anything, and so much of the reward."""
        self.set_card(who, "active")
        self.limit(who, None, "")
        self.edit_stock(what, stock, False)
        self._earn(self._who(who)["member"], 1500, 0, 60)

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

    @rule(who=number, points=st.integers(1, 400), minutes=st.integers(1, 90), by_card=st.booleans())
    def place(self, who: int, points: int, minutes: int, by_card: bool) -> None:
        member, until = self.members[who % 2], self.model.now + timedelta(minutes=minutes)
        store, now = self._home(member), self.model.now
        card = self._own_card(member, who) if by_card else None
        made: list[str] = []
        self._same(
            lambda: made.append(self.world.place(member, points, until, store, now, card)),
            lambda: self.model.place(made[0] if made else "", member, points, until, store, card),
        )

    @rule(who=number, what=number, spare=st.integers(0, 60), minutes=st.integers(0, 90))
    def redeem_of_what_a_till_keeps(self, who: int, what: int, spare: int, minutes: int) -> None:
        """A till keeps all but a little of the points: they are in the balance, and not to be had until it lets go."""
        self.set_card(who, "active")
        self.limit(who, None, "")
        member = self._who(who)["member"]
        self._earn(member, 400, 0, 60)
        store, until = self._home(member), self.model.now + timedelta(minutes=60)
        lots = self.model.usable(member, self.model.day(store))
        free = sum(lot["left"] for lot in lots) - self.model.held(member) - spare
        if free > 0:
            hold = self.world.place(member, free, until, store, self.model.now)
            self.model.place(hold, member, free, until, store)
            self.model.now += timedelta(minutes=minutes)
            self._send([self._command(who, what, 1, 0, "right")])
        self._check()

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
        """Of whoever's session it is, and theirs again if it was somebody else's."""
        session = self._who(who)
        card, member = session["card"], session["member"]
        self.model.cards[card], self.model.holders[card], self.model.stopped[card] = state, member, ""
        self.world.set_card(card, state=state, member=member, blocked_since=None)
        self._check()

    @rule(which=number, points=st.one_of(st.none(), st.integers(0, 900)), per=st.sampled_from(["day", "month"]))
    def limit(self, which: int, points: int | None, per: str) -> None:
        card = self._who(which)["card"]
        self.model.limits[card] = None if points is None else (points, per)
        self.world.set_card(card, limit_points=points, limit_per="" if points is None else per)
        self._check()

    @rule(who=number, what=number, to=st.sampled_from(["stock", "other"]), back=st.sampled_from([True, True, False]))
    def redeem_by_a_card_that_changed_hands(self, who: int, what: int, to: str, back: bool) -> None:
        """It was brought back, or its holder merged into another, while a session of it was open."""
        self._put_in_order(who, what, None)
        session = self._who(who)
        other = next(member for member in self.members if member != session["member"])
        if to == "stock":
            self.world.bring_back(session["card"], self.model.now)
            model_cards.bring_back(self.model, session["card"])
        else:
            self.model.holders[session["card"]] = other
            self.world.set_card(session["card"], member=other)
        self._send([self._command(who, what, 1, 0, "right")])
        if back:
            self.set_card(who, "active")

    @rule(who=number)
    def tap_anew(self, who: int) -> None:
        self.set_card(who, "active")
        old = self.sessions[who % len(self.sessions)]
        session = self.model.sessions[old]
        session["ended_at"] = session["ended_at"] or self.model.now
        self.world.end_session(old, session["ended_at"])
        self.sessions[who % len(self.sessions)] = self._session(session["card"], session["device"], session["store"])
        self._check()

    @rule(what=number, stock=st.one_of(st.none(), st.integers(0, 9)), sold_out=st.sampled_from([False, False, True]))
    def edit_stock(self, what: int, stock: int | None, sold_out: bool) -> None:
        slug = self.rewards[what % len(self.rewards)]
        self.model.rewards[slug] |= {"stock": stock, "sold_out": sold_out}
        self.world.edit_reward(slug, stock=stock, sold_out=sold_out)
        self._check()
