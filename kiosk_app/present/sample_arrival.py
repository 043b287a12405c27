"""Samples of the screens before a member is known."""

from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.present.sample_frame import HEADER, dock

ATTRACT = views.AttractView(
    header=HEADER,
    welcome="欢迎回家，\n先喝杯茶。",
    invitation="刷一下会员卡，查积分、换礼品、报活动。",
    tap="请将会员卡贴近感应区",
    tap_second="Tap your membership card below",
    highlight=views.Highlight(
        "会员活动",
        "湖山两日自驾游",
        "6 月 6 日（周六）08:00 出发 · 余 6 车",
        "activities/lakeside-road-trip",
        0,
        4,
    ),
)

TAP = views.TapView(
    header=HEADER,
    dock=views.Dock(back="返回"),
    title="把卡平放在感应区",
    detail="停留 1 秒，听到“嘀”声即可拿开",
    card_word="会员卡",
    card_number="8800 ****",
    phone=views.Button("没带卡？手机号登录", Action.PHONE, icon="phone"),
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

PHONE_LOGIN = views.PhoneLoginView(
    header=HEADER,
    dock=dock(26, back=True),
    title="手机号登录",
    detail="没带卡也能查积分、出示券、换礼品",
    phone_label="手机号",
    phone="138 **** 6621",
    phone_done="11 位已输完",
    show=views.Button("显示", Action.SHOW_PHONE, icon="eye", tone="soft"),
    pin_label="服务密码",
    hidden_note="输入内容不显示",
    filled=4,
    typing_pin=True,
    clear="全部清除",
    sign_in=views.Button("登录，还差 2 位密码", Action.SIGN_IN, enabled=False),
    privacy="别人知道您的手机号也看不到积分，需要密码",
    help="新密码请先刷卡用一次；忘记了请叫服务员，带身份证或行驶证",
)

PHONE_WRONG = views.PhoneLoginView(
    header=HEADER,
    dock=dock(30, back=True),
    title="手机号登录",
    detail="没带卡也能查积分、出示券、换礼品",
    phone_label="手机号",
    phone_hint="请输入 11 位手机号",
    problem="手机号或密码不对，还可尝试 4 次，超过将锁定 15 分钟。刚输错多次的，也请过 15 分钟再试。",
    clear="全部清除",
    sign_in=views.Button("登录", Action.SIGN_IN),
    privacy="别人知道您的手机号也看不到积分，需要密码",
    help="新密码请先刷卡用一次；忘记了请叫服务员，带身份证或行驶证",
)
