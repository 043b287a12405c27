"""Samples from the catalogue to the vouchers."""

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.sample_frame import HEADER, dock

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
    redeem=views.Button("立即兑换", Action.REDEEM, "basic-service-voucher", "gift"),
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
    buttons=(views.Button("查看我的券", Action.VOUCHERS, icon="ticket", tone="plain"),),
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
    bare=True,
    nothing=views.EmptyNote(
        "vouchers", "还没有券", "您有 6,280 积分，32 款礼品可换", views.Button("去兑换", Action.REWARDS, icon="gift")
    ),
)
