"""What the acts of the comparison are done with: members, rewards and commands, to the model and to the database alike."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine
from msgspec.structs import replace

from central_api.rewards.commands import Answer, Outcome
from club.model import errors
from club.wire import codec
from club.wire.rewards import Redeem
from tests.central_api.rewards.conformance import invariants
from tests.central_api.rewards.conformance.model import Model, Refused
from tests.central_api.rewards.conformance.world import World, said

ALL_EVERY = 1000  # acts


class Hands(RuleBasedStateMachine):
    """One example: members, rewards and keys of its own in a database that all examples share."""

    world: ClassVar[World]
    model: Model
    members: list[str]
    cards: list[str]
    sessions: list[str]
    rewards: list[str]
    sent: dict[str, tuple[Redeem, str, datetime, bytes]]  # answered commands, by key

    def _member(self, store: str, tier: str) -> str:
        member = self.world.add_member(store, tier, self.model.now)
        self.model.tiers[member] = tier
        self.model.lots[member], self.model.tier_points[member] = [], 0
        self.model.homes[member], self.model.owed[member] = store, 0
        return member

    def _card(self, member: str) -> str:
        card = self.world.add_card(member, self._assurance(member))
        self.model.cards[card], self.model.holders[card], self.model.limits[card] = "active", member, None
        self.model.lines[card], self.model.stopped[card] = card, ""
        return card

    def _assurance(self, member: str) -> str:
        return "cryptogram" if self.model.tiers[member] == "gold" else "uid"

    def _session(self, card: str, device: str, store: str) -> str:
        member = self.model.holders[card]
        assert member is not None, "only a card that somebody holds opens a session"
        assurance = self._assurance(member)
        session: dict[str, Any] = {
            "member": member,
            "card": card,
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
        return self._command_in(session_id, slug, quantity, slip, grant)

    def _command_in(self, session_id: str, slug: str, quantity: int, slip: int, grant: str) -> tuple[Redeem, str]:
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
