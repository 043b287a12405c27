"""What the club's rules say on cards that are replaced or come back, and on members who are merged: over the model's dicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.central_api.rewards.conformance.model import Model


@dataclass
class Merge:
    """What a merge moved, to undo it: lots by those they go on, tier points, the lines of cards, and redemptions."""

    source: str
    target: str
    lots: Mapping[str, str]
    tier_points: int
    lines: set[str] = field(default_factory=set)
    redemptions: list[dict[str, Any]] = field(default_factory=list)


def replace(model: Model, old: str, new: str) -> None:
    """A new card takes the place of an old one: its limit and what was spent today and this month go with it."""
    holder = model.holders[old]
    assert holder is not None
    model.cards[new], model.holders[new], model.stopped[new] = "active", holder, ""
    model.limits[new], model.lines[new] = model.limits[old], model.lines[old]
    model.cards[old], model.stopped[old] = "replaced", model.day(model.homes[holder]).isoformat()
    _end_sessions(model, "card", old)


def bring_back(model: Model, card: str) -> None:
    """A card comes back into stock; to limits it is a new one, of this instant. What can be copied is as it was: the cap goes on."""
    model.cards[card], model.holders[card], model.stopped[card] = "stock", None, ""
    model.limits[card], model.lines[card] = None, f"{card} since {model.now.isoformat()}"
    _end_sessions(model, "card", card)


def merge(model: Model, source: str, target: str, lots: Mapping[str, str]) -> Merge:
    """Points, cards and redemptions of a member go to another; `lots`: the target's new ones by those they go on."""
    done = Merge(source, target, lots, model.tier_points[source])
    for lot in model.lots[source]:
        if lot["left"]:
            model.lots[target].append({**lot, "id": lots[lot["id"]], "earned": lot["left"]})
            lot["left"] = 0
    model.tier_points[target] += done.tier_points
    model.tier_points[source] = 0
    done.lines = {model.lines[card] for card, holder in model.holders.items() if holder == source}
    done.redemptions = [past for past in model.redemptions if past["member"] == source]
    _hand_over(model, done, source, target)
    _end_sessions(model, "member", source)
    return done


def undo(model: Model, done: Merge) -> None:
    """What is left of what came goes back, and so do redemptions and cards that came, and those in their place; later ones stay."""
    back = {target: source for source, target in done.lots.items()}
    own = {lot["id"]: lot for lot in model.lots[done.source]}
    for lot in model.lots[done.target]:
        if lot["id"] in back:
            own[back[lot["id"]]]["left"] += lot["left"]
            lot["left"] = 0
    tier_points = min(done.tier_points, model.tier_points[done.target])
    model.tier_points[done.target] -= tier_points
    model.tier_points[done.source] += tier_points
    _hand_over(model, done, done.target, done.source)
    _end_sessions(model, "member", done.target)


def _hand_over(model: Model, done: Merge, giver: str, taker: str) -> None:
    for card, holder in model.holders.items():
        if holder == giver and model.lines[card] in done.lines:
            model.holders[card] = taker
    for past in done.redemptions:
        past["member"] = taker


def _end_sessions(model: Model, whose: str, name: str) -> None:
    for session in model.sessions.values():
        if session[whose] == name:
            session["ended_at"] = session["ended_at"] or model.now
