"""What a kiosk without the network says of each reward, and of the vouchers that it made itself (A14)."""

from club.words.catalogue import Words
from kiosk_app.flow import events as ev
from kiosk_app.present import views
from kiosk_app.present.presenter import present
from tests.support import kiosk_values as make
from tests.support import outage_values
from tests.support.kiosk_visit import Visit


def shown(visit: Visit) -> views.AnyView:
    return present(visit.state, Words("zh-CN", strict=True))


def test_offline_vouchers_say_that_they_are_this_kiosks_and_not_booked_yet() -> None:
    terms = outage_values.the_terms((outage_values.a_held(),))
    view = shown(Visit().at_home_offline().tell(ev.OfflineTermsCame(make.SESSION, terms)).press("vouchers"))
    assert isinstance(view, views.VouchersView)
    assert [(card.tag, card.button) for card in view.cards] == [("联网后记账", "出示")]
    assert [chip.text for chip in view.tabs] == ["可用 1"]
    assert view.footnote == "这里是断网时本机兑换的券，其余的网络恢复后可见"


def test_offline_each_reward_says_whether_it_can_be_had_and_why_not() -> None:
    visit = Visit().at_home_offline().tell(ev.OfflineTermsCame(make.SESSION, outage_values.the_terms()))
    view = shown(visit.press("rewards"))
    assert isinstance(view, views.RewardsView)
    assert view.expiry == "网络断开：标“现在可换”的照常换"
    fuel = shown(visit.press("category", "fuel"))
    assert isinstance(fuel, views.RewardsView)
    assert fuel.expiry == "网络断开：网络恢复后可换"
    visit.press("category", "")
    said = {card.slug: card.tag or card.lock for card in view.cards}
    assert said["detail-wash"] == "现在可换"
    assert (said["basic-service-voucher"], said["fuel-card-100"]) == ("超出断网额度", "本机已换完")
    detail = shown(visit.press("reward", "basic-service-voucher"))
    assert isinstance(detail, views.RewardDetailView)
    assert detail.why_not == "断网期间每张卡最多换 600 积分，您还可用 600。网络恢复后即可兑换。"
    assert not detail.redeem.enabled


def test_what_the_workshop_promised_gives_way_to_the_word_about_the_network() -> None:
    visit = Visit().at_home().tell(ev.WentOffline())
    view = shown(visit)
    assert isinstance(view, views.HomeView)
    assert (view.notice != "", view.service_line) == (True, "")
    back = shown(visit.tell(ev.WentOnline()))
    assert isinstance(back, views.HomeView)
    assert (back.notice, back.service_line != "") == ("", True)
