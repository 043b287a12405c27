"""Lets freed pictures leave the process at once, instead of lying in holes of its heap (glibc)."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE = 512 * 1024
_SPARE = 4 * 1024 * 1024


def return_large_blocks() -> bool:
    """Give each large block its own mapping, for the rest of this process's life; returns whether the C library can.

    Left to itself, glibc learns from the first picture that is freed to put the next ones on the heap (mallopt(3), dynamic mmap
    threshold). What is allocated after them then keeps their place from being given back: 50 MB at the lounge display.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE)) and bool(mallopt(_M_TRIM_THRESHOLD, _SPARE))
