"""Work on a stream of inputs by several threads, results in the order of the inputs, bounded in number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, cast

Given = TypeVar("Given")
Made = TypeVar("Made")
_END = object()


def in_order(work: Callable[[Given], Made], inputs: Iterable[Given], threads: int) -> Iterator[Made]:
    """Yield ``work(one)`` for each input; at most two inputs more than there are threads are in memory.

    One of them waits while the caller is still busy with what came out, so that no thread does.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Made]] = deque()
        for one in inputs:
            waiting.append(pool.submit(work, one))
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def ahead(inputs: Iterable[Made]) -> Iterator[Made]:
    """Yield the inputs while a thread already waits for the next one; one more than in use is held."""
    iterator = iter(inputs)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, iterator, _END)
        while (one := following.result()) is not _END:
            following = pool.submit(next, iterator, _END)
            yield cast("Made", one)
