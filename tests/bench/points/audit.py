"""Looks a whole database over after a run: what was acknowledged is there, nothing else is, and the books are right."""

import re
import subprocess
import sys
from collections.abc import Collection

from sqlalchemy import func, select

from central_api.db import Database
from central_api.ledger.proof import sealing
from central_api.rewards.tables import idempotency, redemptions, rewards, vouchers
from tests.bench.points.club import STOCK

_FAULT = re.compile(r"^FAULT ([a-z-]+): (.*)$", re.MULTILINE)
_BATCH = 2_000


def counted(db: Database, acknowledged: Collection[str], floor: int) -> list[str]:
    """Everything in which the database is not what was acknowledged, a sentence each.

    Args:
        db: a database that was filled for a bench (`club.fill`).
        acknowledged: the commands that were answered with 200 over HTTP.
        floor: how many redemptions were made past the service.
    """
    with db.read() as tx:
        there = {row.command for row in tx.rows(select(redemptions.c.command))}
        answered = {row.key for row in tx.rows(select(idempotency.c.key).where(idempotency.c.status == 200))}
        pieces = int(tx.scalar(select(func.coalesce(func.sum(redemptions.c.quantity), 0))))
        issued = int(tx.scalar(select(func.count()).select_from(vouchers)))
        whole = select(redemptions.c.id, redemptions.c.quantity, func.count(vouchers.c.id).label("issued"))
        whole = whole.outerjoin(vouchers, vouchers.c.redemption == redemptions.c.id)
        whole = whole.group_by(redemptions.c.id, redemptions.c.quantity)
        unlike = [row.id for row in tx.rows(whole.having(func.count(vouchers.c.id) != redemptions.c.quantity))]
        taken = {
            row.reward: int(row.pieces)
            for row in tx.rows(
                select(redemptions.c.reward, func.sum(redemptions.c.quantity).label("pieces")).group_by(
                    redemptions.c.reward
                )
            )
        }
        left = {row.slug: int(row.stock) for row in tx.rows(select(rewards.c.slug, rewards.c.stock))}
    found = [f"command {one} was acknowledged and is not there" for one in sorted(set(acknowledged) - there)]
    if len(there) != len(set(acknowledged)) + floor:
        found.append(f"expected {len(set(acknowledged))} + {floor} redemptions, found {len(there)}")
    found += [f"command {one} has no stored answer" for one in sorted(there - answered)]
    found += [f"command {one} has an answer and no redemption" for one in sorted(answered - there)]
    if pieces != issued:
        found.append(f"expected {pieces} vouchers, found {issued}")
    found += [f"redemption {one} has not a voucher for each piece" for one in unlike]
    found += [
        f"of {reward} {STOCK - stock} pieces are gone and {taken.get(reward, 0)} were redeemed"
        for reward, stock in sorted(left.items())
        if STOCK - stock != taken.get(reward, 0)
    ]
    return found


def seal(db: Database) -> int:
    """Seal all that waits, as the service does in its pauses; how much that was."""
    total = 0
    while sealed := sealing.seal(db, _BATCH):
        total += sealed
    return total


def proof(url: str) -> tuple[bool, list[tuple[str, str]]]:
    """What `central-api ledger verify` says of a database: whether the books are right, and the code and text of each fault.

    Raises:
        RuntimeError: it did not come to its end.
    """
    command = [sys.executable, "-m", "central_api", "ledger", "verify", "--set", f"database.url={url}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    right = done.returncode == 0 and done.stdout.startswith("The books are right.")
    if not right and "The books are NOT right" not in done.stdout:
        raise RuntimeError(f"ledger verify ended with {done.returncode}: {done.stderr[-2000:]}")
    return right, _FAULT.findall(done.stdout)
