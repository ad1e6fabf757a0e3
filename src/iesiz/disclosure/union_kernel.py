"""The compiled half of `components`: which columns hang together, by union-find."""

from __future__ import annotations

from iesiz.compiled import compiled
from iesiz.disclosure.sparse import Ints


@compiled
def root_of(parent: Ints, node: int) -> int:
    """The root of a node; halves the paths that it walks."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled
def join(indptr: Ints, indices: Ints, parent: Ints) -> None:
    """Join the columns of each row; afterwards `parent` holds every column's root, its smallest member."""
    for row in range(len(indptr) - 1):
        first = -1
        for entry in range(indptr[row], indptr[row + 1]):
            root = root_of(parent, indices[entry])
            if first < 0:
                first = root
            elif root != first:
                low, high = min(root, first), max(root, first)
                parent[high] = low
                first = low
    for node in range(len(parent)):
        parent[node] = root_of(parent, node)
