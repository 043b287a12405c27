"""A dealer management system as they are: sends over HTTP, loses answers, sends again, twice, in the wrong order, days late."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

_BATCH = 7
_TRIES = 2000
_PAUSE = threading.Event()


@dataclass
class Told:
    """A row the DMS has to get across, and the last answer to it."""

    route: str
    row: dict[str, Any]
    answer: dict[str, Any] | None = None


@dataclass
class Dms:
    """`url` may change while it runs: the service was started anew elsewhere. `chaos` is how often things go wrong, 0 to 1."""

    url: str
    key: str
    seed: int = 1
    chaos: float = 0.3
    waiting: list[Told] = field(default_factory=list)
    done: list[Told] = field(default_factory=list)
    refused: list[Told] = field(default_factory=list)
    sent: int = 0
    unanswered: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def tell(self, route: str, row: dict[str, Any]) -> None:
        """Put a row on the list of what has to get across."""
        self.waiting.append(Told(route, row))

    def see(self, number: str) -> dict[str, Any]:
        """How a member stands, as the till asks it."""
        answer = requests.get(f"{self.url}/v1/dms/members/{number}", headers=self._headers, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def run(self, *, between: Callable[[], None] = lambda: None) -> None:
        """Send until everything was answered; what is refused because something else is still on its way is sent again."""
        for _ in range(_TRIES):
            if not self.waiting:
                return
            self._round()
            between()
        raise AssertionError(f"expected everything to get across, {len(self.waiting)} rows still wait")

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def _often(self) -> bool:
        return self._random.random() < self.chaos

    def _round(self) -> None:
        self._random.shuffle(self.waiting)  # in whatever order
        route = self.waiting[0].route
        batch = [told for told in self.waiting if told.route == route][: self._random.randint(1, _BATCH)]
        if self._often():  # days late
            return
        rows = [told.row for told in batch]
        if self._often():  # twice in one batch
            rows.append(self._random.choice(rows))
        if self._often():  # something of long ago once more
            rows += [told.row for told in self.done if told.route == route][:2]
        try:
            self.sent += len(rows)
            answer = requests.post(f"{self.url}/v1/dms/{route}", json={"rows": rows}, headers=self._headers, timeout=30)
        except requests.RequestException:
            self.unanswered += 1
            _PAUSE.wait(0.05)  # the service is being started anew
            return
        if answer.status_code >= 500 or self._often():  # it failed, or its answer was lost on the way
            self.unanswered += 1
            return
        assert answer.status_code == 200, answer.text
        for told, found in zip(batch, answer.json()["rows"], strict=False):
            told.answer = found
            if found["result"] == "refused" and found["code"] in ("not_found", "edit_conflict", "unavailable"):
                continue
            self.waiting.remove(told)
            (self.refused if found["result"] == "refused" else self.done).append(told)
