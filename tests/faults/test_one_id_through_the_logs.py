"""One redemption is followed by its command id from the finger at the kiosk to the ledger of the central API."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.visit_house import Visitor, open_house

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(180)]


@pytest.fixture
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with open_house(tmp_path_factory.mktemp("logged"), log_form="json") as opened:
        yield opened


def lines_of(said: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_a_redemption_from_tap_to_ledger(visitor: Visitor) -> None:
    member = visitor.spends_most()
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    visitor.screen("success")
    (command,) = {line["command"] for line in lines_of(visitor.store.kiosk.output()) if "command" in line}
    assert re.fullmatch(r"[0-9a-f]{26}", command)
    kiosk = [line for line in lines_of(visitor.store.kiosk.output()) if line.get("command") == command]
    server = [line for line in lines_of(visitor.store.server.output()) if line.get("command") == command]
    assert [line["logger"] for line in server] == ["central_api.rewards.service"]
    assert "answered 200" in server[0]["message"]
    assert {line["logger"] for line in kiosk} >= {"kiosk_app.work.doer", "club.sync.doing", "kiosk_app.wiring"}
    assert all(set(line) >= {"at", "level", "logger", "message"} for line in kiosk + server)
    assert visitor.one("SELECT count(*) FROM redemptions WHERE command = ?", command) == 1
    assert [line["session"] for line in lines_of(visitor.store.kiosk.output()) if "session" in line]
    visitor.leave()
