"""What every part of the presenter works with: the state, the words of its language, and texts made of both."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from club.model import tier as ladder
from club.model.errors import ClubError
from club.model.text import Text
from club.wire.changes import RewardEntity, TierEntity
from club.words import numbers, refusals
from club.words.catalogue import Words
from kiosk_app.flow import offers
from kiosk_app.flow import session as visit
from kiosk_app.flow import state as st

SOON_DAYS = 92  # a quarter: expiries further away are no news


class Context(Struct, frozen=True):
    """A state to be shown, and the words to show it with."""

    state: st.State
    words: Words

    @property
    def catalogue(self) -> st.Catalogue:
        """What every member may see."""
        return self.state.world.catalogue

    @property
    def today(self) -> date:
        """The store's date."""
        return numbers.local_day(self.state.now, self.state.time_zone)

    @property
    def figures(self) -> offers.Figures | None:
        """The member's numbers as best known."""
        return offers.figures(self.state.session)

    @property
    def hands_out(self) -> bool:
        """Whether this kiosk hands rewards out by itself now (A14)."""
        session = self.state.session
        terms = session.terms if session else None
        return not self.state.world.online and terms is not None and terms.handing_out

    def pick(self, text: Text) -> str:
        """A text of the data in the screen's language."""
        return text.pick(self.words.language)

    def stores(self, names: Sequence[Text]) -> str:
        """Where something is good: the stores' names, or that it is so everywhere."""
        return self.words("common.list-comma").join(map(self.pick, names)) or self.words("kiosk.reward.all-stores")

    def untranslated(self, text: Text) -> bool:
        """Whether the Chinese stands in for the screen's language."""
        return bool(text.zh) and self.words.language != "zh-CN" and not text.en

    def under(self, name: Text, line: Text) -> str:
        """The small line below a name; it says so when the name is Chinese only (K15)."""
        if not self.untranslated(name):
            return self.pick(line)
        only = self.words("kiosk.chinese-only")
        return self.words("kiosk.chinese-only-line", line=line.en, only=only) if line.en else only

    def clock(self, at: datetime) -> str:
        """The store's time of an instant."""
        return numbers.clock(at, self.state.time_zone)

    def day(self, on: date) -> str:
        """Month and day."""
        return numbers.day(self.words, on)

    def full_date(self, on: date) -> str:
        """Year, month and day."""
        return numbers.full_date(self.words, on)

    def local_day(self, at: datetime) -> date:
        """The store's date of an instant."""
        return numbers.local_day(at, self.state.time_zone)

    def tier(self, slug: str) -> TierEntity | None:
        """A rung of the ladder; None when this device has no programme yet."""
        programme = self.catalogue.programme
        return next((tier for tier in programme.tiers if tier.slug == slug), None) if programme else None

    def tier_name(self, slug: str) -> str:
        """金卡, 钻石."""
        tier = self.tier(slug)
        return self.pick(tier.name) if tier else ""

    def tier_card(self, slug: str) -> str:
        """The tier as its card: 钻石卡."""
        name = self.tier_name(slug)
        return name if not name or name.endswith("卡") else self.words("kiosk.tier.as-card", tier=name)

    def progress(self, tier: str, tier_points: int) -> ladder.Progress | None:
        """How far the member is on the ladder; None without a programme."""
        programme = self.catalogue.programme
        if programme is None or not programme.tiers:
            return None
        rungs = [
            ladder.Tier(each.slug, each.rank, each.name, each.tier_points, each.summary) for each in programme.tiers
        ]
        return ladder.progress(rungs, tier, tier_points)

    def person(self) -> str:
        """王先生, Mr Wang; empty while nobody is known."""
        session = self.state.session
        who = (session.home or session.mirror) if session else None
        return numbers.person(self.words, self.pick(who.surname), self.pick(who.title)) if who else ""

    def tier_art(self) -> str:
        """Which card is drawn: what is printed on the member's, else the tier's, else a plain one."""
        session = self.state.session
        if session and session.home:
            return session.home.card_face or session.home.tier
        return session.mirror.tier if session and session.mirror else "generic"

    def card_number(self) -> str:
        """The masked number, which only the central API tells."""
        session = self.state.session
        return session.home.card_number if session and session.home else ""

    def soon(self) -> tuple[date, int] | None:
        """The day and the points of the next expiry, when it is near enough to be news."""
        session = self.state.session
        home = session.home if session else None
        near = [each for each in (home.expiries if home else ()) if 0 <= (each.on - self.today).days <= SOON_DAYS]
        first = min(near, key=lambda each: each.on, default=None)
        return (first.on, first.points) if first else None

    def refusal(self, error: ClubError, reward: RewardEntity | None = None) -> str:
        """A refusal in calm words."""
        return refusals.sentence(
            self.words,
            error,
            time_zone=self.state.time_zone,
            reward=self.pick(reward.name) if reward else "",
            tier=self.tier_card(error.text("needs")),
        )

    def share(self) -> float:
        """How much of the screen's time is left, 0 to 1."""
        full = visit.full_time(self.state)
        return max(0.0, min(1.0, self.state.left / full)) if full else 0.0
