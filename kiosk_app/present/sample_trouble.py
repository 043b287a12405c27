"""Samples of what did not work."""

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.sample_frame import HEADER, OFFLINE_HEADER, dock

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
    buttons=(views.Button("立即重试", Action.RETRY, icon="refresh"),),
)

ERROR = views.ErrorView(
    header=HEADER,
    dock=dock(30, back=True, home=True),
    illustration="sold-out",
    title="刚刚被兑完了",
    detail="这一款暂时没有了，您的积分没有变动。",
    buttons=(views.Button("看看别的礼品", Action.REWARDS, icon="gift"),),
)

NOT_ENROLLED = views.ErrorView(
    header=HEADER,
    illustration="reader",
    title="这台机器还没有登记",
    detail="请工作人员在控制台“设备 · 添加设备”里输入下面的配对码，再选好这台机器的位置。",
    code="7K2 - M9Q",
    code_line="10 分钟后换新码",
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
            views.Button("重新刷卡", Action.TAP_AGAIN, tone="jade"),
        ),
        views.HelpRow(
            "phone",
            "没带会员卡",
            "用手机号登录，积分和券都能看",
            views.Button("手机号登录", Action.PHONE, tone="soft"),
        ),
        views.HelpRow("plus", "想用这张卡当会员卡", "支持的卡可由员工绑定，请到前台"),
    ),
    staff_title="给工作人员看",
    staff_note="CPU 卡（ISO 14443-4），未登记·ATR 3B 8A 80 01 00 31 C1 73",
    buttons=(views.Button("重新刷卡", Action.TAP_AGAIN, icon="contactless"),),
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
    buttons=(views.Button("立即重试", Action.RETRY, icon="refresh", tone="plain"),),
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
        views.HelpRow(
            "phone", "先看看我的积分", "手机号登录，不用这张卡", views.Button("手机号登录", Action.PHONE, tone="soft")
        ),
        views.HelpRow("heart", "我捡到了这张卡", "请交给前台，谢谢您", views.Button("知道了", Action.UNDERSTOOD)),
    ),
    footnote="为保护持卡人，屏幕不显示姓名和积分；本次刷卡已记入日志",
)
