"""Makes a script of code that talks to a card directly, so that it too can run where the keys are and the card is not.

Whatever takes a ``transmit`` (``desfire_issue``, ``classic_record``, ``cpu_card`` ...) is run from its beginning for every
answer that comes, and told again what the card answered so far; so it must say the same again, and takes its random bytes from
``scripts.repeatable``. Cards are asked some dozens of things, which makes this cheap beside one exchange with a card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from nfc.protocol import apdu
from nfc.protocol.scripts import Ask, Script

T = TypeVar("T")


class _Unanswered(BaseException):
    """Ends a run at the first command whose answer is not there; no ``except Exception`` of the work may catch it."""

    def __init__(self, command: bytes) -> None:
        self.command = command


def script(work: Callable[[apdu.Transmit], T], what: str | Callable[[apdu.Command], str]) -> Script[T]:
    """Return the work as a script.

    Args:
        work: takes a ``transmit``.
        what: what it is for, in a journal's words; or what gives them for each command.

    Raises:
        errors.ProtocolError: and whatever else the work raises.
    """
    answers: list[bytes] = []
    while True:
        try:
            return work(partial(_tell, iter(tuple(answers))))
        except _Unanswered as end:
            command = apdu.Command.parse(end.command)
        response = yield Ask(command, what if isinstance(what, str) else what(command))
        answers.append(response.data + response.sw.to_bytes(2, "big"))


def _tell(answers: Iterator[bytes], command: bytes) -> bytes:
    for answer in answers:
        return answer
    raise _Unanswered(command)
