"""What the club's rules say on points and rewards, in plain Python over dicts: written from the spec, of nothing in `central_api`.

Only what is decided stands here; ids are given in, as they are to the two bodies it is compared with.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FINAL = {
    "not_enough_points": 409,
    "out_of_stock": 409,
    "limit_reached": 409,
    "tier_too_low": 403,
    "reward_not_offered": 409,
    "daily_cap_reached": 409,
    "card_limit_reached": 409,
}
PIN_FROM, CAP, GRANT_HOURS, SESSION_MINUTES, FRESH_S = 300, 600, 72, 10, 300
REVERSIBLE_DAYS, MOST_OWED = 7, 150


class Refused(Exception):
    """The rules say no, by a code with its facts."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass
class Model:
    """The whole state; every act either changes it or raises `Refused` before it has changed anything."""

    now: datetime
    zones: dict[str, str] = field(default_factory=dict)  # by store
    tiers: dict[str, str] = field(default_factory=dict)  # by member
    homes: dict[str, str] = field(default_factory=dict)  # store by member
    cards: dict[str, str] = field(default_factory=dict)  # state by card
    holders: dict[str, str | None] = field(default_factory=dict)  # member by card
    limits: dict[str, tuple[int, str] | None] = field(default_factory=dict)  # points in a day or month, by card
    lines: dict[str, str] = field(default_factory=dict)  # by card: a card and those it took the place of are one
    stopped: dict[str, str] = field(default_factory=dict)  # since which day a card is good for nothing, by card
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    rewards: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)  # by command
    lots: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by member
    tier_points: dict[str, int] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    redemptions: list[dict[str, Any]] = field(default_factory=list)
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by key
    vouchers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by code
    owed: dict[str, int] = field(default_factory=dict)  # by member

    # -- reading ---------------------------------------------------------------------------------------------------

    def day(self, store: str, moment: datetime | None = None) -> date:
        """The store's calendar day."""
        return (moment or self.now).astimezone(ZoneInfo(self.zones[store])).date()

    def usable(self, member: str, today: date) -> list[dict[str, Any]]:
        """Lots that can be spent, in the order in which they are."""
        good = [lot for lot in self.lots[member] if lot["left"] > 0 and lot["expires"] >= today]
        return sorted(good, key=lambda lot: (lot["expires"], lot["earned_at"], lot["id"]))

    def balance(self, member: str) -> int:
        """Everything in the lots, expired or not: what the account holds."""
        return sum(lot["left"] for lot in self.lots[member])

    def held(self, member: str) -> int:
        """What open holds keep."""
        return sum(
            hold["points"]
            for hold in self.holds.values()
            if hold["member"] == member and hold["state"] == "open" and hold["until"] > self.now
        )

    def borne(self, member: str) -> int:
        """What stores bear of this member's refunds."""
        mine = (entry for entry in self.entries.values() if entry["member"] == member and entry["kind"] == "earn")
        return sum(entry["short"] - entry["owed"] for entry in mine)

    # -- redeeming -------------------------------------------------------------------------------------------------

    def redeem(self, ask: dict[str, Any]) -> dict[str, Any]:
        """The outcome of a command: {"status", ...} when it is stored for ever, else {"status": 0, "code"}."""
        known = self.answers.get(ask["key"])
        if known is not None:
            same = known["body"] == ask["body"] and known["device"] == ask["device"]
            return known["answer"] if same else {"status": 0, "code": "idempotency_conflict", "facts": {}}
        try:
            answer = {"status": 200, **self._redeem(ask)}
        except Refused as no:
            answer = {"status": FINAL.get(no.code, 0), "code": no.code, "facts": no.facts}
        if answer["status"]:
            self.answers[ask["key"]] = {"body": ask["body"], "device": ask["device"], "answer": answer}
        return answer

    def _redeem(self, ask: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(ask["session"])
        if session is None or session["device"] != ask["device"]:
            raise Refused("session_ended")
        member, store, slug = session["member"], session["store"], ask["reward"]
        price, quantity = ask["quantity"] * ask["unit_points"], ask["quantity"]
        self._let_through(ask, session, price)
        reward = self.rewards.get(slug)
        if reward is None or not reward["starts"] <= self.now or (reward["ends"] and reward["ends"] <= self.now):
            raise Refused("reward_not_offered", reward=slug)
        if reward["stores"] and store not in reward["stores"]:
            raise Refused("reward_not_offered", reward=slug)
        named = reward["tiers"] or list(reward["opens"])
        may = [tier for tier in named if tier not in reward["opens"] or reward["opens"][tier] <= self.now]
        if named and self.tiers[member] not in may:
            raise Refused("tier_too_low", reward=slug, needs=", ".join(may))
        if ask["unit_points"] != reward["by_tier"].get(self.tiers[member], reward["points"]):
            raise Refused("reward_not_offered", reward=slug)
        left = 0 if reward["sold_out"] else reward["stock"]
        if left is not None and left < quantity:
            raise Refused("out_of_stock", reward=slug, left=left, wanted=quantity)
        today = self.day(store)
        if reward["per"]:
            taken = sum(
                past["quantity"] - past["cancelled"]
                for past in self.redemptions
                if past["member"] == member
                and past["reward"] == slug
                and _window(reward["per"], self.day(store, past["at"])) == _window(reward["per"], today)
            )
            if taken + quantity > reward["times"]:
                may_take = max(0, reward["times"] - taken)
                raise Refused("limit_reached", reward=slug, per=reward["per"], times=reward["times"], left=may_take)
        if session["assurance"] != "cryptogram":
            spent = sum(
                past["points"] - past["cancelled"] * past["unit"]
                for past in self.redemptions
                if (past["card"] == session["card"] or past["line"] == self.lines[session["card"]])
                and past["by_uid"]
                and self.day(store, past["at"]) == today
            )
            if spent + price > CAP:
                raise Refused("daily_cap_reached", cap=CAP, spent=spent)
        self._within_limit(session["card"], price, store)
        usable = sum(lot["left"] for lot in self.usable(member, today))
        self.spend(ask["entry"], member, price, store, held=self.held(member))
        if reward["stock"] is not None:
            reward["stock"] -= quantity
        by_uid = session["assurance"] != "cryptogram"
        past = {"member": member, "reward": slug, "quantity": quantity, "points": price, "at": self.now}
        more = {"unit": ask["unit_points"], "cancelled": 0, "entry": ask["entry"]}
        card = session["card"]
        self.redemptions.append({**past, **more, "card": card, "line": self.lines[card], "by_uid": by_uid})
        return {
            "member": member,
            "points_taken": price,
            "points": usable - price,
            "tier_points": self.tier_points[member],
            "vouchers": quantity,
            "valid_to": today + timedelta(days=reward["valid_days"]),
        }

    def _within_limit(self, card: str | None, points: int, store: str) -> None:
        """A card spends no more than its own limit, at kiosks and tills together, with those it took the place of.

        What came back counts no more. Whose the card is by now, or was, says nothing.
        """
        limit = None if card is None else self.limits[card]
        if card is None or limit is None:
            return
        most, per = limit
        today = _window(per, self.day(store))
        of_card = [
            *((past, past["points"] - past["cancelled"] * past["unit"]) for past in self.redemptions),
            *((hold, self._kept_or_paid(hold)) for hold in self.holds.values()),
        ]
        spent = sum(
            spending
            for act, spending in of_card
            if act["line"] == self.lines[card] and _window(per, self.day(store, act["at"])) == today
        )
        if spent + points > most:
            raise Refused("card_limit_reached", cap=most, spent=spent, per=per)

    def _kept_or_paid(self, hold: dict[str, Any]) -> int:
        if hold["state"] == "confirmed":
            return sum(use[1] for use in self.entries[hold["entry"]]["uses"])
        return hold["points"] if hold["state"] == "open" and hold["until"] > self.now else 0

    def _let_through(self, ask: dict[str, Any], session: dict[str, Any], price: int) -> None:
        if self.holders[session["card"]] != session["member"]:
            raise Refused("session_ended")
        state = self.cards[session["card"]]
        if state in ("blocked", "replaced"):
            raise Refused(
                "card_blocked", since=self.stopped[session["card"]], reason="lost" if state == "blocked" else "replaced"
            )
        if session["assurance"] == "cryptogram" and price < PIN_FROM and ask["grant"] is None:
            ends = session["ended_at"] or session["used_at"] + timedelta(minutes=SESSION_MINUTES)
            if ask["signed_at"] > ends + timedelta(seconds=FRESH_S):
                raise Refused("session_ended")
            return
        if ask["grant"] is None:
            raise Refused("step_up_required")
        grant = self.grants.get(ask["key"])
        if grant is None or (grant["id"], grant["session"]) != (ask["grant"], ask["session"]):
            raise Refused("grant_wrong")
        if grant["body"] != ask["ungranted"] or self.now - grant["made_at"] > timedelta(hours=GRANT_HOURS):
            raise Refused("grant_wrong")

    # -- points ----------------------------------------------------------------------------------------------------

    def earn(self, entry: str, lot: str, member: str, points: int, tier_points: int, expires: date, store: str) -> None:
        """Points come as a lot; one that is over by now expires with whatever else is, and what is owed is paid out of it."""
        made = {"id": lot, "expires": expires, "earned_at": self.now, "earned": points, "left": points, "entry": entry}
        if points:
            self.lots[member].append(made)
        self.tier_points[member] += tier_points
        counted = {"points": points, "back": 0, "expired": 0, "short": 0, "owed": 0}
        self.entries[entry] = {"kind": "earn", "member": member, **counted}
        if points and expires < self.day(store):
            self.expire(member, store)
        elif points:
            self._pay(member, [made], points)

    def spend(self, entry: str, member: str, points: int, store: str, held: int) -> None:
        """Points go, of the lots that expire first."""
        lots = self.usable(member, self.day(store))
        free = max(0, sum(lot["left"] for lot in lots) - held)
        if free < points:
            raise Refused("not_enough_points", balance=free, price=points)
        self.entries[entry] = {"kind": "spend", "member": member, "uses": _take(lots, points)}

    def give_back(self, spent: str, points: int, store: str) -> tuple[int, int]:
        """Points of a spending go back into its lots, last eaten first; what is over by now expires at once.

        The others pay for refunds: those of a bill whose refund a store bears go to the store, then debts are paid. Gives what
        came back, and what of it expired.
        """
        total, expired, filled = points, 0, set()
        entry = self.entries[spent]
        lots = {lot["id"]: lot for lot in self.lots[entry["member"]]}
        for use in reversed(entry["uses"]):
            part = min(use[1], points)
            use[1] -= part
            points -= part
            lot = lots[use[0]]
            if part and lot["expires"] < self.day(store):
                self.entries[lot["entry"]]["expired"] += part
                expired += part
            elif part:
                lot["left"] += part
                filled.add(lot["entry"])
        self._settle(entry["member"], filled, total - expired, store)
        return total, expired

    def _settle(self, member: str, filled: set[str], came: int, store: str) -> None:
        today = self.day(store)
        most = min(came, sum(lot["left"] for lot in self.usable(member, today)))
        for name in sorted(filled):
            bill = self.entries[name]
            own = [lot for lot in self.usable(member, today) if lot["entry"] == name]
            part = min(bill["short"] - bill["owed"], most, sum(lot["left"] for lot in own))
            _take(own, part)
            bill["short"] -= part
            most -= part
        self._pay(member, self.usable(member, today), most)

    def _pay(self, member: str, lots: list[dict[str, Any]], most: int) -> None:
        part = min(most, self.owed[member])
        _take(lots, part)
        self.owed[member] -= part

    def take_back(self, earned: str, points: int, store: str) -> tuple[int, int]:
        """A bill's points are taken back: of its own lot, then what expired of it is let go, then others.

        What is short the member owes, up to a limit for all; the rest a store bears. Gives both.
        """
        entry = self.entries[earned]
        member: str = entry["member"]
        entry["back"] += points
        own = [lot for lot in self.lots[member] if lot["entry"] == earned]
        rest = points - sum(use[1] for use in _take(own, min(points, sum(lot["left"] for lot in own))))
        gone = min(rest, entry["expired"])
        entry["expired"] -= gone
        rest -= gone
        others = [lot for lot in self.usable(member, self.day(store)) if lot["entry"] != earned]
        more: int = sum(use[1] for use in _take(others, min(rest, sum(lot["left"] for lot in others))))
        short = rest - more
        mine = min(short, max(0, MOST_OWED - self.owed[member]))
        self.owed[member] += mine
        entry["short"] += short
        entry["owed"] += mine
        return mine, short - mine

    def expire(self, member: str, store: str) -> None:
        """What is over goes."""
        for lot in self.lots[member]:
            if lot["expires"] < self.day(store):
                self.entries[lot["entry"]]["expired"] += lot["left"]
                lot["left"] = 0

    # -- vouchers --------------------------------------------------------------------------------------------------

    def fulfil(self, code: str, store: str, number: str) -> None:
        """What a voucher is for is handed over, once."""
        found = self.vouchers[code]
        if (found["state"], found["number"]) == ("fulfilled", number):
            return
        self._must_be_open(found, store)
        reward = self.rewards[found["past"]["reward"]]
        if reward["stores"] and store not in reward["stores"]:
            raise Refused("reward_not_offered", reward=found["past"]["reward"])
        found |= {"state": "fulfilled", "number": number, "closed": self.now}

    def cancel(self, code: str, store: str, number: str) -> tuple[int, int]:
        """A voucher is taken back: its points, its piece and its place in the limits return."""
        found = self.vouchers[code]
        if (found["state"], found["number"]) == ("cancelled", number):
            back: tuple[int, int] = found["back"]
            return back
        self._must_be_open(found, store)
        past = found["past"]
        if self.now - past["at"] > timedelta(days=REVERSIBLE_DAYS):
            raise Refused("limit_reached", reward=past["reward"], days=REVERSIBLE_DAYS)
        back = self.give_back(past["entry"], past["unit"], store)
        past["cancelled"] += 1
        if self.rewards[past["reward"]]["stock"] is not None:
            self.rewards[past["reward"]]["stock"] += 1
        found |= {"state": "cancelled", "number": number, "closed": self.now, "back": back}
        return back

    def _must_be_open(self, found: dict[str, Any], store: str) -> None:
        over = found["state"] == "issued" and found["valid_to"] < self.day(store)
        if found["state"] == "issued" and not over:
            return
        day = found["valid_to"] if over else self.day(self.homes[found["past"]["member"]], found["closed"])
        raise Refused("voucher_closed", state="expired" if over else found["state"], day=day.isoformat())

    # -- holds -----------------------------------------------------------------------------------------------------

    def place(self, hold: str, member: str, points: int, until: datetime, store: str, card: str | None = None) -> None:
        """Points are kept, by a card or by none."""
        self._within_limit(card, points, store)
        usable = sum(lot["left"] for lot in self.usable(member, self.day(store)))
        free = max(0, usable - self.held(member))
        if free < points:
            raise Refused("not_enough_points", balance=free, price=points)
        self.holds[hold] = {"member": member, "points": points, "until": until, "state": "open", "card": card}
        self.holds[hold] |= {"at": self.now, "line": None if card is None else self.lines[card]}

    def confirm(self, hold: str, entry: str, store: str) -> None:
        """What is kept is spent."""
        found = self.holds[hold]
        if found["state"] == "confirmed":
            return
        if found["state"] != "open" or found["until"] <= self.now:
            state = "expired" if found["state"] == "open" else found["state"]
            raise Refused("edit_conflict", expected="open", found=state)
        self.spend(entry, found["member"], found["points"], store, held=self.held(found["member"]) - found["points"])
        found |= {"state": "confirmed", "entry": entry}

    def release(self, hold: str) -> None:
        """What is kept is free again."""
        found = self.holds[hold]
        if found["state"] == "confirmed":
            raise Refused("edit_conflict", expected="open", found="confirmed")
        if found["state"] == "open":
            found["state"] = "expired" if found["until"] <= self.now else "released"


def _window(per: str, day: date) -> tuple[int, ...]:
    match per:
        case "day":
            return (day.year, day.month, day.day)
        case "month":
            return (day.year, day.month)
        case "quarter":
            return (day.year, (day.month - 1) // 3)
        case _:
            return (day.year,)


def _take(lots: list[dict[str, Any]], points: int) -> list[list[Any]]:
    """Take points of lots in their order; which, as [lot, points]."""
    uses = []
    for lot in lots:
        part = min(lot["left"], points)
        if part:
            lot["left"] -= part
            points -= part
            uses.append([lot["id"], part])
    return uses
