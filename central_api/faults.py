"""Ends the process at a named point, so that tests can show that nothing is lost or doubled wherever the power fails (X1).

Off unless `CLUB_FAULT_POINT` names one of the points; then the process ends there as a killed one does, with nothing
flushed, closed or told. Never set it in a store.
"""

import os

VARIABLE = "CLUB_FAULT_POINT"
POINTS = (
    "redeem.before-transaction",
    "redeem.after-idempotency",
    "redeem.after-ledger",
    "redeem.after-lots",
    "redeem.after-voucher",
    "redeem.after-stock",
    "redeem.answer-stored",
    "redeem.before-commit",
    "redeem.after-commit",
)
KILLED = 137  # what a shell calls a process ended by SIGKILL


def point(name: str) -> None:
    """End the process here if it was started to end here."""
    if os.environ.get(VARIABLE) == name:
        os._exit(KILLED)
