"""Freed pictures leave the process, whatever was allocated after them."""

import subprocess
import sys

import pytest

# Pictures with small things between them on the heap, as boards are drawn while the program goes on.
_PROGRAM = """
import sys
from pathlib import Path
from PIL import Image
from club.ui import memory

def resident_mb():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024

if sys.argv[1] == "yes":
    assert memory.return_large_blocks()
Image.new("RGB", (1920, 972), (9, 9, 9))
before, kept = resident_mb(), []
for _ in range(8):
    drawn = [Image.new("RGB", (1920, 972), (9, 9, 9)), bytearray(100_000)]
    kept.append(drawn)
for drawn in kept:
    drawn[0] = None
print(resident_mb() - before)
"""


@pytest.mark.parametrize(("asked", "leaves"), [("yes", True), ("no", False)])
def test_freed_pictures_leave_the_process(asked: str, leaves: bool) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, asked], capture_output=True, text=True, timeout=60, check=True
    )
    assert (float(ended.stdout) < 10) is leaves
