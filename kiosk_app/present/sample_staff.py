"""Samples of staff mode."""

from msgspec.structs import replace

from club.model import voucher
from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.sample_frame import HEADER, dock

_WHO = "员工模式·李顾问（工号 1032），操作记入日志"
_DOCK = dock(60, back=True, out_of=60)


def _steps(now: int) -> tuple[views.StepMark, ...]:
    names = ("核对身份", "选会员", "写卡", "完成")
    return tuple(
        views.StepMark("" if at < now else str(at + 1), name, "done" if at < now else "now" if at == now else "later")
        for at, name in enumerate(names)
    )


def _begin(errand: str) -> views.Button:
    return views.Button("开始", Action.ERRAND, errand, tone="soft")


STAFF = views.StaffListView(
    header=HEADER,
    dock=dock(60, out_of=60),
    title="员工模式",
    detail=_WHO,
    rows=(
        views.HelpRow(
            "ticket", "核销兑换券", "扫码或输入券码，核对后交付", views.Button("开始", Action.VOUCHER, tone="soft")
        ),
        views.HelpRow("card-new", "开新卡", "给没有卡的会员办一张", _begin("issue")),
        views.HelpRow("card-swap", "旧卡换新卡", "新卡写好，旧卡立即停用", _begin("replace")),
        views.HelpRow("card-lost", "代办挂失", "立即停用，积分和券都保留", _begin("block")),
        views.HelpRow("undo", "收回旧卡", "卡回到库存，会员资料不变", _begin("return")),
        views.HelpRow("lock", "重置密码", "核对身份后，由会员自己输入", _begin("new-pin")),
    ),
    note="60 秒无操作自动退出",
)

STAFF_FIND = views.StaffFindView(
    header=HEADER,
    dock=_DOCK,
    title="开新卡",
    detail=_WHO,
    steps=_steps(0),
    identity_label="已核对",
    chips=(
        views.Chip("身份证", Action.IDENTITY, "id-card", on=True),
        views.Chip("驾驶证", Action.IDENTITY, "driving-licence"),
        views.Chip("行驶证", Action.IDENTITY, "vehicle-licence"),
    ),
    prompt="手机号，或手机号后四位",
    typed="3348",
    clear="全部清除",
    note="至少 4 位数字",
    find=views.Button("查找会员", Action.FIND, icon="search"),
)

STAFF_PICK = views.StaffListView(
    header=HEADER,
    dock=_DOCK,
    title="开新卡",
    detail=_WHO,
    steps=_steps(1),
    rows=(
        views.HelpRow("user", "宋女士", "159 **** 3348，普通", views.Button("选择", Action.PICK, "m0018", tone="soft")),
    ),
    note="请与会员当面核对姓氏和手机号",
)

STAFF_WRITE = views.StaffWriteView(
    header=HEADER,
    dock=views.Dock(large="大字", language="EN"),
    title="开新卡",
    detail=_WHO,
    steps=_steps(2),
    tier="classic",
    tier_name="普通",
    number="8800 **** 7106",
    tag="写入中",
    percent="62%",
    share=0.62,
    line="请不要移动卡片，还要约 1 秒",
    phases=(
        views.PhaseRow("认卡", "NTAG 424 DNA，空白卡，批次 2026-05-B", "done", "完成"),
        views.PhaseRow("写会员应用", "只写卡号指针，不写姓名和积分", "done", "完成"),
        views.PhaseRow("换密钥", "每张卡一把，由中心派生", "now", "进行中", 0.62),
        views.PhaseRow("回读校验", "读回比对，并验一次动态码", "later", "等待"),
        views.PhaseRow("登记并激活", "宋女士，159 **** 3348", "later", "等待"),
    ),
    facts=(
        views.FactRow("会员", "宋女士，普通，今天入会", "已核对身份证", "jade"),
        views.FactRow("空白卡库存", "批次 2026-05-B 余 86 张", "写完自动减 1"),
    ),
    buttons=(views.Button("写卡中，不能取消", enabled=False),),
    footnote="中途拿开也没关系：这张卡会标为“可重写”，不会算作已发出",
)

