"""Another program of the dealership, calling with a key: the DMS, the till, finance."""

from dataclasses import dataclass
from typing import Any

import httpx
from litestar.testing import TestClient

from central_api.integrations.keys import cli
from central_api.integrations.keys.service import Wish
from tests.support.central import Club


@dataclass
class Partner:
    """Sends JSON with its key."""

    http: TestClient[Any]
    key: str

    @property
    def key_id(self) -> str:
        """The part of the key that is no secret."""
        return self.key.split("_")[1]

    @property
    def headers(self) -> dict[str, str]:
        """What proves who calls."""
        return {"Authorization": f"Bearer {self.key}"}

    def get(self, target: str) -> httpx.Response:
        """A read."""
        return self.http.get(target, headers=self.headers)

    def post(self, target: str, body: object) -> httpx.Response:
        """A post of JSON, or of bytes as they are."""
        if isinstance(body, bytes):
            headers = {**self.headers, "Content-Type": "application/json"}
            return self.http.post(target, content=body, headers=headers)
        return self.http.post(target, json=body, headers=self.headers)

    def rows(self, target: str, *rows: object) -> list[dict[str, Any]]:
        """The answers to a batch that is taken."""
        answer = self.post(target, {"rows": list(rows)})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["refused"] == sum(row["result"] == "refused" for row in found["rows"])
        answers: list[dict[str, Any]] = found["rows"]
        return answers


def partner(
    club: Club, *scopes: str, source: str = "dms-east", store: str | None = None, days: int | None = None
) -> Partner:
    """A program with a new key for these scopes."""
    return Partner(club.http, cli.new(club.context, Wish("a test", source, scopes, store, days)))


def a_member_row(number: str = "K-1001", **changes: object) -> dict[str, object]:
    """A customer of the DMS."""
    row: dict[str, object] = {
        "number": number,
        "store": "east",
        "surname": "欧阳",
        "title": "女士",
        "changed_at": "2026-05-16T14:00:00+08:00",
    }
    return {**row, **changes}


def a_bill_row(number: str = "B-1", fen: int = 120_000, **changes: object) -> dict[str, object]:
    """A bill of the customer `a_member_row` makes, with one line of servicing."""
    row: dict[str, object] = {
        "number": number,
        "member": "K-1001",
        "store": "east",
        "at": "2026-05-16T14:10:00+08:00",
        "lines": [{"line": "1", "category": "maintenance", "paid_fen": fen}],
    }
    return {**row, **changes}


def a_refund_row(number: str = "R-1", bill: str = "B-1", **changes: object) -> dict[str, object]:
    """A refund of all that is left of a bill."""
    return {"number": number, "bill": bill, "at": "2026-05-16T14:20:00+08:00", **changes}


def a_job_row(number: str = "J-1", **changes: object) -> dict[str, object]:
    """A job in the workshop, just checked in."""
    row: dict[str, object] = {
        "number": number,
        "member": "K-1001",
        "store": "east",
        "kind": "常规保养",
        "checked_in_at": "2026-05-16T13:00:00+08:00",
        "changed_at": "2026-05-16T13:00:00+08:00",
    }
    return {**row, **changes}
