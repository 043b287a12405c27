"""Points history, activities, text size and language as finished views (K3, K6, K15)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from club.model.text import Text
from club.words.catalogue import Words
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.present import views
from kiosk_app.present.presenter import present
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_catalogue

ZH, EN = Words("zh-CN", strict=True), Words("en", strict=True)


def points(visit: Visit, words: Words = ZH) -> views.PointsView:
    view = present(visit.state, words)
    assert isinstance(view, views.PointsView)
    return view


def activities(visit: Visit, words: Words = ZH) -> views.ActivitiesView:
    view = present(visit.state, words)
    assert isinstance(view, views.ActivitiesView)
    return view


def at_points(**page: object) -> Visit:
    return Visit().at_home().press("points").tell(ev.HistoryCame(make.SESSION, "", "", make.a_history(**page)))  # type: ignore[arg-type]


def test_the_drawn_history() -> None:
    view = points(at_points())
    assert (view.points, view.tier_points) == ("6,280", "18,640")
    assert [(bar.points, bar.label, bar.soon) for bar in view.expiry] == [
        ("1,200", "6 月", True),
        ("860", "9 月", False),
        ("2,100", "12 月", False),
        ("2,120", "明年", False),
    ]
    assert max(bar.share for bar in view.expiry) == 1.0
    assert [(chip.text, chip.on) for chip in view.filters] == [
        ("全部", True),
        ("获得", False),
        ("使用", False),
        ("到期", False),
    ]
    assert [(row.month, row.sums) for row in view.rows if row.month] == [
        ("2026 年 5 月", "获得 1,020，使用 0"),
        ("2026 年 4 月", "获得 0，使用 600"),
        ("2026 年 3 月", "获得 3,200，使用 0，到期 350"),
    ]
    assert [
        (row.icon, row.title, row.detail, row.points, row.tone, row.tier_points) for row in view.rows if not row.month
    ] == [
        ("wrench", "基础保养", "05-16·自费 820 元", "+820", "jade", "+820"),
        ("flag", "春日茶山自驾", "05-02·活动签到奖励", "+200", "jade", "—"),
        ("gift", "兑换精洗券 ×1", "04-18·券号尾号 63", "−600", "ink", "—"),
        ("shield-check", "事故维修", "04-11·保险公司付费，不计积分", "0", "plain", "0"),
        ("clock", "到期清零", "03-31·2025 年一季度积分", "−350", "ink", "—"),
        ("document", "续保", "03-09·自费 3,200 元", "+3,200", "jade", "+3,200"),
    ]
    assert (view.more, view.nothing, view.busy) == ("", None, "")


def test_the_history_in_english() -> None:
    view = points(at_points(), EN)
    assert view.title == "Points history"
    assert [bar.label for bar in view.expiry] == ["Jun", "Sep", "Dec", "2027"]
    assert (view.rows[0].month, view.rows[0].sums) == ("May 2026", "Earned 1,020, spent 0")
    assert (view.rows[1].title, view.rows[1].detail) == ("Basic service", "16 May · Paid ¥820")


def test_more_than_four_expiries_end_in_the_rest() -> None:
    dates = [make.a_history().expiries[0].on + timedelta(days=31 * month) for month in range(6)]
    expiries = tuple(type(make.a_history().expiries[0])(on=on, points=100) for on in dates)
    bars = points(at_points(expiries=expiries)).expiry
    assert [(bar.label, bar.points) for bar in bars] == [
        ("6 月", "100"),
        ("7 月", "100"),
        ("8 月", "100"),
        ("以后", "300"),
    ]
    assert points(at_points(expiries=())).expiry_none == "没有要到期的积分"


def test_no_movements_yet_and_none_of_a_kind() -> None:
    nothing = points(at_points(movements=(), months=())).nothing
    assert nothing is not None
    assert (nothing.title, nothing.detail) == ("还没有记录", "下次到店消费后，这里会出现第一笔")
    visit = at_points().press("filter", "expired")
    assert points(visit).nothing is None
    nothing = points(visit.tell(ev.HistoryCame(make.SESSION, "expired", "", make.a_history(())))).nothing
    assert nothing is not None
    assert nothing.button is not None
    assert (nothing.title, nothing.button.arg) == ("这一类还没有记录", "")


def test_waiting_is_said_once_it_takes_a_second() -> None:
    visit = Visit().at_home().press("points")
    assert points(visit).busy == ""
    assert points(visit.wait(1)).busy == "正在读取"
    assert points(visit.wait(2)).busy == "还在读取，请稍等"


def test_there_is_more_until_there_is_not() -> None:
    visit = at_points(next_before="mv-0006")
    assert points(visit).more == "继续下滑，看更早的记录"
    visit.press("older").tell(ev.HistoryFailed(make.SESSION, "", "mv-0006"))
    assert points(visit).more == "网络断开，恢复后接着显示更早的记录"


def test_the_drawn_activities() -> None:
    visit = Visit().at_home().press("activities")
    view = activities(visit)
    assert view.feature == views.ActivityFeature(
        "lakeside-road-trip",
        "金卡优先报名",
        "湖山两日\n自驾游",
        "6 月 6 日 – 7 日·周六出发",
        "18 / 24 车已报名",
        "activities/lakeside-road-trip",
    )
    assert [(tab.text, tab.on) for tab in view.tabs] == [("报名中 2", True), ("即将开放 1", False), ("往期回顾", False)]
    assert [(card.kind, card.tag, card.tag_tone, card.title, card.when, card.place) for card in view.cards] == [
        ("自驾游", "余 6 车", "jade", "湖山两日自驾游", "6 月 6 日（周六）08:00 出发", "城东店集合"),
        ("亲子", "已满，可候补", "warn", "亲子风筝日", "5 月 30 日（周六）09:30", "滨河公园草坪"),
    ]
    assert [card.tag for card in activities(visit.press("tab", "planned")).cards] == ["5 月 24 日起报名"]
    assert [card.tag for card in activities(visit.press("tab", "past")).cards] == ["已结束"]


@pytest.mark.parametrize(
    ("tier", "feature", "first", "planned"),
    [
        ("diamond", "钻石卡优先报名", "余 6 车", "金卡及以上可报名"),
        ("silver", "银卡优先报名", "余 6 车", "金卡及以上可报名"),
        ("classic", "普通卡 5 月 20 日起报名", "5 月 20 日起报名", "金卡及以上可报名"),
    ],
)
def test_each_tier_reads_when_it_may_sign_up(tier: str, feature: str, first: str, planned: str) -> None:
    visit = Visit().at_home(tier=tier).press("activities")
    view = activities(visit)
    assert view.feature is not None
    assert (view.feature.tag, view.cards[0].tag) == (feature, first)
    assert activities(visit.press("tab", "planned")).cards[0].tag == planned


def test_activities_in_english() -> None:
    view = activities(Visit().at_home().press("activities"), EN)
    assert view.feature is not None
    assert (view.feature.tag, view.feature.title) == ("Gold books first", "Two-day\nlakeside drive")
    assert (view.feature.when, view.feature.taken) == ("6 – 7 June, leaves Sat", "18 of 24 cars taken")
    assert [(card.tag, card.when) for card in view.cards] == [
        ("6 cars left", "Sat 6 June, leaves 08:00"),
        ("Full, join waitlist", "Sat 30 May, 09:30"),
    ]


def test_an_activity_that_ended_while_the_device_was_offline_is_past() -> None:
    late = make.DRAWN + timedelta(days=40)
    visit = Visit().at_home().press("activities").tell(ev.Second(late))
    view = activities(visit)
    assert view.cards == ()
    assert view.nothing is not None
    assert view.nothing.title == "现在没有报名中的活动"
    assert len(activities(visit.press("tab", "past")).cards) == 3


def test_what_is_not_translated_says_so() -> None:
    rewards = (make.a_reward(name=Text("基础保养券"), line=Text("机油机滤")),)
    visit = Visit(catalogue=replace(a_catalogue(), rewards=rewards)).at_home().press("rewards")
    english, chinese = present(visit.state, EN), present(visit.state, ZH)
    assert isinstance(english, views.RewardsView)
    assert isinstance(chinese, views.RewardsView)
    assert (english.cards[0].title, english.cards[0].detail) == ("基础保养券", "Chinese only")
    assert chinese.cards[0].detail == "机油机滤"
    visit = Visit().at_home().press("activities").press("tab", "planned")
    assert activities(visit, EN).cards[0].kind == "Chinese only"


def test_the_dock_switches_size_and_language_everywhere_it_stands() -> None:
    visit = Visit().at_home()
    view = present(visit.state, ZH)
    assert (view.dock.large, view.dock.language, view.large, view.contrast) == ("大字", "EN", False, False)
    view = present(visit.press("large").press("language").state, EN)
    assert (view.dock.large, view.dock.language, view.large, view.contrast) == ("Standard", "中文", True, True)


def test_the_drawn_tiles() -> None:
    view = present(Visit().at_home().state, ZH)
    assert isinstance(view, views.HomeView)
    assert [(tile.title, tile.detail, tile.action) for tile in view.tiles] == [
        ("兑换礼品", "2 款可换", "rewards"),
        ("我的券", "2 张可用", "vouchers"),
        ("会员活动", "2 场报名中", "activities"),
        ("积分明细", "近 12 个月", "points"),
    ]
    assert view.expiry is not None
    assert (view.points.missing, view.expiry.short) == ("离钻石差 6,360", "6 月 30 日有 1,200 分到期")


def test_without_a_ladder_the_card_is_still_a_card() -> None:
    visit = Visit(catalogue=st.Catalogue()).at_home()
    view = present(visit.state, ZH)
    assert isinstance(view, views.HomeView)
    assert view.card.line == "8800 **** 2719"
