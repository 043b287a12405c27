"""The page for a DMS's maker is true: each of its calls is made as it stands, each answer is what it says."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from central_api.integrations.keys import scopes
from central_api.integrations.webhooks import signing
from central_api.outbox.service import KINDS
from tests.project import tree
from tests.support.central import Club
from tests.support.partner import partner

PAGE = tree.ROOT / "docs" / "integration.md"
OPERATOR = tree.ROOT / "docs" / "operator.md"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def found_in(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer["rows"][0] if "rows" in answer else answer
    return found


def test_every_call_of_the_page_does_what_it_says(club: Club) -> None:
    program = partner(club, *scopes.ALL, store="east")
    calls = blocks(PAGE, "sh")
    assert len(calls) == 8
    for call in calls:
        target = re.search(r'"\$CLUB(/[^"]+)"', call)
        assert target is not None, call
        body = re.search(r"-d '(.*?)'\n", call, flags=re.DOTALL)
        answer = program.post(target[1], json.loads(body[1]) if body else b"") if body or "-X POST" in call else None
        answer = program.get(target[1]) if answer is None else answer
        assert answer.status_code == 200, (call, answer.text)
        found, promised = found_in(answer.json()), re.findall(r'"(\w+)": ("[^"]*"|\d+|…)', call.rpartition("# ")[2])
        assert promised, call
        for name, value in promised:
            assert value in ("…", '"…"') or found[name] == json.loads(value), (call, found)


def test_the_check_of_a_signature_is_ours() -> None:
    scope: dict[str, Any] = {}
    (code,) = blocks(PAGE, "python")
    exec(compile(code, str(PAGE), "exec"), scope)
    header = signing.sign("5ec7e7", b'{"id": 1}', datetime.now(UTC))
    assert scope["is_ours"]("5ec7e7", header, b'{"id": 1}')
    assert not scope["is_ours"]("5ec7e7", header, b'{"id": 2}')


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_names_every_kind_of_event(kind: str) -> None:
    assert f"`{kind}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("scope", scopes.ALL)
def test_the_operators_page_names_every_scope(scope: str) -> None:
    assert f"`{scope}`" in OPERATOR.read_text(encoding="utf-8")
