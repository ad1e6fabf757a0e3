"""Compiled contribution bounds: which of a visitor's requests and pageviews count.

A visitor with more cells than may count keeps those of the smallest draws: the visitor's half times the
cell's modulo 2^32 - 5. In each cell the first requests count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled, compiled_apart

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Column = npt.NDArray[np.signedinteger]
PRIME = np.uint64(4294967291)
CLASSES = 10
CELLS = 24 * CLASSES
"""Cells of requests: local hours times classes of status."""


@compiled
def offer(draws: UInt64, cells: Int64, held: int, draw: np.uint64, cell: int) -> int:
    """Take a cell among those of the smallest draws; of equal draws the earlier offer stays.

    Args:
        draws, cells: those held, ascending by draw; as many as may be held.
        held: how many are.

    Returns:
        How many are held now.
    """
    if held == draws.size and draw >= draws[held - 1]:
        return held
    place = held if held < draws.size else held - 1
    while place > 0 and draws[place - 1] > draw:
        draws[place], cells[place] = draws[place - 1], cells[place - 1]
        place -= 1
    draws[place], cells[place] = draw, cell
    return min(held + 1, draws.size)


@compiled
def keep_first(rows: Int32, size: int, most: int, second: Column, tie: Int64, keep: Bools) -> None:
    """Of the requests of a cell, which stand by time, the first ones count.

    Args:
        rows: the requests; only the first ``size`` are looked at.
        most: how many count.
        second: of each request.
        tie: what decides among requests of one second, the lesser first.
        keep: receives whether a request counts.
    """
    if size <= most:
        for at in range(size):
            keep[rows[at]] = True
        return
    edge, sure = second[rows[most - 1]], 0
    while second[rows[sure]] < edge:
        keep[rows[sure]] = True
        sure += 1
    for _ in range(most - sure):
        best = -1
        for at in range(sure, size):
            if second[rows[at]] != edge:
                break
            if not keep[rows[at]] and (best < 0 or tie[rows[at]] < tie[best]):
                best = rows[at]
        keep[best] = True


@compiled
def choose_cells(hits: Int64, own: np.uint64, halves: UInt64, draws: UInt64, cells: Int64) -> int:
    """The cells of requests that count of a visitor with hits in more than may count; how many."""
    held = 0
    for cell in range(CELLS):
        if hits[cell]:
            held = offer(draws, cells, held, own * halves[cell] % PRIME, cell)
    return held


@compiled
def take_cell(
    begin: int, end: int, wanted: int, cell_of: Column, rows: Int32, most: int, second: Column, tie: Int64,
    keep: Bools,
) -> None:  # fmt: skip
    """Let the first requests of one visitor's cell count."""
    size = 0
    for at in range(begin, end):
        if cell_of[at] == wanted:
            rows[size] = at
            size += 1
    keep_first(rows, size, most, second, tie, keep)


@compiled_apart
def bound_requests(
    starts: Int64, is_person: Bools, own: UInt64, cell_of: Column, halves: UInt64, second: Column, tie: Int64,
    most: int, hits: Int64, draws: UInt64, cells: Int64, rows: Int32, keep: Bools,
) -> None:  # fmt: skip
    """Which requests count.

    Args:
        starts: where each visitor's requests begin, and the end of the last; by time within a visitor.
        is_person: whether a visitor counts.
        own: the visitor's half of the draws.
        cell_of: each request's cell, below ``CELLS``.
        halves: the cell's half.
        second, tie: what the requests of a cell stand by.
        most: requests that count in a cell.
        hits: one a cell; overwritten.
        draws, cells: as long as cells count; overwritten.
        rows: as long as the most requests of a visitor; overwritten.
        keep: all False; receives whether a request counts.
    """
    for visitor in range(is_person.size):
        if not is_person[visitor]:
            continue
        begin, end = starts[visitor], starts[visitor + 1]
        hits[:] = 0
        for at in range(begin, end):
            hits[cell_of[at]] += 1
        held, full = 0, False
        for cell in range(CELLS):
            held += hits[cell] > 0
            full = full or hits[cell] > most
        if held <= cells.size and not full:
            keep[begin:end] = True
            continue
        held = choose_cells(hits, own[visitor], halves, draws, cells)
        for at in range(held):
            take_cell(begin, end, cells[at], cell_of, rows, most, second, tie, keep)


@compiled_apart
def bound_pageviews(
    starts: Int64, order: Int32, own: UInt64, route: Column, halves: UInt64, second: Column, tie: Int64,
    most: int, draws: UInt64, cells: Int64, keep: Bools,
) -> None:  # fmt: skip
    """Which pageviews count; a cell is a route.

    Args:
        starts: where each visitor's pageviews begin in ``order``, and the end of the last.
        order: the pageviews by visitor, route and time.
        own, halves: the visitor's half of the draws, and the route's.
        route, second, tie: of each request.
        most: pageviews that count in a cell.
        draws, cells: as long as cells count; overwritten.
        keep: all False; receives whether a request is a pageview that counts.
    """
    for visitor in range(starts.size - 1):
        held, end = 0, starts[visitor + 1]
        for at in range(starts[visitor], end):
            if at == starts[visitor] or route[order[at]] != route[order[at - 1]]:
                held = offer(draws, cells, held, own[visitor] * halves[route[order[at]]] % PRIME, at)
        for cell in range(held):
            begin = cells[cell]
            size = 1
            while begin + size < end and route[order[begin + size]] == route[order[begin]]:
                size += 1
            keep_first(order[begin:], size, most, second, tie, keep)
