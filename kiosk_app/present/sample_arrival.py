"""Samples of the screens before a member is known."""

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
