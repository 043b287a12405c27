"""Views of what belongs to the member: home page, points history, and the club's activities."""

from typing import ClassVar

from msgspec import Struct

from kiosk_app.present.view_base import Chip, EmptyNote, Tone, View


class MemberCard(Struct, frozen=True):
    """The card as drawn on the home page. `pips` of `pips_of` short bars are solid.

    `line` is all of it in large text: "金卡，卡号尾号 2719".
    """

    tier: str = "generic"
    tier_name: str = ""
    pips: int = 0
    pips_of: int = 4
    number_label: str = ""
    number: str = ""
    valid_label: str = ""
    valid: str = ""
    line: str = ""


class PointsPanel(Struct, frozen=True):
    """Both tracks of points and the way to the next tier; `progress` 0 to 1, `None` at the highest tier.

    `missing` is that way in few words, for large text: "离钻石差 6,360".
    """

    points_label: str = ""
    points_hint: str = ""
    points: str = ""
    tier_points_label: str = ""
    tier_points_hint: str = ""
    tier_points: str = ""
    progress: float | None = None
    tier_name: str = ""
    next_tier: str = ""  # rich
    missing: str = ""


class ExpiryNote(Struct, frozen=True):
    """Points that will expire soon; `button` leads to the rewards. `short` is the title in large text: "6 月 30 日有 1,200 分到期"."""

    title: str = ""
    detail: str = ""
    button: str = ""
    short: str = ""


class Tile(Struct, frozen=True):
    """An entry of the home page; `bars` (shares of the highest, 0 to 1) are drawn in the place of a picture, the first amber if `soon`."""

    title: str = ""
    detail: str = ""
    icon: str = ""
    action: str = ""
    primary: bool = False
    picture: str = ""
    bars: tuple[float, ...] = ()
    soon: bool = False


class HomeView(View, frozen=True, kw_only=True):
    """kiosk-05. Only tiles of journeys that are built. `notice` is a short line, such as when the data are from."""

    screen: ClassVar[str] = "home"

    greeting: str = ""
    service_line: str = ""  # rich
    card: MemberCard = MemberCard()
    points: PointsPanel = PointsPanel()
    expiry: ExpiryNote | None = None
    tiles: tuple[Tile, ...] = ()
    notice: str = ""


class ExpiryBar(Struct, frozen=True):
    """Points that expire together: `share` 0 to 1 of the highest bar; `soon` ones are amber."""

    points: str = ""
    label: str = ""
    share: float = 0.0
    soon: bool = False


class PointsRow(Struct, frozen=True):
    """A movement, or (with `month`) the head of a month with its sums. A movement that earned is jade: `tone`.

    `points` and `tier_points` have their sign; "—" where that track did not move.
    """

    month: str = ""
    sums: str = ""
    icon: str = ""
    title: str = ""
    detail: str = ""
    points: str = ""
    tone: Tone = "ink"  # jade: earned; ink: spent or expired; plain: nothing
    tier_points: str = ""


class PointsView(View, frozen=True, kw_only=True):
    """kiosk-06. Filters tell `Action.FILTER`; a `more` line stands at the end while older movements are to be had.

    When the last rows come into sight the screen tells `Action.OLDER` by itself, once for each number of rows.
    `nothing` takes the place of the list; `busy` is said while the first page is on its way.
    """

    screen: ClassVar[str] = "points"

    title: str = ""
    points_label: str = ""
    points: str = ""
    tier_points_label: str = ""
    tier_points: str = ""
    expiry_label: str = ""
    expiry: tuple[ExpiryBar, ...] = ()  # at most four
    expiry_none: str = ""
    filters: tuple[Chip, ...] = ()
    period: str = ""
    item_head: str = ""
    points_head: str = ""
    tier_points_head: str = ""
    rows: tuple[PointsRow, ...] = ()
    more: str = ""
    busy: str = ""
    nothing: EmptyNote | None = None
    notice: str = ""


class ActivityFeature(Struct, frozen=True):
    """The activity that stands on top, over its picture. `title` may have a line feed."""

    slug: str = ""
    tag: str = ""
    title: str = ""
    when: str = ""
    taken: str = ""
    picture: str = ""


class ActivityCard(Struct, frozen=True):
    """An activity in the list: `kind` ("自驾游") and `tag` ("余 6 车", "已满，可候补") are small labels."""

    slug: str = ""
    kind: str = ""
    tag: str = ""
    tag_tone: Tone = "jade"
    title: str = ""
    when: str = ""
    place: str = ""
    picture: str = ""


class ActivitiesView(View, frozen=True, kw_only=True):
    """kiosk-12. Tabs tell `Action.TAB`; signing up is a later journey. With no cards, `nothing` says so. `title` is read in large text."""

    screen: ClassVar[str] = "activities"

    title: str = ""
    feature: ActivityFeature | None = None
    tabs: tuple[Chip, ...] = ()
    cards: tuple[ActivityCard, ...] = ()
    nothing: EmptyNote | None = None
    notice: str = ""
