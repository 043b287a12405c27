"""What all samples stand in: the header, and the bar with its ring."""

from kiosk_app.present import views

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
        short=f"退出 {seconds} 秒",
    )
