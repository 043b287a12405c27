"""Makes the peers' Python environment under .cache/ from its lock, and runs a peer in it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
LOCK = Path(__file__).with_name("requirements.lock")
PLACE = ROOT / ".cache" / "bench-ledgers"


def python() -> Path:
    """The environment's Python; made anew when the lock or this Python is another one than it was made with.

    Raises:
        RuntimeError: the packages cannot be installed; with pip's own words.
    """
    made_for = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    stamp, found = PLACE / ".made-for", PLACE / "bin" / "python"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != made_for:
        print("  making the peers' environment ...", flush=True)
        PLACE.parent.mkdir(exist_ok=True)
        _run([sys.executable, "-m", "venv", "--clear", str(PLACE)])
        flags = ["--disable-pip-version-check", "--no-input", "--quiet", "--require-hashes", "--no-deps"]
        _run([str(found), "-m", "pip", "install", *flags, "-r", str(LOCK)])
        stamp.write_text(made_for, encoding="ascii")
    return found


def run(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module of this folder in the peers' environment; the JSON object it prints last."""
    said = _run([str(python()), "-m", f"{__package__}.{module}", *arguments])
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:4])} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout
