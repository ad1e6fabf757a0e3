"""Write one local day of log lines for measurements, with fixed cardinalities.

`python tests/benchmarks/generate_log.py --lines 3000000 --out FILE`

About 100 thousand (address, agent) pairs, 6 thousand agents, 400 thousand requests and 5 referrers, however
many lines. With `--grow` pairs and requests grow in proportion to the lines, a thirtieth as many agents as
lines go about, and a scanner asks for a random address that comes once in every tenth line. A pool is used up
from about 2 million lines on (fewer lines show fewer distinct values). Same options, same bytes; lines are
written in chunks, so memory doesn't grow with them (with `--grow` the pairs and agents are held).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_BASE_LINES, _CHUNK = 3_000_000, 250_000
_POPULAR_PAGES, _POPULAR_SHARE = 200, 0.60  # ordinary pages, and the share of hits that they take
_LINES_AN_AGENT, _SCAN_EVERY, _SCANNER = 30, 10, 7  # of a log that grows; the scanner is a pair
_SWEEP = 20_000_003  # a prime: its multiples visit every number of a pool once before any comes again
_STATUS = [*["200"] * 82, *["304"] * 9, *["301"] * 3, *["404"] * 4, *["302", "500"]]
_REFERRERS = (
    "-",
    "https://mega-almaty.example/ru/",
    "https://www.google.kz/",
    "https://mega-almaty.example/kk/catalog/shoes",
    "https://yandex.kz/",
)
_SECTIONS = (
    "shops",
    "events",
    "cinema",
    "food",
    "parking",
    "contacts",
    "offers",
    "brands",
    "kids",
    "services",
)


@dataclass(frozen=True)
class Plan:
    """How many lines of which format, from how many distinct values."""

    lines: int
    log_format: str
    seed: int
    pairs: int
    agents: int
    requests: int
    is_scanned: bool

    def __post_init__(self) -> None:
        """Refuse what cannot be written."""
        if self.lines < 1 or self.log_format not in ("common", "combined", "vhost_combined"):
            raise ValueError("a plan needs a line and one of the formats common, combined, vhost_combined")


@dataclass(frozen=True)
class Parts:
    """The strings that lines are put together from, as arrays of objects."""

    address_of_pair: NDArray[Any]
    agent_of_pair: Numbers
    referrer: NDArray[Any]
    agent: NDArray[Any]
    second: NDArray[Any]
    status: NDArray[Any]


def make_plan(lines: int, log_format: str, seed: int, *, is_growing: bool) -> Plan:
    """Cardinalities for that many lines."""
    factor = lines / _BASE_LINES if is_growing else 1.0
    pairs, requests = (max(round(n * factor), 300) for n in (100_000, 400_000))
    agents = min(pairs, max(lines // _LINES_AN_AGENT, 300)) if is_growing else 6_000
    return Plan(lines, log_format, seed, pairs, agents, requests, is_growing)


def chunks(plan: Plan) -> Iterator[bytes]:
    """The lines as bytes, a chunk at a time, each from its own source of chance."""
    parts = _parts(plan)
    for start in range(0, plan.lines, _CHUNK):
        number = np.arange(start, min(start + _CHUNK, plan.lines), dtype=np.int64)
        yield _lines(plan, parts, number, np.random.default_rng((plan.seed, start))).encode("ascii")


def _parts(plan: Plan) -> Parts:
    rng = np.random.default_rng(plan.seed)
    host = "mega-almaty.example:443 " if plan.log_format == "vhost_combined" else ""
    addresses = [f"{host}{_address(n)} - - [20/Nov/2026:" for n in range(plan.pairs * 4 // 5)]
    # The first pairs use every agent once, the others mostly the usual ones.
    agent_of_pair = _skewed(rng, plan.pairs, plan.agents, 1.0, 5)
    agent_of_pair[: plan.agents] = np.arange(plan.agents)
    order = np.concatenate([np.arange(len(addresses)), rng.integers(0, len(addresses), plan.pairs)])
    return Parts(
        address_of_pair=np.array(addresses, dtype=object)[order[: plan.pairs]],
        agent_of_pair=agent_of_pair,
        referrer=np.array([_written(plan, f' "{referrer}" "') for referrer in _REFERRERS], dtype=object),
        agent=np.array([_written(plan, f'{_agent(n)}"') + "\n" for n in range(plan.agents)], dtype=object),
        second=np.array(
            [f'{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d} +0500] "' for s in range(86_400)], object
        ),
        status=np.array([f'" {status} ' for status in _STATUS], dtype=object),
    )


def _address(number: int) -> str:
    """Spell an address of the shared range 100.64.0.0/10 (4 million addresses)."""
    return f"100.{64 + number // 65_536 % 64}.{number // 256 % 256}.{number % 256}"


def _written(plan: Plan, text: str) -> str:
    """What follows the bytes; the common format ends with them."""
    return "" if plan.log_format == "common" else text


def _agent(number: int) -> str:
    version, build = 100 + number % 43, f"{number}.{number * 7 % 251}"
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    if number % 3 == 0:
        return f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {engine} Chrome/{version}.0.{build} Safari/537.36"
    if number % 3 == 1:
        device = f"Linux; Android 14; SM-A{number}"
        return f"Mozilla/5.0 ({device}) {engine} Chrome/{version}.0.{build} Mobile Safari/537.36"
    return f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {engine} Version/18.{build} Safari/605.1.15"


def _skewed(rng: np.random.Generator, size: int, pool: int, shape: float, scale: int) -> Numbers:
    """Draw numbers below `pool` of which the small ones are common (a Pareto law, wrapped round)."""
    drawn: Numbers = np.minimum(rng.pareto(shape, size) * scale, 2.0**62).astype(np.int64) % pool
    return drawn


def _lines(plan: Plan, parts: Parts, number: Numbers, rng: np.random.Generator) -> str:
    size = len(number)
    pair = _skewed(rng, size, plan.pairs, 0.8, 2_000)
    swept = number % 20 == 0
    pair[swept] = number[swept] // 20 * _SWEEP % plan.pairs
    scanned = number % _SCAN_EVERY == 3 if plan.is_scanned else np.zeros(size, bool)
    pair[scanned] = _SCANNER
    referrer = rng.integers(0, len(_REFERRERS), size)
    seconds, requests = _seconds(plan, number, rng), np.array(_requests(plan, number, rng), dtype=object)
    status, sizes = rng.integers(0, len(_STATUS), size), rng.integers(100, 60_000, size)
    requests[scanned] = _scans(int(scanned.sum()), rng)
    status[scanned] = _STATUS.index("404")
    pieces = (
        parts.address_of_pair[pair].tolist(),
        parts.second[seconds].tolist(),
        requests.tolist(),
        parts.status[status].tolist(),
        map(str, sizes.tolist()),
        parts.referrer[referrer].tolist(),
        parts.agent[parts.agent_of_pair[pair]].tolist(),
    )
    return "".join(map("".join, zip(*pieces, strict=True)))


def _seconds(plan: Plan, number: Numbers, rng: np.random.Generator) -> Numbers:
    """Spread the lines over the day, evenings fuller than nights, a few seconds out of order."""
    share = number / plan.lines
    curve = share + 0.09 * np.sin(2 * np.pi * share)
    jitter = rng.integers(0, 3, len(number))
    seconds: Numbers = np.clip(curve * 86_400 + jitter, 0, 86_399).astype(np.int64)
    return seconds


def _requests(plan: Plan, number: Numbers, rng: np.random.Generator) -> list[str]:
    """Draw popular pages, else one of the long tail, through which a fifth of all lines sweeps."""
    tail = plan.requests - _POPULAR_PAGES
    target = _POPULAR_PAGES + _skewed(rng, len(number), tail, 0.5, 500)
    swept = number % 5 == 0
    target[swept] = _POPULAR_PAGES + number[swept] // 5 * _SWEEP % tail
    popular = ~swept & (rng.random(len(number)) < _POPULAR_SHARE / 0.8)
    target[popular] = _skewed(rng, int(popular.sum()), _POPULAR_PAGES, 0.9, 6)
    return [_request(value) for value in target.tolist()]


def _scans(size: int, rng: np.random.Generator) -> list[str]:
    """Requests for what is not there, each another one: letters and digits that nothing folds."""
    words = rng.integers(0, 2**62, size).tolist()
    return [f"GET /{word >> 31:x}/{word & 0x7FFFFFFF:x}.php?id={word % 97} HTTP/1.1" for word in words]


def _request(number: int) -> str:
    if number < _POPULAR_PAGES:
        language = ("ru", "kk", "en")[number % 3]
        return f"GET /{language}/{_SECTIONS[number % 10]}/{number // 10} HTTP/1.1"
    kind = number % 4
    if kind == 0:
        return f"GET /ru/catalog/shoes/item-{number} HTTP/1.1"
    if kind == 1:
        return f"GET /ru/search?q=krossovki+{number}&page={number % 9} HTTP/1.1"
    if kind == 2:
        return f"GET /static/js/chunk.{number * 2_654_435_761 % 2**32:08x}.js HTTP/1.1"
    return f"GET /kk/news/2026/{number % 12 + 1:02d}/qysqy-mausym-{number}?utm_source=instagram HTTP/1.1"


def main() -> None:
    """Read the options and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=_BASE_LINES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", default="combined", choices=("common", "combined", "vhost_combined"))
    parser.add_argument("--grow", action="store_true", help="cardinalities grow with the lines")
    options = parser.parse_args()
    plan = make_plan(options.lines, options.format, options.seed, is_growing=options.grow)
    with options.out.open("wb") as file:
        for chunk in chunks(plan):
            file.write(chunk)


if __name__ == "__main__":
    main()
