"""How a process that runs nights asks for memory: from one heap, that of the C library.

Arrays of one size come and go by the hundred, in several threads. pyarrow's own pool and a heap for each
thread would keep what was given back, each for itself; from one heap it is used again. A day of 3 million
lines takes 9.1 CPU s and 670 MiB so, 9.9 and 1,000 otherwise. The largest arrays lie outside and are gone
when they are given back: after 30 million lines 340 of the heap's 580 MiB were pieces between small ones that
nothing fitted, since the C library takes ever larger ones in.
"""

from __future__ import annotations

import ctypes
import os

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # of malloc.h
LARGE = 1 << 23  # bytes from which on an array lies outside; a block of a log stays within
FREE_AT_END = 1 << 25  # bytes at the heap's end that are kept for what comes next


def use_one_heap() -> None:
    """Have this process use one heap; to be called before anything starts a thread or loads pyarrow."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # A C library of another kind has its own way with threads.
        mallopt(ARENA_MAX, 1)
        mallopt(MMAP_THRESHOLD, LARGE)
        mallopt(TRIM_THRESHOLD, FREE_AT_END)


def give_back() -> None:
    """Return what is free within the heap to the system, before much is asked for elsewhere: milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
