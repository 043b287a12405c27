"""Every route of the service, whoever may call it: right and wrong requests are answered as described, never by a fault of ours."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi import checks as described
from sqlalchemy import select

from central_api import background, problems
from central_api.ledger import service as ledger
from central_api.members.tables import members
from tests.support.central import WANG, Club
from tests.support.partner import a_bill_row, a_job_row, a_member_row, a_refund_row, partner

EXAMPLES = 12
BY_ROUTE = ("device", "key", "nobody")
EVERY_SCOPE = ("members.read", "members.write", "bills.write", "jobs.write", "points.pay", "vouchers.write")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
]
"""Those that look at one answer. That whoever brings no proof is let in nowhere is tried by hand below."""
EXTREMES: st.SearchStrategy[Any] = st.sampled_from(
    [
        0,
        -1,
        1,
        2**31,
        2**53,
        2**63 - 1,
        2**63,
        10**12,
        10**12 + 1,
        -(2**63),
        1.0,
        0.1,
        1e308,
        "",
        "0",
        None,
        [],
        {},
        True,
    ]
)

Call = Callable[[str, str, bytes], httpx.Response]


@dataclass
class Callers:
    """Everybody who may call, each with a valid proof."""

    club: Club
    by: dict[str, Call]


@pytest.fixture
def callers(club: Club, monkeypatch: pytest.MonkeyPatch) -> Callers:
    """A club that is used up by what is thrown at it, and those who throw."""
    monkeypatch.setattr(background, "HAND_ON_S", 3600.0)
    device = club.device()
    program = partner(club, *EVERY_SCOPE)
    program.rows("/v1/dms/members", a_member_row(member=WANG))

    def by_device(method: str, target: str, body: bytes) -> httpx.Response:
        return device.send(method, target, body, key="key-00000001")

    def by_key(method: str, target: str, body: bytes) -> httpx.Response:
        headers = {**program.headers, "Content-Type": "application/json"}
        return club.http.request(method, target, content=body, headers=headers)

    def by_nobody(method: str, target: str, body: bytes) -> httpx.Response:
        return club.http.request(method, target, content=body)

    return Callers(club, {"device": by_device, "key": by_key, "nobody": by_nobody})


def description(club: Club) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(club.http.get("/openapi.json").content)
    return found


def operations(club: Club) -> list[tuple[str, str, str]]:
    """Method, path and whoever may call it, of every route that is described."""
    return [
        (method.upper(), path, next(iter(operation.get("security", [{"nobody": []}])[0])))
        for path, methods in description(club)["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", BY_ROUTE)
def test_whatever_is_sent_is_answered_as_described(callers: Callers, who: str) -> None:
    club = callers.club
    schema = schemathesis.openapi.from_dict(description(club))
    mine = [(method, path) for method, path, by in operations(club) if by == who]
    assert mine

    for method, path in mine:
        throw_at(callers.by[who], method, schema[path][method])
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def throw_at(call: Call, method: str, operation: Any) -> None:
    """Send one route what it asks for, and what it does not."""

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(data=st.data())
    def throw(data: st.DataObject) -> None:
        with suppress(Unsatisfiable):  # what takes nothing can be sent nothing wrong
            mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
            case = data.draw(operation.as_strategy(generation_mode=mode))
            target = quote(case.formatted_path, safe="/%:")
            if case.query:
                target += f"?{urlencode(case.query, doseq=True, errors='surrogatepass')}"
            body = b"" if case.body is NOT_SET else as_bytes(case.body)
            case.validate_response(call(method, target, body), checks=CHECKS)

    throw()


def as_bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return json.dumps(body, default=str).encode("utf-8", "surrogatepass")


ROWS: dict[str, dict[str, Any]] = {
    "/v1/dms/members": a_member_row("K-9"),
    "/v1/dms/bills": a_bill_row(),
    "/v1/dms/refunds": a_refund_row(),
    "/v1/dms/jobs": a_job_row(),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", ROWS)
def test_rows_with_one_field_out_of_its_range_are_answered_each(callers: Callers, path: str) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(data=st.data())
    def throw(data: st.DataObject) -> None:
        rows = []
        for _ in range(data.draw(st.integers(1, 4))):
            row = json.loads(json.dumps(ROWS[path]))
            inner = row["lines"][0] if "lines" in row and data.draw(st.booleans()) else row
            inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(EXTREMES)
            rows.append(row)
        answer = callers.by["key"]("POST", path, json.dumps({"rows": rows}).encode())
        assert answer.status_code == 200, answer.text
        found = answer.json()["rows"]
        assert len(found) == len(rows)
        assert all(row["status"] < 500 for row in found), found

    throw()
    with callers.club.context.db.read() as tx:
        assert ledger.faults(tx) == []


@pytest.mark.timeout(600)
def test_events_in_any_order_however_often_come_out_the_same(callers: Callers) -> None:
    """Duplicates, wrong order and lateness change nothing about what is booked in the end."""
    club = callers.club
    events = [
        ("bills", a_bill_row("B-1", 90_000)),
        ("bills", a_bill_row("B-2", 70_000)),
        ("refunds", a_refund_row("R-1", "B-1", lines=[{"line": "1", "paid_fen": 40_000}])),
        ("refunds", a_refund_row("R-2", "B-2")),
        ("jobs", a_job_row(changed_at="2026-05-16T13:10:00+08:00", ready_at="2026-05-16T13:10:00+08:00")),
        ("jobs", a_job_row()),
    ]
    ends: set[tuple[int, int]] = set()
    numbers = iter(range(1000))

    @settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(order=st.permutations(events), again=st.lists(st.sampled_from(events), max_size=4))
    def send(order: list[tuple[str, dict[str, Any]]], again: list[tuple[str, dict[str, Any]]]) -> None:
        mark = f"x{next(numbers)}"  # each time another customer with bills of their own

        def own(row: dict[str, Any]) -> dict[str, Any]:
            own = {name: f"{value}-{mark}" for name, value in row.items() if name in ("number", "bill", "member")}
            return {**row, **own}

        post(callers, "members", a_member_row(f"K-1001-{mark}"))
        for route, row in [*order, *again]:
            post(callers, route, own(row))
        seen = callers.by["key"]("GET", f"/v1/dms/members/K-1001-{mark}", b"").json()
        ends.add((seen["points"], seen["tier_points"]))

    send()
    assert len(ends) == 1, ends
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []
        assert tx.first(select(members.c.id)) is not None


def post(callers: Callers, route: str, row: dict[str, Any]) -> None:
    answer = callers.by["key"]("POST", f"/v1/dms/{route}", json.dumps({"rows": [row]}).encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["refused"] == 0, answer.text


def test_whoever_brings_another_proof_or_none_is_let_in_nowhere(callers: Callers) -> None:
    for method, path, who in operations(callers.club):
        if who == "nobody":
            continue
        target = path.replace("{session_id}", "a" * 12).replace("{sha256}", "0" * 64).replace("{number}", "K-1001")
        for other in {"device", "key", "nobody"} - {who}:
            answer = callers.by[other](method, target, b"{}" if method == "POST" else b"")
            assert answer.status_code in (400, 401), (method, path, other, answer.status_code)
            if answer.status_code == 400:  # the body is read first; nothing else was
                assert answer.json()["code"] == "malformed"


def test_every_problem_a_route_may_answer_with_is_described(club: Club) -> None:
    for path, methods in description(club)["paths"].items():
        if not path.startswith("/v1/"):
            continue
        for operation in methods.values():
            told = {int(status) for status in operation["responses"]}
            assert {status for status in problems.STATUS.values() if status != 500} <= told, path
