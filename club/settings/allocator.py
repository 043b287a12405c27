"""Has the C library give memory back: pictures come and go in pieces of megabytes, and a program runs for months.

glibc raises its threshold for pieces of their own each time a large one is freed, and gives each thread an arena: after a few
pictures the heap holds on to 20 MB of holes. Fixed values end that (mallopt(3)).
"""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 128 * 1024  # bytes; glibc's own value, before it moves


def be_thrifty() -> bool:
    """Set it for this process; call before the first picture. Returns whether the C library knows how (glibc does, musl does not)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wishes = ((_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _LARGE), (_M_ARENA_MAX, 1))
    done = [bool(mallopt(name, value)) for name, value in wishes]
    return all(done)


def give_back() -> None:
    """Return the holes in the heap to the system, where the C library knows how (malloc_trim(3)): 0.5 ms for the kiosk's."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    trim(0)
