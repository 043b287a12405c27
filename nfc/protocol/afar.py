"""Makes a script of code that talks to a card directly, so that it too can run where the keys are and the card is not.

Whatever takes a ``transmit`` (``desfire_issue``, ``classic_record``, ``cpu_card`` ...) is run from its beginning for every
answer that comes, and told again what the card answered so far; so it must say the same again, and takes its random bytes from
``scripts.repeatable``. Cards are asked some dozens of things, which makes this cheap beside one exchange with a card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from nfc.protocol import apdu
from nfc.protocol.scripts import Ask, Done, Replayed, Script

T = TypeVar("T")


class _Unanswered(BaseException):
    """Ends a run at the first command whose answer is not there; no ``except Exception`` of the work may catch it."""

    def __init__(self, command: bytes) -> None:
        self.command = command


def script(work: Callable[[apdu.Transmit], T], what: str | Callable[[apdu.Command], str]) -> Script[T]:
    """Return the work as a script; replayed it is run once, whatever number of answers it is told.

    Args:
        work: takes a ``transmit``.
        what: what it is for, in a journal's words; or what gives them for each command.

    Raises:
        errors.ProtocolError: and whatever else the work raises, when the script goes on.
    """
    return _Afar(work, what)


class _Afar(Replayed[T]):
    def __init__(self, work: Callable[[apdu.Transmit], T], what: str | Callable[[apdu.Command], str]) -> None:
        self._work, self._what = work, what
        self._answers: list[bytes] = []

    def at(self, answers: Sequence[bytes]) -> Ask | Done[T]:
        left = iter(answers)
        try:
            outcome = self._work(partial(_tell, left))
        except _Unanswered as end:
            command = apdu.Command.parse(end.command)
            return Ask(command, self._what if isinstance(self._what, str) else self._what(command))
        unheard = len(list(left))
        if unheard:
            raise ValueError(f"expected {len(answers) - unheard} answers, found {len(answers)}")
        return Done(outcome)

    def send(self, response: apdu.Response | None) -> Ask:
        if response is not None:
            self._answers.append(response.data + response.sw.to_bytes(2, "big"))
        found = self.at(self._answers)
        if isinstance(found, Done):
            raise StopIteration(found.outcome)
        return found

    def throw(self, *fault: Any) -> Ask:
        return super().throw(*fault)


def _tell(answers: Iterator[bytes], command: bytes) -> bytes:
    for answer in answers:
        return answer
    raise _Unanswered(command)
