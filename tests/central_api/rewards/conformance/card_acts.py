"""The acts in which a card takes another's place, comes back, and changes hands by a merge of members."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.central_api.rewards.conformance import invariants, model_cards
from tests.central_api.rewards.conformance.machine import Machine, number


class CardActs(Machine):
    """The acts of `Machine`, and those of cards that follow each other."""

    @rule(
        who=number,
        what=number,
        pieces=st.integers(1, 2),
        at_till=st.sampled_from([0, 1, 100]),
        per=st.sampled_from(["day", "month"]),
    )
    def redeem_up_to_the_limit_with_one_card_after_the_other(
        self, who: int, what: int, pieces: int, at_till: int, per: str
    ) -> None:
        """A new card goes on where the old one stopped: its limit holds, and what was spent counts, the cap's too."""
        self._put_in_order(who, what, None)
        self.limit(who, self._price(who, what) * pieces, per)
        self._pay(self._who(who)["card"], at_till)
        self._send([self._command(who, what, 1, 0, "right")])
        self._replace(who)
        for _ in range(pieces):
            self._send([self._command(who, what, 1, 0, "right")])

    @rule(who=st.sampled_from([2, 3]), price=st.sampled_from([200, 310]))
    def redeem_up_to_the_cap_with_one_card_after_the_other(self, who: int, price: int) -> None:
        """Of the member whose cards can be copied, and of what nothing else limits."""
        self._put_in_order(who, 0, None)
        slug = self._reward(points=price)
        for _ in range(2):
            self._send([self._command_in(self.sessions[who], slug, 1, 0, "right")])
            self._replace(who)
        self._send([self._command_in(self.sessions[who], slug, 2, 0, "right")])

    @rule(who=number, what=number, per=st.sampled_from(["day", "month"]))
    def redeem_with_a_card_that_was_replaced_before(self, who: int, what: int, per: str) -> None:
        """It was found and came back: whoever has it now begins anew, whoever has the one in its place goes on."""
        self._put_in_order(who, what, None)
        limit = self._price(who, what) * 3 - 1
        self.limit(who, limit, per)
        self._send([self._command(who, what, 1, 0, "right")])
        old = self._who(who)["card"]
        self._replace(who)
        self._give_anew(old, self.members[what % 2], (limit, per))
        found = self._session(old, "kiosk-a", "sha")
        self._send([self._command_in(found, self.rewards[what % len(self.rewards)], 1, 0, "right")])
        self._send([self._command(who, what, 2, 0, "right")])

    @rule(
        tier=st.sampled_from(["gold", "base"]),
        what=number,
        at_till=st.sampled_from([0, 1, 100]),
        per=st.sampled_from(["day", "month"]),
        meanwhile=st.sampled_from(["", "replaced", "back"]),
        undone=st.booleans(),
    )
    def redeem_after_a_merge(self, tier: str, what: int, at_till: int, per: str, meanwhile: str, undone: bool) -> None:
        """What a card spent counts, whose ever it was then and is now; of two members who are there for this act alone.

        Undone, the card is the giver's again, or the one in its place; not one that the taker was given out of stock.
        """
        pair = giver, taker = self._member("hav", tier), self._member("sha", "base")
        card = self._card(giver)
        for member in pair:
            self._earn(member, 2000, 10, 60)
        self.edit_stock(what, None, False)
        slug = self.rewards[what % len(self.rewards)]
        session = self._session(card, "kiosk-a", "hav")
        price = self._command_in(session, slug, 1, 0, "none")[0].unit_points
        self.model.limits[card] = most = (at_till * 2 + price, per)
        self.world.set_card(card, limit_points=most[0], limit_per=per)
        begun = len(self.model.vouchers)

        def spend() -> None:
            self._pay(card, at_till)
            self._send([self._command_in(self._session(card, "kiosk-a", "hav"), slug, 1, 0, "right")])
            invariants.touched(self.world.db, self.model, pair, [])

        spend()
        made, lots = self.world.merge(giver, taker, self.model.now)
        done = model_cards.merge(self.model, giver, taker, lots)
        spend()
        if meanwhile == "replaced":
            old, card = card, self.world.replace_card(card, self.model.now)
            model_cards.replace(self.model, old, card)
            spend()
        elif meanwhile == "back":
            self._give_anew(card, taker, most)
        if undone:
            self.world.undo(made, self.model.now)
            model_cards.undo(self.model, done)
            spend()
        for code in list(self.model.vouchers)[begun:]:
            del self.model.vouchers[code]
        for entry in self.model.entries.values():
            if entry["member"] in pair:
                entry["kind"] = "past"

    def _give_anew(self, card: str, member: str, most: tuple[int, str]) -> None:
        """A card comes back into stock and is given to a member, with a limit."""
        self.world.bring_back(card, self.model.now)
        model_cards.bring_back(self.model, card)
        self.model.cards[card], self.model.holders[card], self.model.limits[card] = "active", member, most
        self.world.set_card(card, state="active", member=member, limit_points=most[0], limit_per=most[1])

    def _price(self, who: int, what: int) -> int:
        reward = self.model.rewards[self.rewards[what % len(self.rewards)]]
        price: int = reward["by_tier"].get(self.model.tiers[self._who(who)["member"]], reward["points"])
        return price

    def _pay(self, card: str, points: int) -> None:
        """At a till, as far as the card may."""
        member, now = self.model.holders[card], self.model.now
        assert member is not None
        if not points:
            return
        store, until, made = self._home(member), now + timedelta(minutes=30), list[str]()
        self._same(
            lambda: made.append(self.world.place(member, points, until, store, now, card)),
            lambda: self.model.place(made[0] if made else "", member, points, until, store, card),
        )
        if made:
            self.model.confirm(made[0], self.world.confirm(made[0], store, now), store)
            self._check()

    def _replace(self, who: int) -> None:
        """A session's card, by a new one that is tapped at once."""
        session = self._who(who)
        new = self.world.replace_card(session["card"], self.model.now)
        model_cards.replace(self.model, session["card"], new)
        self.cards.append(new)
        self.sessions[who % len(self.sessions)] = self._session(new, session["device"], session["store"])
        self._check()
