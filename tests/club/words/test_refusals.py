import pytest

from club.model import errors
from club.words.catalogue import LANGUAGES, Words
from club.words.refusals import sentence

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(errors.BY_CODE))
def test_every_code_has_its_own_kind_sentence(code: str, language: str) -> None:
    words = Words(language, strict=True)
    assert words.has(f"common.refusal.{code}")
    said = sentence(words, errors.BY_CODE[code](), time_zone=ZONE)
    assert said
    assert code not in said
    assert "{" not in said


def test_a_code_of_a_newer_server_gets_the_general_sentence() -> None:
    words = Words("zh-CN", strict=True)
    assert sentence(words, errors.revive("from_the_future", "boom", {}), time_zone=ZONE) == words(
        "common.refusal.club_error"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.NotEnoughPoints(balance=6280, price=12000), "可兑换积分还差 5,720 分。"),
        (errors.PinWrong(tries_left=4, lock_minutes=15), "密码不对，还可尝试 4 次。"),
        (errors.PinWrong(tries_left=0, lock_minutes=15), "密码不对，已锁定 15 分钟。"),
        (errors.PinLocked(minutes=12), "密码输错太多次，请 12 分钟后再试，或叫服务员。"),
        (errors.LimitReached(per="month", times=2, left=0), "本月已换满 2 次，下个月还可以换。"),
        (errors.CardBlocked(reason="replaced"), "这张卡已换成新卡，请用新卡。"),
        (
            errors.CardLimitReached(cap=500, spent=300, per="day"),
            "这张卡公司设了每天 500 积分的限额，今天还可用 200 分。",
        ),
        (
            errors.CardLimitReached(cap=2000, spent=1700, per="month"),
            "这张卡公司设了每月 2,000 积分的限额，本月还可用 300 分。",
        ),
        (errors.TooManyGuesses(seconds=61), "尝试次数太多，请 2 分钟后再试，或请工作人员帮忙。"),
        (errors.TooManyGuesses(seconds=80000), "尝试次数太多，请 23 小时后再试，或请工作人员帮忙。"),
        (
            errors.TooManyGuesses(seconds=2400, reason="registrations"),
            "这台机器一小时内办的入会已满，请 40 分钟后再办，或到前台办理。",
        ),
        (errors.TooManyGuesses(), "尝试次数太多，请稍后再试，或请工作人员帮忙。"),
        (errors.DailyCapReached(cap=500, spent=300), "这张卡今天最多可用 500 积分，还可用 200 分。"),
    ],
)
def test_facts_are_told(error: errors.ClubError, said: str) -> None:
    assert sentence(Words("zh-CN", strict=True), error, time_zone=ZONE) == said
