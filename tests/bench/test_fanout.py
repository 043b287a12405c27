"""The bench of the push reads MQTT's packets as the standard writes them, and names its figures truly; a service that refuses or hangs says why."""

import math
from pathlib import Path

import pytest

from tests.bench.fanout import AIMS, Cell, _address, _listeners, _logs_kept, aims, figures
from tests.bench.push import mqtt
from tests.support.served import served


def test_packets_are_as_the_standard_writes_them() -> None:
    assert mqtt.greeting("dev-1", "a/b").hex(" ", 1).startswith("10 11 00 04 4d 51 54 54 04 02 00 00 00 05")
    assert mqtt.greeting("dev-1", "a/b").endswith(bytes.fromhex("82 08 00 01 00 03 61 2f 62 01"))
    long = mqtt.publish("a/b", b"x" * 300, 7)
    assert long[:3] == bytes([0x32, 0xB3, 0x02]), "a length of two digits"
    assert long[3:10] == b"\x00\x03a/b\x00\x07"


def test_each_message_is_acknowledged_by_its_number_and_nothing_else_is() -> None:
    answers = bytes.fromhex("20 02 00 00") + bytes.fromhex("90 03 00 01 01")
    assert mqtt.is_subscribed(answers)
    assert not mqtt.is_subscribed(answers[:4])
    found = list(mqtt.acknowledgements(mqtt.publish("a/b", b"x" * 200, 7) + answers + mqtt.publish("t", b"", 513)))
    assert found == [bytes.fromhex("40 02 00 07"), bytes.fromhex("40 02 02 01")]


def a_cell(cpu: float) -> Cell:
    return Cell([1.0, 2.0, 9.0], [9.0, 11.0, 10.0], [cpu], [18.0])


def test_the_named_figures_are_of_one_process_with_the_most_devices() -> None:
    cells = {
        ("1p", 1000): a_cell(1),
        ("1p", 5000): a_cell(90),
        ("2p", 5000): a_cell(80),
        ("mosquitto", 5000): a_cell(60),
    }
    found = figures(cells, 5000)
    assert (found["all_received_ms_p50_5000"], found["kb_per_connection"], found["cpu_vs_mosquitto"]) == (
        10.0,
        18.0,
        1.5,
    )
    assert set(AIMS) <= set(found)
    assert set(aims([100])) == {"kb_per_connection", "cpu_vs_mosquitto"}


def test_without_the_broker_what_is_set_against_it_is_not_a_number() -> None:
    assert math.isnan(figures({("1p", 5000): a_cell(1)}, 5000)["cpu_vs_mosquitto"])


def test_a_connect_that_is_refused_brings_the_services_log(tmp_path: Path) -> None:
    unsigned = b"GET /v1/stream HTTP/1.1\r\nHost: bench\r\n\r\n"
    with served(tmp_path) as service, pytest.raises(RuntimeError) as told, _logs_kept([service]):  # noqa: SIM117
        with _listeners("sse", [_address(service.url)], [unsigned]):
            pass
    assert "HTTP/1.1 401" in str(told.value), "what the device was answered"
    assert "GET /v1/stream refused: device_unknown" in str(told.value), "what the service wrote down"


def test_a_service_that_does_not_end_says_what_it_is_at(tmp_path: Path) -> None:
    with served(tmp_path) as service, pytest.raises(AssertionError, match=r"central_api/server\.py.* in serve"):
        service.ended(0.1)
