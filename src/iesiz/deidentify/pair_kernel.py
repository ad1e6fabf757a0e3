"""Compiled numbering of (address, agent, day) triples, as one 64-bit number each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iesiz.compiled import compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
FREE = np.int64(-1)
CLIENT_BITS, DAY_BITS = 22, 12  # what is left of 63 bits is more than there can be agents


@compiled
def visitor_keys(
    clients: Int32, client_of: Int32, agents: Int32, agent_of: Int32, days: Int64, keys: Int64
) -> None:
    """Write the key of each row's visitor: the numbers of agent, client and day in one.

    Args:
        clients, agents: number of each distinct value.
        client_of, agent_of: place of each row's value.
        days: number of each row's day.
        keys: receives the keys.
    """
    for row in range(keys.size):
        pair = np.int64(agents[agent_of[row]]) << CLIENT_BITS | np.int64(clients[client_of[row]])
        keys[row] = pair << DAY_BITS | days[row]


@compiled
def network_keys(networks: Int32, network_of: Int32, days: Int64, keys: Int64) -> None:
    """Write the key of each row's network, likewise."""
    for row in range(keys.size):
        keys[row] = np.int64(networks[network_of[row]]) << DAY_BITS | days[row]


@compiled
def number_keys(keys: Int64, table: Int64, places: Int32, known: int, numbers: Int32, new_rows: Int32) -> int:
    """Number each key: one met before keeps its number, a new one gets the next.

    Args:
        keys: 0 or more, one a row.
        table: open addressing, ``FREE`` where nothing is; a power of two, at least half as many again as
            there can be keys after this call. ``places`` holds the number of the key at the same place.
        known: numbers given so far.
        numbers: receives the number of each row.
        new_rows: receives for each new number the row where it first stands.

    Returns:
        Numbers given in all.
    """
    mask = np.uint64(table.size - 1)
    total = known
    for row in range(keys.size):
        key = keys[row]
        digest = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
        place = (digest ^ (digest >> np.uint64(32))) & mask
        while table[place] != FREE and table[place] != key:
            place = (place + np.uint64(1)) & mask
        if table[place] == FREE:
            table[place], places[place] = key, total
            new_rows[total - known] = row
            total += 1
        numbers[row] = places[place]
    return total


@compiled
def renumber(numbers: Int32, seen: Int32, used: Int32) -> int:
    """Make numbers small within a block, in order of first appearance.

    Args:
        numbers: one a row, replaced by the small ones.
        seen: -1 for every number there is; holds the small number of each afterwards.
        used: receives for each small number the number that it stands for.

    Returns:
        How many different ones there are.
    """
    count = 0
    for row in range(numbers.size):
        number = numbers[row]
        if seen[number] < 0:
            seen[number], used[count] = count, number
            count += 1
        numbers[row] = seen[number]
    return count