STAFF_DONE = replace(
    STAFF_WRITE,
    dock=dock(60, out_of=60),
    steps=_steps(4),
    tag="已激活",
    percent="100%",
    share=1.0,
    line="写好了，可以拿开",
    phases=tuple(replace(row, mark="done", tag="完成") for row in STAFF_WRITE.phases),
    facts=(STAFF_WRITE.facts[0], views.FactRow("空白卡库存", "批次 2026-05-B 余 85 张", "已减 1")),
    buttons=(
        views.Button("以后再设", Action.FINISH, tone="plain"),
        views.Button("请会员设密码", Action.NEW_PIN, icon="lock"),
    ),
    footnote="请会员本人输入；以后也可以在“重置密码”里设",
)

STAFF_VOUCHER = views.StaffVoucherView(
    header=HEADER,
    dock=dock(58, back=True, out_of=60),
    title="核销兑换券",
    detail="员工模式·陈顾问（工号 1047），操作记入日志",
    prompt="扫码，或输入 10 位券码",
    typed="7K2M 9Q4T 63",
    tag="校验位正确",
    tag_tone="jade",
    head=views.VoucherHead("基础保养券", "可以核销，有效期至 2026-08-14", "验证通过", "wrench"),
    facts=(
        views.FactRow("持有人", "王先生，金卡，尾号 2719"),
        views.FactRow("兑换", "今天，自助机 1，扣 1,200 分"),
        views.FactRow("适用", "家用轿车、SUV，机油 ≤ 5 升"),
        views.FactRow("门店", "城东店、城西店", "本店可用", "jade"),
        views.FactRow("价值", "¥580，计入“已为您节省”"),
    ),
    note="核销后不能再用：请核对持有人，交付后再按",
    note_tone="warn",
    cancel=views.Button("取消", Action.CANCEL, tone="plain"),
    confirm=views.Button("核销这张券", Action.FULFIL, icon="check"),
)

STAFF_VOUCHER_CODE = replace(
    STAFF_VOUCHER,
    typed="7K2M 9Q",
    tag="还差 4 位",
    tag_tone="plain",
    symbols=tuple(views.PinKey(each, "", Action.SYMBOL, each) for each in voucher.ALPHABET),
    edits=(views.PinKey("全部清除", "", Action.CLEAR), views.PinKey("", "backspace", Action.ERASE)),
    head=None,
    facts=(),
    note="输满 10 位自动查；没有字母 I、O、S、Z",
    note_tone="plain",
    cancel=views.Button(),
    confirm=views.Button("再查一次", Action.RETRY, icon="search", enabled=False),
)

STAFF_VOUCHER_USED = replace(
    STAFF_VOUCHER,
    head=views.VoucherHead("基础保养券", "今天 11:05 在城东店核销过", "已核销", "wrench", good=False),
    note="请不要再交付；有疑问请看操作日志，或请主管处理",
    cancel=views.Button(),
    confirm=views.Button("扫下一张", Action.CANCEL, icon="scan"),
)

STAFF_SWAP = views.StaffSwapView(
    header=HEADER,
    dock=_DOCK,
    title="旧卡换新卡",
    detail=_WHO,
    steps=_steps(2),
    old=views.CardFace("gold", "金卡", "8800 **** 3316", "将停用"),
    new=views.CardFace("diamond", "钻石", "8800 **** ----", "等待放卡"),
    call="请把空白新卡放到感应区",
    call_detail="写卡约 2 秒，听到“嘀”声后再拿开",
    facts=(
        views.FactRow("会员", "高女士，139 **** 0907", "已核对行驶证", "jade"),
        views.FactRow("可兑换积分", "7,120", "随卡迁移"),
        views.FactRow("累计积分", "25,040", "随卡迁移"),
    ),
    buttons=(
        views.Button("开新卡", Action.ERRAND, "issue", icon="plus", tone="plain"),
        views.Button("代办挂失", Action.ERRAND, "block", icon="alert", tone="plain"),
        views.Button("重置密码", Action.ERRAND, "new-pin", icon="lock", tone="plain"),
    ),
    footnote="新卡写入成功后旧卡立即停用；中途取消，旧卡不变",
)
