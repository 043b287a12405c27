"""The peers' environment is pinned, and what counts their redemptions counts right; the peers themselves run in the bench only."""

import json
import re
import subprocess
import sys

from tests.bench.peers.ledgers import environment

_COUNT = """
import json, time
from tests.bench.peers.ledgers.workers import measure

def open_up():
    def redeem(key, member, reward):
        time.sleep(0.002)
        assert len(key) == 24 and 0 <= member < 10 and 0 <= reward < 3
        return member != 0
    return redeem

print(json.dumps(measure(open_up, 2, 0.5, 10, 3, warm_s=0.1)))
"""


def test_every_package_of_the_peers_is_pinned_by_hash() -> None:
    entries = re.split(r"\n(?=\S)", environment.LOCK.read_text(encoding="utf-8").strip())
    assert [entry.partition("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    asked = environment.LOCK.with_suffix(".in").read_text(encoding="utf-8")
    pinned = {entry.partition("==")[0] for entry in entries}
    assert set(re.findall(r"^[a-z-]+", asked, re.MULTILINE)) <= pinned


def test_two_workers_count_what_was_done_and_what_was_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COUNT], cwd=environment.ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert 0 < found["refused"] < found["done"]
    assert found["p50_ms"] >= 2
    assert found["p99_ms"] >= found["p50_ms"]
    assert 0 < found["per_s"] <= 2 / 0.002
