from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from msgspec import Struct, structs

from club.model import errors
from club.wire.cards import Expiry
from club.words.catalogue import Words
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.present import views
from kiosk_app.present.presenter import present
from tests.kiosk_app.flow import test_properties as anything
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_catalogue, a_tap

ZH, EN = Words("zh-CN", strict=True), Words("en", strict=True)


def shown(visit: Visit, words: Words = ZH) -> views.AnyView:
    return present(visit.state, words)


def texts(value: object) -> Iterator[str]:
    """Every string in a view."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name))


def test_attract_says_welcome_in_two_lines() -> None:
    view = shown(Visit())
    assert isinstance(view, views.AttractView)
    assert view.welcome == "欢迎回家，\n先喝杯茶。"
    assert view.header == views.Header("行舟会", "会员俱乐部·城东店", "14:32", "")
    assert (view.tap, view.tap_second) == ("请将会员卡贴近感应区", "Tap your membership card below")


def highlights(catalogue: st.Catalogue, words: Words = ZH) -> list[views.Highlight | None]:
    """What is shown while nobody is there, turn by turn."""
    found = []
    for turn in range(3):
        visit = Visit(catalogue=catalogue)
        visit.tell(ev.Second(make.DRAWN + timedelta(seconds=12 * turn)))
        view = shown(visit, words)
        assert isinstance(view, views.AttractView)
        found.append(view.highlight)
    return found


def test_what_the_club_offers_takes_turns_while_nobody_is_there() -> None:
    found = highlights(a_catalogue())
    assert all(found)
    shown_now = {one.title: one for one in found if one}
    assert set(shown_now) == {"湖山两日自驾游", "亲子风筝日", "基础保养券"}
    assert sorted(one.place for one in shown_now.values()) == [0, 1, 2]
    assert shown_now["亲子风筝日"].line == "5 月 30 日（周六）09:30 · 已满，可候补"
    assert shown_now["基础保养券"].line.endswith("1,200 积分")
    assert shown_now["基础保养券"].picture == "rewards/basic-service-voucher-card"


def test_nothing_to_offer_leaves_the_resting_screen_as_it_was() -> None:
    assert highlights(st.Catalogue()) == [None] * 3


def not_enrolled(visit: Visit) -> views.ErrorView:
    view = shown(visit.tell(ev.EnrolmentChanged(enrolled=False)))
    assert isinstance(view, views.ErrorView)
    return view


def test_a_kiosk_that_is_not_enrolled_shows_its_pairing_code_while_it_is_good() -> None:
    assert (not_enrolled(Visit()).code, not_enrolled(Visit()).code_line) == ("", "正在取配对码")
    assert not_enrolled(Visit().tell(ev.WentOffline())).code_line == "连上网络后，这里显示配对码"
    pairing = st.Pairing("7K2M9Q", make.DRAWN + timedelta(minutes=9, seconds=40))
    visit = Visit().tell(ev.EnrolmentChanged(enrolled=False), ev.PairingCodeCame(pairing))
    assert (not_enrolled(visit).code, not_enrolled(visit).code_line) == ("7K2 - M9Q", "10 分钟后换新码")
    visit.tell(ev.Second(make.DRAWN + timedelta(minutes=10)))
    assert not_enrolled(visit).code == ""


def test_the_header_says_offline() -> None:
    assert shown(Visit().tell(ev.WentOffline())).header.offline == "离线"


def test_home_shows_the_drawn_numbers() -> None:
    view = shown(Visit().at_home())
    assert isinstance(view, views.HomeView)
    assert view.greeting == "王先生，下午好"
    assert view.service_line == "您的爱车正在保养，预计 <b>15:40</b> 可交车"
    assert view.card == views.MemberCard(
        "gold", "金卡", 3, 4, "会员卡号", "8800 **** 2719", "有效期至", "2027-03-31", "金卡，卡号尾号 2719"
    )
    assert (view.points.points, view.points.tier_points) == ("6,280", "18,640")
    assert view.points.next_tier == "再积 <b>6,360</b> 分，升级<b>钻石卡</b>"
    assert view.points.progress == pytest.approx(0.745)
    assert view.expiry == views.ExpiryNote(
        title="1,200 积分将于 6 月 30 日到期",
        short="6 月 30 日有 1,200 分到期",
        detail="还有 45 天·够换 2 张精洗券",
        button="去使用",
    )
    assert [(tile.title, tile.detail) for tile in view.tiles][:2] == [("兑换礼品", "2 款可换"), ("我的券", "2 张可用")]
    assert view.dock == views.Dock(
        large="大字", language="EN", exit="退出", seconds="30", share=1.0, short="退出 30 秒"
    )
    assert (view.timeout, view.notice) == (None, "")


def test_home_in_english() -> None:
    view = shown(Visit().at_home(language="en"), EN)
    assert isinstance(view, views.HomeView)
    assert view.greeting == "Good afternoon, Mr Wang"
    assert view.points.next_tier == "<b>6,360</b> points to <b>Diamond</b>"
    assert view.card.valid == "31 Mar 2027"
    assert view.expiry is not None
    assert view.expiry.title == "1,200 points expire on 30 June"


def test_the_highest_tier_has_no_bar() -> None:
    view = shown(Visit().at_home(tier="diamond", tier_points=40000))
    assert isinstance(view, views.HomeView)
    assert (view.points.progress, view.points.next_tier) == (None, "已是最高等级")


@pytest.mark.parametrize(
    ("on", "note"),
    [
        (date(2026, 5, 16), views.ExpiryNote(title="1,200 积分今天到期", short="1,200 积分今天到期", button="去使用")),
        (date(2027, 5, 16), None),
        (date(2026, 5, 15), None),
    ],
)
def test_only_a_near_expiry_is_news(on: date, note: views.ExpiryNote | None) -> None:
    view = shown(Visit().at_home(expiries=(Expiry(on=on, points=1200),)))
    assert isinstance(view, views.HomeView)
    assert view.expiry == note


def test_home_offline_shows_the_mirrors_figures_with_their_time() -> None:
    view = shown(Visit().at_home_offline())
    assert isinstance(view, views.HomeView)
    assert view.greeting == "王先生，下午好"
    assert (view.points.points, view.points.tier_points) == ("6,280", "18,640")
    assert view.notice == "网络断开，显示 14:05 的数据"
    assert (view.card.number, view.card.valid, view.expiry) == ("", "", None)
    assert [tile.detail for tile in view.tiles] == ["3 款可换", "恢复后可用", "2 场报名中", "恢复后可用"]
    assert view.header.offline == "离线"


def test_the_count_down_covers_the_page() -> None:
    view = shown(Visit().at_home().wait(21))
    assert view.timeout == views.TimeoutSheet(
        "9", 0.9, "您还在吗？", "为保护您的信息，9 秒后自动退出", "现在退出", "继续使用"
    )


def test_a_card_that_can_be_copied_shows_its_vouchers_after_the_pin() -> None:
    view = shown(Visit().at_home("uid", vouchers=()))
    assert isinstance(view, views.HomeView)
    assert view.tiles[1].detail == "输入密码后查看"


def test_the_catalogue_says_what_is_missing() -> None:
    view = shown(Visit().at_home().press("rewards"))
    assert isinstance(view, views.RewardsView)
    assert (view.points, view.expiry) == ("6,280", "其中 1,200 分 6 月 30 日到期，优先扣减")
    assert [chip.text for chip in view.chips] == ["全部", "保养券", "洗车券", "油卡", "精品"]
    assert [(card.title, card.price, card.available, card.lock) for card in view.cards] == [
        ("基础保养券", "1,200", True, ""),
        ("精洗券", "600", True, ""),
        ("车载冰箱", "7,000", False, "还差 720 分"),
        ("100 元油卡", "2,000", False, "本月已换满"),
        ("全车镀晶护理", "12,000", False, "钻石卡可换"),
        ("随行杯", "800", False, "已兑完"),
    ]
    assert view.cards[0].tag == "积分快到期？换它"
    assert view.cards[0].picture == "rewards/basic-service-voucher"


def test_an_empty_category_says_so() -> None:
    empty = structs.replace(a_catalogue(), rewards=())
    view = shown(Visit(catalogue=empty).at_home().press("rewards").press("category", "wash"))
    assert isinstance(view, views.RewardsView)
    assert view.empty == "这一类暂时没有礼品，看看别的分类"
    assert [chip.on for chip in view.chips] == [False, False, True, False, False]


def test_the_detail_page() -> None:
    view = shown(Visit().at_home().at_detail())
    assert isinstance(view, views.RewardDetailView)
    assert (view.title, view.detail, view.price, view.unit) == ("基础保养券", "机油机滤，含工时", "1,200", "积分 / 张")
    assert [(fact.label, fact.text) for fact in view.facts] == [
        ("适用车型", "家用轿车、SUV（机油 ≤ 5 升）"),
        ("有效期", "兑换之日起 90 天"),
        ("使用门店", "城东店、城西店"),
        ("使用说明", "接车时出示券码，不与折扣同享"),
    ]
    assert (view.quantity, view.quantity_limit, view.can_less, view.can_more) == ("1", "本月还可兑换 2 张", False, True)
    assert (view.after, view.why_not, view.redeem.enabled) == ("5,080", "", True)


@pytest.mark.parametrize(("words", "said"), [(ZH, "全部门店"), (EN, "all stores")])
def test_a_reward_without_stores_is_good_in_all_of_them(words: Words, said: str) -> None:
    everywhere = structs.replace(a_catalogue(), rewards=(make.a_reward(stores=()),))
    view = shown(Visit(catalogue=everywhere).at_home(language=words.language).at_detail(), words)
    assert isinstance(view, views.RewardDetailView)
    assert view.facts[2].text == said


def test_the_confirm_sheet() -> None:
    view = shown(Visit().at_home().at_detail().press("redeem"))
    assert isinstance(view, views.RewardDetailView)
    assert view.confirm is not None
    assert (view.confirm.what, view.confirm.valid) == ("基础保养券 × 1", "有效期至 2026-08-14")
    assert view.confirm.lines == (
        views.SheetLine("现有可兑换积分", "6,280"),
        views.SheetLine("本次扣减（先用 6 月到期的 1,200 分）", "−1,200"),
        views.SheetLine("兑换后余额", "5,080", total=True),
    )
    assert view.confirm.tier_note == "累计积分 18,640 不变，不影响升级"
    assert (view.confirm.confirm, view.confirm.confirm_icon) == ("确认，输入密码", "lock")
    assert view.confirm.footnote.endswith("未使用可在 7 天内找前台撤销")


def test_the_confirm_sheet_in_english() -> None:
    view = shown(Visit().at_home(language="en").at_detail().press("redeem"), EN)
    assert isinstance(view, views.RewardDetailView)
    assert view.confirm is not None
    assert view.confirm.lines[1].label == "This redemption (1,200 expiring in June first)"


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("car-fridge", "还差 720 分就能换"),
        ("fuel-card-100", "本月已换满"),
        ("ceramic-coating", "钻石卡可换"),
        ("tumbler", "已兑完"),
    ],
)
def test_what_cannot_be_taken_says_why(slug: str, why: str) -> None:
    view = shown(Visit().at_home().at_detail(slug))
    assert isinstance(view, views.RewardDetailView)
    assert (view.why_not, view.redeem.enabled) == (why, False)


def test_offline_the_button_is_grey_with_the_reason() -> None:
    view = shown(Visit().at_home().at_detail().tell(ev.WentOffline()))
    assert isinstance(view, views.RewardDetailView)
    assert (view.why_not, view.redeem.enabled) == ("网络断开，恢复后可兑换", False)


def test_a_refused_redemption_says_why_on_the_detail_page() -> None:
    visit = Visit().at_home().at_redeeming()
    command_id = visit.last(effects.SubmitRedeem).command.command_id
    view = shown(visit.tell(ev.CommandRefused(command_id, errors.OutOfStock(left=0))))
    assert isinstance(view, views.RewardDetailView)
    assert view.why_not == "基础保养券刚刚换完了，没有扣您的积分。"


def test_the_pin_page_counts_digits_and_tries() -> None:
    visit = Visit().at_home().at_pin().enter_pin("3141")
    view = shown(visit)
    assert isinstance(view, views.PinView)
    assert (view.title, view.member, view.card_number, view.filled) == (
        "请输入服务密码",
        "王先生·金卡",
        "8800 **** 2719",
        4,
    )
    assert (view.attempts, view.attempts_tone) == ("输错 5 次将锁定 15 分钟", "plain")
    assert not any("3141" in text for text in texts(view))
    visit.enter_pin("59")
    view = shown(visit)
    assert isinstance(view, views.PinView)
    assert (view.filled, view.busy) == (6, True)
    command_id = visit.last(effects.AskStepUp).command_id
    view = shown(visit.tell(ev.StepUpRefused(command_id, errors.PinWrong(tries_left=4, lock_minutes=15))))
    assert isinstance(view, views.PinView)
    assert (view.attempts, view.attempts_tone) == ("密码不对，还可尝试 <b>4</b> 次，超过将锁定 15 分钟", "warn")
    view = shown(visit.enter_pin().tell(ev.StepUpRefused(command_id, errors.PinLocked(minutes=15))))
    assert isinstance(view, views.PinView)
    assert (view.attempts, view.attempts_tone) == ("密码输错太多次，请 15 分钟后再试，或叫服务员。", "danger")


def test_the_voucher() -> None:
    visit = Visit().at_home().at_redeeming()
    view = shown(visit)
    assert isinstance(view, views.RedeemingView)
    assert (view.what, view.price, view.detail) == ("基础保养券 × 1", "−1,200 积分", "请稍等，马上就好")
    view = shown(visit.wait(3))
    assert isinstance(view, views.RedeemingView)
    assert view.detail == "网络有点慢，还在处理"
    view = shown(visit.tell(ev.CommandSettled(make.a_redeemed(visit.last(effects.SubmitRedeem).command))))
    assert isinstance(view, views.SuccessView)
    assert (view.title, view.detail) == ("兑换成功", "已扣 1,200 积分，余额 5,080")
    assert (view.what, view.valid) == ("基础保养券", "有效期至 2026-08-14·城东店、城西店")
    assert (view.qr, view.code) == ("XZV1:7K2M9Q4T63", "7K2M 9Q4T 63")
    assert view.footnote == "券已存入“我的券”，下次刷卡也能找到"


def test_a_slow_redemption_says_that_waiting_is_not_needed() -> None:
    view = shown(Visit().at_home().at_redeeming().wait(15))
    assert isinstance(view, views.ErrorView)
    assert "绝不会重复扣分" in view.detail
    assert [button.action for button in view.buttons] == ["home", "exit"]


def test_my_vouchers() -> None:
    visit = Visit().at_home().at_redeeming()
    visit.tell(ev.CommandSettled(make.a_redeemed(visit.last(effects.SubmitRedeem).command))).press("vouchers")
    view = shown(visit)
    assert isinstance(view, views.VouchersView)
    assert view.first == views.FirstVoucher(
        "v-0001", "最早到期", "精洗券", "3F8P 2X6R 41", "XZV1:3F8P2X6R41", "5 月 31 日前使用，还有 15 天"
    )
    assert [tab.text for tab in view.tabs] == ["可用 3", "已使用 1", "已过期 0"]
    assert [(card.title, card.code_line, card.tag) for card in view.cards] == [
        ("精洗券", "3F8P 2X6R 41·至 2026-05-31", "15 天后到期"),
        ("基础保养券", "7K2M 9Q4T 63·至 2026-08-14", "刚刚兑换"),
        ("代金券", "9D5H 4W7C 08·至 2026-12-31", ""),
    ]
    view = shown(visit.press("tab", "fulfilled"))
    assert isinstance(view, views.VouchersView)
    assert [(card.code_line, card.button, card.used) for card in view.cards] == [("2026-05-03 使用", "", True)]
    assert view.first is None


def test_a_full_screen_code() -> None:
    view = shown(Visit().at_home().press("vouchers").press("show_code", "v-0001").wait(5))
    assert isinstance(view, views.VouchersView)
    assert view.code is not None
    assert (view.code.code, view.code.qr, view.code.seconds, view.code.share) == (
        "3F8P 2X6R 41",
        "XZV1:3F8P2X6R41",
        "15",
        0.75,
    )


def test_no_vouchers_yet() -> None:
    view = shown(Visit().at_home(vouchers=()).press("vouchers"))
    assert isinstance(view, views.VouchersView)
    assert view.tabs == ()  # nothing to choose between
    assert view.nothing is not None
    assert (view.nothing.title, view.nothing.detail) == ("还没有券", "您有 6,280 积分，2 款礼品可换")
    assert view.nothing.button is not None
    assert view.nothing.button.action == "rewards"


def test_the_offline_page_lists_what_works() -> None:
    view = shown(Visit().at_home_offline().press("vouchers"))
    assert isinstance(view, views.OfflineView)
    assert [(row.mark, row.title, row.detail) for row in view.checks] == [
        ("yes", "查看积分和等级", "显示 14:05 的数据"),
        ("yes", "看礼品目录", "照常"),
        ("no", "我的券", "恢复后可用"),
        ("no", "积分兑换", "恢复后可用"),
    ]


@pytest.mark.parametrize("trouble", list(st.CardTrouble))
@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_every_trouble_with_a_card_has_words_and_a_way_on(trouble: st.CardTrouble, words: Words) -> None:
    state = structs.replace(Visit().state, screen=st.CardProblem(trouble, errors.CryptogramReplayed()))
    view = present(state, words)
    assert isinstance(view, views.ErrorView | views.UnknownCardView)
    assert view.title
    assert view.detail
    first = "phone" if trouble in (st.CardTrouble.CODE, st.CardTrouble.OVER) else "tap_again"
    assert [button.action for button in view.buttons] == [first, "understood"]


def test_a_foreign_card_shows_facts_for_staff() -> None:
    view = shown(Visit().tell(ev.CardFailed(ev.ReadFault.FOREIGN, "ATR 3B 8A 80 01 00 31 C1 73")))
    assert isinstance(view, views.UnknownCardView)
    assert view.staff_note == "ATR 3B 8A 80 01 00 31 C1 73"


def test_a_blocked_card_tells_nothing_about_its_holder() -> None:
    member = make.a_mirror_member(card_state="blocked", blocked_since=date(2026, 5, 16))
    view = shown(Visit().tell(a_tap(), ev.MirrorAnswered(make.SESSION, member)))
    assert isinstance(view, views.BlockedCardView)
    assert (view.title, view.detail) == ("这张卡已挂失", "5 月 16 日起停用")
    assert [row.button.action for row in view.rows if row.button] == ["phone", "understood"]
    assert view.buttons == ()  # four ways on leave no room below them
    assert not any("王" in text or "6,280" in text for text in texts(view))
    view = present(structs.replace(Visit().state, screen=st.Blocked(replaced=True)), ZH)
    assert isinstance(view, views.BlockedCardView)
    assert (view.title, view.detail) == ("这张卡已换新卡", "")


@settings(max_examples=300)
@given(anything.all_rules, anything.histories)
def test_every_state_has_a_view_in_both_languages(rules: st.Rules, history: list[ev.Event]) -> None:
    state, _ = anything.play(rules, history)
    for words in (ZH, EN):
        view = present(state, words)
        assert view.header.clock == "14:32"
        assert not any("{" in text for text in texts(view))
        assert type(view) in views.VIEWS
