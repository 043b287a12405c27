"""The kiosk's way to the keys: what the central API says is carried on as it is, and what it refuses is told (N6)."""

import pytest

from club.model import errors
from club.sync.errors import ServerUnreachable
from club.wire.card_runs import MAX_ANSWER_BYTES, AnswerCardRun, BeginCardRun, CardRunStep
from kiosk_app.work.card_runs import ServerAuthority
from nfc.issuing.authority import AuthorityRefused, AuthorityUnreachable, Outcome, Purpose, Step, Wish

WISH = Wish("run-00001", Purpose.RESET, bytes.fromhex("04A1B2C3D4E5F6"))


class Server:
    """Answers what it was given, or raises it."""

    def __init__(self, *answers: CardRunStep | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[BeginCardRun | AnswerCardRun] = []

    def begin_card_run(self, request: BeginCardRun) -> CardRunStep:
        return self._next(request)

    def answer_card_run(self, run_id: str, request: AnswerCardRun) -> CardRunStep:
        assert run_id == WISH.run
        return self._next(request)

    def _next(self, request: BeginCardRun | AnswerCardRun) -> CardRunStep:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_steps_and_the_end_are_carried_on() -> None:
    server = Server(
        CardRunStep(run_id=WISH.run, index=0, command="00A4", what="select"),
        CardRunStep(run_id=WISH.run, index=1, done=True, what="done", version=0, counter=0),
    )
    authority = ServerAuthority(server)
    assert authority.begin(WISH) == Step(0, b"\x00\xa4", "select")
    assert authority.answer(WISH.run, 0, b"\x90\x00") == Step(1, None, "done", Outcome(Purpose.RESET, 0, 0))
    assert server.asked == [
        BeginCardRun(run_id=WISH.run, purpose="reset", uid="04A1B2C3D4E5F6"),
        AnswerCardRun(index=0, answer="9000"),
    ]


def test_a_refusal_keeps_its_code() -> None:
    with pytest.raises(AuthorityRefused) as refused:
        ServerAuthority(Server(errors.NotAllowed("no permit", needs="card-permit"))).begin(WISH)
    assert refused.value.code == "not_allowed"


@pytest.mark.parametrize("fault", [ServerUnreachable("gone"), errors.Unavailable("the database is away")])
def test_a_server_that_is_not_reached_or_out_of_order_is_no_refusal(fault: Exception) -> None:
    authority = ServerAuthority(Server(CardRunStep(run_id=WISH.run, index=0, command="00A4"), fault))
    authority.begin(WISH)
    with pytest.raises(AuthorityUnreachable):
        authority.answer(WISH.run, 0, b"\x90\x00")


def test_a_hostile_cards_endless_answer_does_not_travel() -> None:
    server = Server(CardRunStep(run_id=WISH.run, index=0, command="00A4"))
    authority = ServerAuthority(server)
    authority.begin(WISH)
    with pytest.raises(AuthorityRefused, match="at most 300 bytes"):
        authority.answer(WISH.run, 0, bytes(MAX_ANSWER_BYTES + 1))
    assert len(server.asked) == 1
