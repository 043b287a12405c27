"""Hundreds of switches under random edits and faults, each frame looked at before it is flipped: none is black, torn or half (L1, L3)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.xscreen import XScreen
from tests.support.lounge_manifests import NOON

pytestmark = pytest.mark.window

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "switches"),
    [(16, 80), pytest.param(1605, 500, marks=pytest.mark.long), pytest.param(2026, 500, marks=pytest.mark.long)],
)
def test_no_frame_is_black_torn_or_half(tmp_path: Path, seed: int, switches: int) -> None:
    media = tmp_path / "data" / "media"
    settings = [
        f"device.data_dir={tmp_path / 'data'}",
        "server.url=http://127.0.0.1:9",
        "window.fullscreen=false",
        f"window.scale={1 / 3}",
        f"clock.pinned={NOON.isoformat()}",
        "clock.pinned_runs=true",
        "ui.reduced_motion=true",  # the shortest fades: as many switches as there is time for
    ]
    with XScreen(640, 360) as screen:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.lounge_display.drive_switches", str(seed), str(switches), media, *settings],
            cwd=ROOT,
            env={**os.environ, **screen.env},
            capture_output=True,
            text=True,
            timeout=850,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["faults"] == []
    assert found["shown"] >= switches
    assert found["frames"] > switches
    assert found["mixed"] > switches // 2  # the fades were seen on their way, not only their ends
    assert len(found["done"]) >= 10, found["done"]
