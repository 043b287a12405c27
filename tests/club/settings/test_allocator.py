"""Memory of pictures that are gone goes back to the system, also after many of them."""

import subprocess
import sys

# Pieces of growing size, each freed before the next: what makes glibc raise its threshold and keep the last ones in its heap.
_PICTURES = """
import ctypes, sys
from club.settings import allocator

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

if sys.argv[1] == "thrifty":
    assert allocator.be_thrifty()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
for size in range(1, 9):
    picture = libc.malloc(size << 20)
    libc.free(picture)
pictures = [libc.malloc(4 << 20) for _ in range(6)]
for picture in pictures:
    ctypes.memset(picture, 1, 4 << 20)
kept = [libc.malloc(100_000) for _ in range(64)]  # something smaller on top of them, when the holes below are full
before = resident()
for picture in pictures:
    libc.free(picture)
print((before - resident()) >> 20)
"""


def given_back(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _PICTURES, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_freed_pictures_leave_the_process() -> None:
    assert given_back("thrifty") >= 23
    assert given_back("usual") < 23  # or this file measures nothing
