"""Samples of the member's own pages: home, points, activities, and the last seconds over home."""

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.sample_frame import HEADER, dock

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
        views.Tile("积分明细", "近 12 个月", "list", Action.POINTS, bars=(0.57, 0.4, 0.99, 1.0), soon=True),
    ),
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
        views.Button("看看礼品", Action.REWARDS, icon="gift", tone="soft"),
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
        views.Button("看看活动", Action.TAB, "open", icon="flag", tone="soft"),
    ),
)
