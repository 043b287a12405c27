import pytest

from kiosk_app.flow import effects, offers
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.offers import Standing
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_catalogue


def test_rewards_that_can_be_taken_come_first_then_the_nearest() -> None:
    session = st.Session("s", "c", home=make.a_home())
    listed = offers.offers(a_catalogue(), session)
    assert [(each.reward.slug, each.standing) for each in listed] == [
        ("basic-service-voucher", Standing.OPEN),
        ("detail-wash", Standing.OPEN),
        ("car-fridge", Standing.SHORT),
        ("fuel-card-100", Standing.LIMIT),
        ("ceramic-coating", Standing.TIER),
        ("tumbler", Standing.SOLD_OUT),
    ]
    by_slug = {each.reward.slug: each for each in listed}
    assert by_slug["car-fridge"].missing == 720
    assert by_slug["ceramic-coating"].needs == "diamond"
    assert (by_slug["basic-service-voucher"].limit_left, by_slug["basic-service-voucher"].most) == (2, 2)
    assert by_slug["detail-wash"].most == 3


@pytest.mark.parametrize(("tier", "price"), [("gold", 4800), ("diamond", 4300), ("silver", 5000)])
def test_the_price_is_the_tiers(tier: str, price: int) -> None:
    reward = make.a_reward("dash-camera", 5000, points_by_tier={"gold": 4800, "diamond": 4300})
    assert offers.price_for(reward, tier) == price


def test_stock_and_points_bound_the_quantity() -> None:
    session = st.Session("s", "c", home=make.a_home(points=2500))
    assert offers.offer(a_catalogue(), session, make.a_reward()).most == 2
    assert offers.offer(a_catalogue(), session, make.a_reward(stock_left=1)).most == 1
    assert offers.offer(a_catalogue(), session, make.a_reward(stock_left=0)).standing is Standing.SOLD_OUT


def test_the_quantity_stays_between_one_and_what_can_be_taken() -> None:
    visit = Visit().at_home().at_detail().press("fewer")
    assert visit.now() == st.RewardDetail("basic-service-voucher", quantity=1)
    visit.press("more").press("more").press("more")
    assert visit.now() == st.RewardDetail("basic-service-voucher", quantity=2)


def test_a_category_is_kept_on_the_way_back() -> None:
    visit = Visit().at_home().press("rewards").press("category", "wash").press("reward", "detail-wash")
    assert visit.now() == st.RewardDetail("detail-wash", "wash")
    assert visit.press("back").now() == st.Rewards("wash")
    assert visit.press("category", "nonsense").now() == st.Rewards("wash")
    assert visit.press("category", "").now() == st.Rewards()
    assert visit.press("back").now() == st.Home()


@pytest.mark.parametrize("slug", ["ceramic-coating", "car-fridge", "tumbler", "fuel-card-100"])
def test_what_cannot_be_taken_can_be_looked_at_only(slug: str) -> None:
    visit = Visit().at_home().at_detail(slug).press("redeem")
    assert visit.now() == st.RewardDetail(slug)


def test_a_reward_that_is_gone_leads_nowhere() -> None:
    assert Visit().at_home().press("rewards").press("reward", "gone").now() == st.Rewards()


def test_a_reward_withdrawn_under_the_sheet_leads_to_the_catalogue() -> None:
    visit = Visit().at_home().at_detail().press("redeem")
    visit.tell(ev.CatalogueChanged(st.Catalogue(programme=make.a_programme(), store=make.a_store()))).press("confirm")
    assert visit.now() == st.Rewards()
    assert visit.count(effects.SubmitRedeem) == 0


def test_a_price_that_rises_above_the_points_closes_the_sheet() -> None:
    visit = Visit().at_home().at_detail().press("redeem")
    dear = st.Catalogue(programme=make.a_programme(), store=make.a_store(), rewards=(make.a_reward(points=9000),))
    visit.tell(ev.CatalogueChanged(dear)).press("confirm")
    assert visit.now() == st.RewardDetail("basic-service-voucher")


def test_a_vouchers_code_fills_the_screen_for_a_while() -> None:
    visit = Visit().at_home().press("vouchers").press("show_code", "v-0001")
    assert visit.now() == st.VoucherCode("v-0001", 20)
    visit.wait(19)
    assert visit.now() == st.VoucherCode("v-0001", 1)
    assert not visit.state.asking
    assert visit.wait(1).now() == st.Vouchers()
    assert visit.press("show_code", "v-0001").press("hide_code").now() == st.Vouchers()


@pytest.mark.parametrize("voucher", ["v-0003", "v-9999", ""])
def test_only_a_usable_voucher_shows_its_code(voucher: str) -> None:
    assert Visit().at_home().press("vouchers").press("show_code", voucher).now() == st.Vouchers()


def test_tabs_of_the_vouchers() -> None:
    visit = Visit().at_home().press("vouchers").press("tab", "fulfilled")
    assert visit.now() == st.Vouchers("fulfilled")
    assert visit.press("tab", "nonsense").now() == st.Vouchers("fulfilled")


def test_offline_the_catalogue_can_be_read_and_vouchers_say_why_not() -> None:
    visit = Visit().at_home_offline().press("rewards")
    assert visit.now() == st.Rewards()
    visit.press("reward", "detail-wash").press("redeem")
    assert visit.now() == st.Offline(st.RewardDetail("detail-wash"))
    assert visit.press("back").now() == st.RewardDetail("detail-wash")
    assert visit.press("home").press("vouchers").now() == st.Offline(st.Home())
