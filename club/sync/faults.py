"""Points at which a test may cut the power: `CLUB_FAULT_POINT=outbox.before-send` ends the process there, at once.

| point | what is on disk | what the server knows |
|---|---|---|
| `outbox.after-add` | command and hold | nothing |
| `outbox.before-send` | the same, marked sent | nothing |
| `outbox.after-answer` | the same, marked sent | carried out |
| `outbox.after-settle` | answer kept, hold freed | carried out |

Off unless the variable is set; a real power failure needs no flag.
"""

import os

VARIABLE = "CLUB_FAULT_POINT"
POINTS = ("outbox.after-add", "outbox.before-send", "outbox.after-answer", "outbox.after-settle")
EXIT_CODE = 137  # as after SIGKILL


def reach(point: str) -> None:
    """End the process without any clean-up when this is the chosen point; otherwise nothing."""
    if os.environ.get(VARIABLE) == point:
        os._exit(EXIT_CODE)
