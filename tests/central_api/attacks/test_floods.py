"""Strangers who ask too much wait by themselves: members' taps and PINs go on (X4)."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from central_api.db import Tx
from central_api.device_api.router import LARGEST_BODY
from central_api.feed.hub import STREAMS, Hub, Listener
from central_api.security.passwords import Passwords
from club.model import errors
from club.wire.devices import Heartbeat
from tests.support.central import Club


def test_strangers_fill_only_part_of_the_password_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    with Passwords(time_cost=1, memory_kib=8) as passwords:
        encoded = passwords.hash("right")
        first, go = threading.Semaphore(0), threading.Event()
        plain = passwords.matches

        def held(encoded: str, secret: str) -> bool:
            first.release()
            assert go.wait(20)
            return plain(encoded, secret)

        monkeypatch.setattr(passwords, "matches", held)
        with ThreadPoolExecutor(3) as people:
            waiting = [people.submit(passwords.matches_for_stranger, encoded, "right") for _ in range(3)]
            try:
                assert all(first.acquire(timeout=20) for _ in waiting)
                with pytest.raises(errors.Unavailable):
                    passwords.matches_for_stranger(encoded, "right")
                assert plain(encoded, "right")  # a member's PIN does not count among them
            finally:
                go.set()
            assert [one.result(20) for one in waiting] == [True, True, True]
        assert passwords.matches_for_stranger(encoded, "wrong") is False


def test_a_tap_is_answered_while_every_other_thread_of_the_service_is_held_up(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk, tap = club.device(), club.card().tap()
    others = min(32, (os.cpu_count() or 1) + 4)  # as many threads as asyncio keeps for everybody
    held, go = threading.Semaphore(0), threading.Event()

    def hold(_passwords: Passwords, _encoded: str, _secret: str) -> bool:
        held.release()
        assert go.wait(20)
        return False

    monkeypatch.setattr(Passwords, "matches_for_stranger", hold)
    form = {"number": "1001", "password": "x"}
    with ThreadPoolExecutor(others) as people:
        waiting = [people.submit(club.http.post, "/console/sign-in", data=form) for _ in range(others)]
        try:
            assert all(held.acquire(timeout=20) for _ in waiting)
            assert kiosk.open(tap).status_code == 200
        finally:
            go.set()
        assert {one.result(20).status_code for one in waiting} == {401}


def test_a_device_reads_while_a_whole_store_waits_for_the_writer(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    device, beat = club.device(), Heartbeat(version="0.1.0", at=club.clock.now())
    devices = min(30, (os.cpu_count() or 1) + 5)  # more than asyncio has threads for everybody
    held, go, write = threading.Semaphore(0), threading.Event(), club.context.db.write

    @contextmanager
    def wait_and_write() -> Iterator[Tx]:
        held.release()
        assert go.wait(20)
        with write() as tx:
            yield tx

    monkeypatch.setattr(club.context.db, "write", wait_and_write)
    with ThreadPoolExecutor(devices) as store:
        waiting = [store.submit(device.post, "/v1/heartbeats", beat) for _ in range(devices)]
        try:
            assert all(held.acquire(timeout=20) for _ in waiting)
            assert device.get("/v1/devices/self").status_code == 200
        finally:
            go.set()
        assert {one.result(20).status_code for one in waiting} == {200}


def test_a_sign_in_that_has_to_wait_too_long_is_told_so(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(encoded: str, secret: str) -> bool:
        raise errors.Unavailable("full")

    monkeypatch.setattr(club.context.passwords, "matches_for_stranger", full)
    answer = club.http.post("/console/sign-in", data={"number": "1001", "password": "x"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)


@pytest.mark.parametrize("path", ["/v1/redemptions", "/v1/card-sessions", "/v1/devices/enrol", "/v1/devices/pairings"])
def test_nobody_has_a_large_body_read_before_it_is_known_who_sent_it(club: Club, path: str) -> None:
    large = b" " * (LARGEST_BODY + 1)
    assert club.http.post(path, content=large, headers={"Content-Type": "application/json"}).status_code == 413


def test_the_sign_in_page_takes_no_large_form(club: Club) -> None:
    assert club.http.post("/console/sign-in", data={"number": "1" * 20_000}).status_code == 413


def test_a_device_that_opens_too_many_streams_loses_its_oldest() -> None:
    async def scenario() -> tuple[list[bool], bool]:
        hub, loop = Hub(), asyncio.get_running_loop()
        streams = [Listener("dev-1", frozenset(), "kiosk-1", loop) for _ in range(STREAMS + 2)]
        other = Listener("dev-2", frozenset(), "tv-1", loop)
        hub.add(other)
        for stream in streams:
            hub.add(stream)
        assert await streams[0].take() is None
        assert await streams[1].take() is None
        return [stream.closed for stream in streams[2:]], other.closed

    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == ([False] * STREAMS, False)
