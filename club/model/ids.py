"""Makes ids that nobody else will make, and that sort by when they were made.

Rows that belong together are made together. With ids that sort nowhere in particular each of their index entries lies in a page
of its own; with these they share pages, and a commit writes fewer of them (ADR 0013).
"""

import secrets
import time
from collections.abc import Callable

LENGTH = 26
_TIME = 11  # hex digits of milliseconds since 1970: until 2527
_LUCK = LENGTH - _TIME  # 60 bits that nobody can guess


def new_id(now_ns: Callable[[], int] = time.time_ns, random_hex: Callable[[int], str] = secrets.token_hex) -> str:
    """An id of `LENGTH` lower-case hex digits.

    Args:
        now_ns: the machine's clock, ns since 1970. It orders ids, nothing goes by it: it may be wrong.
        random_hex: as many random bytes as asked for, in hex.
    """
    return f"{now_ns() // 1_000_000:0{_TIME}x}{random_hex((_LUCK + 1) // 2)[:_LUCK]}"
