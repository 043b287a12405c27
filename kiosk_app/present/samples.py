"""One view per screen with the very texts of the drawings, for tests and previews; the people in it are invented.

Buttons of journeys that are not built are left out, as the presenter leaves them out.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.views import Button

HEADER = views.Header(club="行舟会", place="会员俱乐部·城东店", clock="14:32")
OFFLINE_HEADER = views.Header(club="行舟会", place="会员俱乐部·城东店", clock="14:32", offline="离线")


def dock(seconds: int, *, back: bool = False, home: bool = False, out_of: int = 30) -> views.Dock:
    """The bar with its ring at ``seconds``."""
    return views.Dock(
        back="返回" if back else "",
        home="首页" if home else "",
        large="大字",
        language="EN",
        exit="退出",
        seconds=str(seconds),
        share=seconds / out_of,
    )


ATTRACT = views.AttractView(
    header=HEADER,
    welcome="欢迎回家，\n先喝杯茶。",
    invitation="刷一下会员卡，查积分、换礼品、报活动。",
    tap="请将会员卡贴近感应区",
    tap_second="Tap your membership card below",
)

TAP = views.TapView(
    header=HEADER,
    dock=views.Dock(back="返回"),
    title="把卡平放在感应区",
    detail="停留 1 秒，听到“嘀”声即可拿开",
    card_word="会员卡",
    card_number="8800 ****",
)

READING = views.ReadingView(
    header=HEADER,
    dock=dock(30),
    tier="gold",
    card_word="金卡",
    card_number="8800 **** 2719",
    title="正在读取",
    detail="请先不要移开卡片",
    privacy="屏幕上只显示您的姓氏和卡号后四位",
    privacy_detail="离开时点“退出”，或 30 秒无操作自动退出",
)

PIN = views.PinView(
    header=HEADER,
    dock=dock(24, back=True, home=True),
    title="请输入服务密码",
    detail="兑换积分前需要确认是您本人",
    tier="gold",
    member="王先生·金卡",
    card_number="8800 **** 2719",
    hidden_note="输入内容不显示",
    filled=4,
    clear="全部清除",
    attempts="还可尝试 <b>4</b> 次，超过将锁定 15 分钟",
    forgot="忘记密码",
)

HOME = views.HomeView(
    header=HEADER,
    dock=dock(28),
    greeting="王先生，下午好",
    service_line="您的爱车正在保养，预计 <b>15:40</b> 可交车",
    card=views.MemberCard(
        tier="gold",
        tier_name="金卡",
        pips=3,
        pips_of=4,
        number_label="会员卡号",
        number="8800 **** 2719",
        valid_label="有效期至",
        valid="2027-03-31",
        line="金卡，卡号尾号 2719",
    ),
    points=views.PointsPanel(
        points_label="可兑换积分",
        points_hint="换礼品",
        points="6,280",
        tier_points_label="累计积分",
        tier_points_hint="升等级",
        tier_points="18,640",
        progress=0.745,
        tier_name="金卡",
        next_tier="再积 <b>6,360</b> 分，升级<b>钻石卡</b>",
        missing="离钻石差 6,360",
    ),
    expiry=views.ExpiryNote(
        title="1,200 积分将于 6 月 30 日到期",
        short="6 月 30 日有 1,200 分到期",
        detail="还有 45 天·够换 2 张精洗券",
        button="去使用",
    ),
    tiles=(
        views.Tile("兑换礼品", "32 款可换", "gift", Action.REWARDS, primary=True, picture="rewards/tea-set"),
        views.Tile("我的券", "3 张可用", "ticket", Action.VOUCHERS, picture="rewards/detail-wash"),
        views.Tile("会员活动", "4 场报名中", "flag", Action.ACTIVITIES, picture="activities/lakeside-road-trip"),
        views.Tile("积分明细", "近 12 个月", "list", Action.POINTS),
    ),
)

_CARDS = (
    ("basic-service-voucher", "基础保养券", "机油机滤，含工时", "1,200"),
    ("detail-wash", "精洗券", "内外精洗 1 次", "600"),
    ("fuel-card-100", "100 元油卡", "全市通用，门店领取", "2,000"),
    ("ceramic-coating", "全车镀晶护理", "含漆面检测，需预约", "12,000"),
    ("dash-camera", "行车记录仪", "含安装", "4,800"),
    ("cash-voucher-100", "100 元代金券", "结算时抵扣", "1,000"),
)


def _reward_card(slug: str, title: str, detail: str, price: str) -> views.RewardCard:
    locked = slug == "ceramic-coating"
    return views.RewardCard(
        slug=slug,
        title=title,
        detail=detail,
        price=price,
        unit="积分",
        picture=f"rewards/{slug}",
        available=not locked,
        tag="积分快到期？换它" if slug == "basic-service-voucher" else "",
        lock="钻石卡可换" if locked else "",
    )


REWARDS = views.RewardsView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title="兑换礼品",
    points_label="可兑换积分",
    points="6,280",
    expiry="其中 1,200 分 6 月 30 日到期，优先扣减",
    picture="rewards/travel-mug",
    chips=tuple(
        views.Chip(text, Action.CATEGORY, slug, icon, on=not slug)
        for text, slug, icon in (
            ("全部", "", ""),
            ("保养券", "service", "wrench"),
            ("洗车券", "wash", "drop"),
            ("油卡", "fuel", "fuel"),
            ("精品", "accessories", ""),
            ("代金券", "cash", ""),
        )
    ),
    cards=tuple(_reward_card(*card) for card in _CARDS),
    empty="",
)

DETAIL = views.RewardDetailView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    slug="basic-service-voucher",
    picture="rewards/basic-service-voucher",
    title="基础保养券",
    detail="机油机滤更换，含工时",
    price="1,200",
    unit="积分 / 张",
    facts=(
        views.Fact("car", "适用车型", "家用轿车、SUV（机油 ≤ 5 升）"),
        views.Fact("calendar", "有效期", "兑换之日起 90 天"),
        views.Fact("location", "使用门店", "城东店、城西店"),
        views.Fact("document", "使用说明", "接车时出示券码，不与折扣同享"),
    ),
    quantity_label="兑换数量",
    quantity_limit="本月还可兑换 2 张",
    quantity="1",
    can_more=True,
    after_label="兑换后可用余额",
    after="5,080",
    redeem=Button("立即兑换", Action.REDEEM, "basic-service-voucher", "gift"),
)

CONFIRM = views.RewardDetailView(
    header=HEADER,
    dock=dock(24, back=True, home=True),
    slug=DETAIL.slug,
    picture=DETAIL.picture,
    title=DETAIL.title,
    detail=DETAIL.detail,
    price=DETAIL.price,
    unit=DETAIL.unit,
    facts=DETAIL.facts,
    quantity_label=DETAIL.quantity_label,
    quantity_limit=DETAIL.quantity_limit,
    quantity=DETAIL.quantity,
    can_more=True,
    after_label=DETAIL.after_label,
    after=DETAIL.after,
    redeem=DETAIL.redeem,
    confirm=views.ConfirmSheet(
        title="确认兑换",
        seconds="24",
        share=0.8,
        picture="rewards/basic-service-voucher",
        what="基础保养券 × 1",
        valid="有效期至 2026-08-14",
        lines=(
            views.SheetLine("现有可兑换积分", "6,280"),
            views.SheetLine("本次扣减（先用 6 月到期的 1,200 分）", "−1,200"),
            views.SheetLine("兑换后余额", "5,080", total=True),
        ),
        tier_note="累计积分 18,640 不变，不影响升级",
        cancel="再想想",
        confirm="确认，输入密码",
        arg="basic-service-voucher",
        footnote="确认后积分立即扣减，券码马上生成；未使用可在 7 天内找前台撤销",
    ),
)

REDEEMING = views.RedeemingView(
    header=HEADER,
    title="正在兑换",
    detail="请稍等，马上就好",
    what="基础保养券 × 1",
    price="−1,200 积分",
    picture="rewards/basic-service-voucher",
    note="积分只会扣一次，请不要离开",
)

SUCCESS = views.SuccessView(
    header=HEADER,
    dock=dock(30, home=True),
    title="兑换成功",
    detail="已扣 1,200 积分，余额 5,080",
    what="基础保养券",
    valid="有效期至 2026-08-14·城东店、城西店",
    icon="wrench",
    qr="XZV1:7K2M9Q4T63",
    code="7K2M 9Q4T 63",
    hint="接车或结算时，请服务顾问扫码",
    footnote="券已存入“我的券”，下次刷卡也能找到",
    buttons=(Button("查看我的券", Action.VOUCHERS, icon="ticket", tone="plain"),),
)

VOUCHERS = views.VouchersView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title="我的券",
    first=views.FirstVoucher(
        voucher_id="v-wash",
        tag="最早到期",
        title="精洗券",
        code="3F8P 2X6R 41",
        qr="XZV1:3F8P2X6R41",
        until="5 月 31 日前使用，还有 15 天",
    ),
    tabs=(
        views.Chip("可用 3", Action.TAB, "usable", on=True),
        views.Chip("已使用 11", Action.TAB, "used"),
        views.Chip("已过期 2", Action.TAB, "expired"),
    ),
    cards=(
        views.VoucherCard(
            "v-wash",
            "精洗券",
            "内外精洗 1 次",
            "3F8P 2X6R 41·至 2026-05-31",
            "精洗",
            "drop",
            1,
            tag="15 天后到期",
            tag_tone="warn",
            button="出示",
        ),
        views.VoucherCard(
            "v-service",
            "基础保养券",
            "机油机滤，含工时",
            "7K2M 9Q4T 63·至 2026-08-14",
            "保养",
            "wrench",
            0,
            tag="刚刚兑换",
            button="出示",
        ),
        views.VoucherCard(
            "v-cash",
            "代金券",
            "结算满 500 元可用",
            "9D5H 4W7C 08·至 2026-12-31",
            "¥100",
            "ticket",
            2,
            button="出示",
        ),
    ),
)

CODE = views.VouchersView(
    header=HEADER,
    dock=dock(20, back=True, home=True),
    title="我的券",
    first=VOUCHERS.first,
    tabs=VOUCHERS.tabs,
    cards=VOUCHERS.cards,
    code=views.CodeSheet(
        title="精洗券",
        qr="XZV1:3F8P2X6R41",
        code="3F8P 2X6R 41",
        hint="接车或结算时，请服务顾问扫码",
        seconds="18",
        share=0.9,
        close="收起",
    ),
)

NO_VOUCHERS = views.VouchersView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title="我的券",
    tabs=(
        views.Chip("可用 0", Action.TAB, "usable", on=True),
        views.Chip("已使用 0", Action.TAB, "used"),
        views.Chip("已过期 0", Action.TAB, "expired"),
    ),
    nothing=views.EmptyNote(
        "vouchers", "还没有券", "您有 6,280 积分，32 款礼品可换", Button("去兑换", Action.REWARDS, icon="gift")
    ),
)

_MOVEMENTS: tuple[tuple[str, str, str, str, views.Tone, str], ...] = (
    ("wrench", "基础保养", "05-16·自费 820 元", "+820", "jade", "+820"),
    ("flag", "春日茶山自驾", "05-02·活动签到奖励", "+200", "jade", "—"),
    ("gift", "兑换精洗券 ×1", "04-18·券号尾号 63", "−600", "ink", "—"),
    ("shield-check", "事故维修", "04-11·保险公司付费，不计积分", "0", "plain", "0"),
    ("clock", "到期清零", "03-31·2025 年一季度积分", "−350", "ink", "—"),
    ("document", "续保", "03-09·自费 3,200 元", "+3,200", "jade", "+3,200"),
    ("camera", "精品·行车记录仪", "02-14·自费 699 元", "+699", "jade", "+699"),
)

POINTS = views.PointsView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title="积分明细",
    points_label="可兑换积分",
    points="6,280",
    tier_points_label="累计积分",
    tier_points="18,640",
    expiry_label="到期安排",
    expiry=(
        views.ExpiryBar("1,200", "6 月", 1200 / 2120, soon=True),
        views.ExpiryBar("860", "9 月", 860 / 2120),
        views.ExpiryBar("2,100", "12 月", 2100 / 2120),
        views.ExpiryBar("2,120", "明年", 1.0),
    ),
    filters=(
        views.Chip("全部", Action.FILTER, "", on=True),
        views.Chip("获得", Action.FILTER, "earned"),
        views.Chip("使用", Action.FILTER, "spent"),
        views.Chip("到期", Action.FILTER, "expired"),
    ),
    period="近 12 个月",
    item_head="日期与项目",
    points_head="可兑换",
    tier_points_head="累计",
    rows=tuple(
        views.PointsRow(icon=icon, title=title, detail=detail, points=points, tone=tone, tier_points=tier)
        for icon, title, detail, points, tone, tier in _MOVEMENTS
    ),
)

POINTS_MONTHS = views.PointsView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title=POINTS.title,
    points_label=POINTS.points_label,
    points=POINTS.points,
    tier_points_label=POINTS.tier_points_label,
    tier_points=POINTS.tier_points,
    expiry_label=POINTS.expiry_label,
    expiry_none="一年内没有积分到期",
    filters=POINTS.filters,
    period=POINTS.period,
    item_head=POINTS.item_head,
    points_head=POINTS.points_head,
    tier_points_head=POINTS.tier_points_head,
    rows=(
        views.PointsRow(month="2026 年 5 月", sums="获得 1,020，使用 0"),
        *POINTS.rows[:2],
        views.PointsRow(month="2026 年 4 月", sums="获得 0，使用 600"),
        *POINTS.rows[2:4],
    ),
    more="还有更早的记录",
)

NO_POINTS = views.PointsView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title=POINTS.title,
    points_label=POINTS.points_label,
    points="0",
    tier_points_label=POINTS.tier_points_label,
    tier_points="0",
    expiry_label=POINTS.expiry_label,
    expiry_none="没有要到期的积分",
    filters=POINTS.filters,
    period=POINTS.period,
    nothing=views.EmptyNote(
        "points",
        "还没有记录",
        "下次到店消费后，这里会出现第一笔",
        Button("看看礼品", Action.REWARDS, icon="gift", tone="soft"),
    ),
)

ACTIVITIES = views.ActivitiesView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title="会员活动",
    feature=views.ActivityFeature(
        slug="lakeside-road-trip",
        tag="金卡优先报名",
        title="湖山两日\n自驾游",
        when="6 月 6 日 – 7 日·周六出发",
        taken="18 / 24 车已报名",
        picture="activities/lakeside-road-trip",
    ),
    tabs=(
        views.Chip("报名中 4", Action.TAB, "open", on=True),
        views.Chip("我的报名 1", Action.TAB, "mine"),
        views.Chip("往期回顾", Action.TAB, "past"),
    ),
    cards=(
        views.ActivityCard(
            "lakeside-road-trip",
            "自驾游",
            "余 6 车",
            "jade",
            "湖山两日自驾游",
            "6 月 6 日（周六）08:00 出发",
            "城东店集合",
            "activities/lakeside-road-trip",
        ),
        views.ActivityCard(
            "car-care-talk",
            "讲堂",
            "余 12 位",
            "jade",
            "爱车讲堂：雨季行车与轮胎",
            "5 月 23 日（周六）14:00",
            "二楼多功能厅",
            "activities/car-care-talk",
        ),
        views.ActivityCard(
            "family-kite-day",
            "亲子",
            "已满，可候补",
            "warn",
            "亲子风筝日",
            "5 月 30 日（周六）09:30",
            "滨河公园草坪",
            "activities/family-kite-day",
        ),
        views.ActivityCard(
            "flagship-launch",
            "新车",
            "余 30 位",
            "jade",
            "新款旗舰轿车发布会",
            "6 月 13 日（周六）19:00",
            "城东店展厅",
            "activities/flagship-launch",
        ),
    ),
)

NO_ACTIVITIES = views.ActivitiesView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    title=ACTIVITIES.title,
    feature=ACTIVITIES.feature,
    tabs=(
        views.Chip("报名中 4", Action.TAB, "open"),
        views.Chip("我的报名 0", Action.TAB, "mine", on=True),
        views.Chip("往期回顾", Action.TAB, "past"),
    ),
    nothing=views.EmptyNote(
        "activities",
        "还没有报名活动",
        "5 月 23 日爱车讲堂，余 12 位",
        Button("看看活动", Action.TAB, "open", icon="flag", tone="soft"),
    ),
)

OFFLINE = views.OfflineView(
    header=OFFLINE_HEADER,
    dock=dock(30, back=True, home=True),
    title="网络断开了",
    detail="正在自动重连，您的积分和券都安全。",
    status="第 2 次重试，12 秒后·数据更新于 14:05",
    checks=(
        views.CheckRow("yes", "查看积分和券", "显示 14:05 的数据"),
        views.CheckRow("no", "积分兑换、活动报名", "恢复后可用"),
    ),
    buttons=(Button("立即重试", Action.RETRY, icon="refresh"),),
)

ERROR = views.ErrorView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    illustration="sold-out",
    title="刚刚被兑完了",
    detail="这一款暂时没有了，您的积分没有变动。",
    buttons=(Button("看看别的礼品", Action.REWARDS, icon="gift"),),
)

UNKNOWN_CARD = views.UnknownCardView(
    header=HEADER,
    dock=dock(20, back=True),
    title="这张卡不是会员卡",
    detail="像是一张交通卡或门禁卡，卡没有问题，没有记录任何信息。",
    rows=(
        views.HelpRow(
            "contactless",
            "再贴一次会员卡",
            "几张卡叠在一起会读错，请单独拿出来",
            Button("重新刷卡", Action.TAP_AGAIN, tone="jade"),
        ),
        views.HelpRow("plus", "想用这张卡当会员卡", "支持的卡可由员工绑定，请到前台"),
    ),
    staff_title="给工作人员看",
    staff_note="CPU 卡（ISO 14443-4），未登记·ATR 3B 8A 80 01 00 31 C1 73",
    buttons=(Button("重新刷卡", Action.TAP_AGAIN, icon="contactless"),),
)

READER_LOST = views.ReaderLostView(
    header=HEADER,
    title="刷卡暂时不可用",
    detail="读卡器断开了，正在自动恢复。请稍等，或到前台办理。",
    status="第 3 次重连，8 秒后·已通知前台 14:31",
    checks=(
        views.CheckRow("yes", "查积分、兑换、看券", "请到前台办理"),
        views.CheckRow("no", "开卡、换卡", "请到前台或自助机 2"),
    ),
    buttons=(Button("立即重试", Action.RETRY, icon="refresh", tone="plain"),),
)

BLOCKED_CARD = views.BlockedCardView(
    header=HEADER,
    dock=dock(20, back=True, home=True),
    title="这张卡已挂失",
    detail="卡号尾号 6602，5 月 16 日 10:58 起停用",
    banner=views.Banner("shield-check", "卡不能刷，积分、券和报名都还在", "任何一台自助机都会拒绝，断网也一样"),
    rows=(
        views.HelpRow("user", "我是持卡人，卡找到了", "带身份证或行驶证，到前台解除"),
        views.HelpRow("refresh", "我要补办新卡", "积分和券转到新卡，约 3 分钟，请到前台"),
        views.HelpRow("heart", "我捡到了这张卡", "请交给前台，谢谢您", Button("知道了", Action.UNDERSTOOD)),
    ),
    footnote="为保护持卡人，屏幕不显示姓名和积分；本次刷卡已记入日志",
)

TIMEOUT = views.HomeView(
    header=HEADER,
    dock=dock(9),
    greeting=HOME.greeting,
    service_line=HOME.service_line,
    card=HOME.card,
    points=HOME.points,
    expiry=HOME.expiry,
    tiles=HOME.tiles,
    timeout=views.TimeoutSheet(
        seconds="9",
        share=0.3,
        title="您还在吗？",
        detail="为保护您的信息，9 秒后自动退出",
        leave="现在退出",
        stay="继续使用",
    ),
)

SAMPLES: Mapping[str, views.View] = MappingProxyType(
    {
        "kiosk-01-attract": ATTRACT,
        "kiosk-02-tap": TAP,
        "kiosk-03-reading": READING,
        "kiosk-04-pin": PIN,
        "kiosk-05-home": HOME,
        "kiosk-06-points": POINTS,
        "kiosk-07-rewards": REWARDS,
        "kiosk-08-reward-detail": DETAIL,
        "kiosk-09-reward-confirm": CONFIRM,
        "kiosk-10-redeem-success": SUCCESS,
        "kiosk-11-vouchers": VOUCHERS,
        "kiosk-12-activities": ACTIVITIES,
        "kiosk-16-offline": OFFLINE,
        "kiosk-17-timeout": TIMEOUT,
        "kiosk-31-card-unknown": UNKNOWN_CARD,
        "kiosk-32-reader-lost": READER_LOST,
        "kiosk-33-blocked-card": BLOCKED_CARD,
        "redeeming": REDEEMING,
        "voucher-code": CODE,
        "vouchers-empty": NO_VOUCHERS,
        "points-months": POINTS_MONTHS,
        "points-empty": NO_POINTS,
        "activities-empty": NO_ACTIVITIES,
        "error": ERROR,
    }
)
"""Samples by the name of their drawing; those without one by what they show."""
