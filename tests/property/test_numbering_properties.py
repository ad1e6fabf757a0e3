"""Distinct texts and keys of a file get one number each, across its blocks, and one pseudonym."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iesiz.deidentify.keys import KeyRing
from iesiz.deidentify.labels import Labels, spread
from iesiz.deidentify.met_visitors import MetVisitors, period_visitor
from iesiz.deidentify.numbering import Numbers
from iesiz.deidentify.texts import Texts
from iesiz.deidentify.visitors import NETWORK, VISITOR, Visitors
from iesiz.distinct import distinct_numbers
from iesiz.periods import Grain, Period
from iesiz.records import CodedText
from iesiz.restricted.day_runs import DayRuns

words = st.lists(st.binary(max_size=20), unique=True, max_size=60)


def coded(values: list[bytes]) -> CodedText:
    return CodedText.of(np.arange(len(values), dtype=np.int32), values)


@settings(deadline=None)
@example([[b"0", b"3\0"], [b"abcdefgh1", b"bbcdefgh1\0", b"", b"\0", b"\0\0"]])
@given(st.lists(words, max_size=8))
def test_a_text_keeps_its_number_from_block_to_block(blocks: list[list[bytes]]) -> None:
    texts, known = Texts(), dict[bytes, int]()
    for block in blocks:
        before = texts.known
        numbers, new = texts.numbers(coded(block))
        assert numbers.tolist() == [known.setdefault(value, len(known)) for value in block]
        assert coded(block).at(new) == [value for value in known if known[value] >= before]


def test_texts_beyond_the_first_room_are_found_again() -> None:
    values = [b"%d" % number for number in range(20_000)]
    texts = Texts()
    assert texts.numbers(coded(values))[1].tolist() == list(range(20_000))
    numbers, new = texts.numbers(coded(values[::-1]))
    assert numbers.tolist() == list(range(20_000))[::-1]
    assert not len(new)


def test_keys_keep_their_numbers_while_their_table_fills_and_grows() -> None:
    """In small steps, so that it is as full as it may be before it grows."""
    numbers, keys = Numbers(), np.random.default_rng(2).permutation(200_000).astype(np.int64)
    for start in range(0, len(keys), 500):
        found, new = numbers.of(keys[start : start + 500])
        assert found.tolist() == list(range(start, start + 500))
        assert new.tolist() == list(range(500))
    assert numbers.of(keys[::-1])[0].tolist() == list(range(200_000))[::-1]
    assert numbers.keys.tolist() == keys.tolist()


@settings(deadline=None)
@given(st.lists(words, max_size=6), st.integers(1, 5))
def test_labels_are_those_of_each_text_and_no_others(blocks: list[list[bytes]], groups: int) -> None:
    labels = Labels(lambda text: (f"{sum(text) % groups}", "x"), 2)
    for block in blocks:
        (kinds, others), names = labels.of(coded(block))
        rows = np.array([place for place in range(len(block)) if place % 2 == 0], np.int32)
        got = spread(kinds[rows], names, np.arange(len(rows), dtype=np.int32))
        assert got.to_pylist() == [f"{sum(block[row]) % groups}" for row in rows.tolist()]
        assert set(got.dictionary.to_pylist()) == set(got.to_pylist())
        assert {names[code] for code in others.tolist()} <= {"x"}


@settings(deadline=None)
@given(st.lists(words, max_size=6), st.integers(1, 8))
def test_labels_that_were_forgotten_are_made_again(blocks: list[list[bytes]], most: int) -> None:
    labels = Labels(lambda text: (text.hex(),), 1, most)
    for block in blocks:
        (codes,), names = labels.of(coded(block))
        assert [names[code] for code in codes.tolist()] == [text.hex() for text in block]


@pytest.mark.parametrize("host", [b"192.0.2.%d", b"2001:db8:%d::1", b"host-%d.example"])
@pytest.mark.parametrize(
    ("addresses", "held", "keys"),
    [(3, 1 << 18, 1 << 18), (1 << 18, 3, 1 << 18), (1 << 18, 1 << 18, 3), (1, 1, 1)],
)
def test_visitors_that_were_forgotten_are_called_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: bytes, addresses: int, held: int, keys: int
) -> None:
    ring, chance = KeyRing(tmp_path), np.random.default_rng(3)
    blocks = [
        (chance.integers(0, 9, 40).astype(np.int32), chance.integers(0, 5, 40).astype(np.int32))
        for _ in range(6)
    ]
    hosts, names = [host % one for one in range(9)], [b"agent %d" % one for one in range(5)]

    def called() -> list[list[bytes]]:
        visitors = Visitors("mall", ring, MetVisitors("mall", ring, lambda _: True))
        columns = (
            visitors.columns(
                CodedText.of(client, hosts), CodedText.of(agent, names), np.full(40, 20_000, np.int32)
            )
            for client, agent in blocks
        )
        return [made[name].to_pylist() for made in columns for name in (VISITOR, NETWORK)]

    whole = called()
    monkeypatch.setattr("iesiz.deidentify.clients.MOST_ADDRESSES", addresses)
    monkeypatch.setattr("iesiz.deidentify.clients.MOST_OTHERS", held)
    monkeypatch.setattr("iesiz.deidentify.visitors.MOST_KEYS", keys)
    assert called() == whole


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([b"192.0.2.1", b"192.0.2.1:80", b"[2001:db8::1]", b"a", b"a|b", b"A", b"-"]),
                st.sampled_from([b"", b"b|c", b"c", b"b"]),
                st.integers(20_000, 20_002),
            ),
            max_size=40,
        ),
        max_size=4,
    )
)
def test_one_pseudonym_a_client_agent_and_day(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[list[tuple[bytes, bytes, int]]]
) -> None:
    keys = KeyRing(tmp_path_factory.mktemp("keys"))
    visitors = Visitors("mall", keys, MetVisitors("mall", keys, lambda _: True))
    client = {b"192.0.2.1:80": b"192.0.2.1", b"A": b"a"}
    known: dict[tuple[bytes, bytes, int], bytes] = {}
    for block in blocks:
        addresses = CodedText.of(*_codes([one for one, _, _ in block]))
        agents = CodedText.of(*_codes([one for _, one, _ in block]))
        made = visitors.columns(addresses, agents, np.array([day for _, _, day in block], np.int32))
        for name in (VISITOR, NETWORK):
            values = made[name].dictionary.to_pylist()
            assert len(set(values)) == len(values)
        for (address, agent, day), pseudonym in zip(block, made[VISITOR].to_pylist(), strict=True):
            key = (client.get(address, address), agent, day)
            assert known.setdefault(key, pseudonym) == pseudonym
    assert len(set(known.values())) == len(known)


def test_a_visitor_is_called_alike_on_all_days_of_a_week_or_month_and_no_longer(tmp_path: Path) -> None:
    """Against a digest of the standard library; 15 days from Thursday, 24 October, with two agents."""
    ring = KeyRing(tmp_path / "keys")
    closed = Period.named("2024-W43")
    visitors = Visitors("mall", ring, MetVisitors("mall", ring, lambda period: period != closed))
    days = [dt.date(2024, 10, 24) + dt.timedelta(days=step) for step in range(15)]
    numbers = np.repeat(np.array([(day - dt.date(1970, 1, 1)).days for day in days], np.int32), 2)
    agents = [b"a" * 200, b"b"]
    addresses = CodedText.of(np.zeros(30, np.int32), [b"192.0.2.1"])
    made = visitors.columns(
        addresses, CodedText.of(np.tile(np.arange(2, dtype=np.int32), 15), agents), numbers
    )
    met = visitors.take_met()
    assert visitors.take_met() == {}
    assert sorted(met) == days
    for place, day in enumerate(days):
        rows = {row["visitor"]: row for row in met[day].to_pylist()}
        for number, agent in enumerate(agents):
            pseudonym, epoch = made[VISITOR][2 * place + number].as_py(), day.isoformat()
            written = b"\x04\xc0\x00\x02\x01|" + agent
            assert pseudonym == hmac.digest(ring.key(VISITOR, "mall", epoch), written, "sha256")[:16]
            network = hmac.digest(ring.key(NETWORK, "mall", epoch), b"\x04\xc0\x00\x02", "sha256")[:16]
            assert made[NETWORK][2 * place + number].as_py() == network
            row = rows[pseudonym]
            message = b"\x04\xc0\x00\x02\x01|" + hashlib.sha256(agent).digest()
            assert period_visitor("192.0.2.1", agent.decode()) == message
            for grain in (Grain.WEEK, Grain.MONTH):
                period = Period.of(grain, day)
                if period == closed:
                    assert row[grain] is None
                    continue
                secret = ring.key("period", "mall", period.name.lower())
                assert row[grain] == hmac.digest(secret, message, "sha256")[:16]
    assert not ring.has("period", "mall", "2024-w43")


def _codes(values: list[bytes]) -> tuple[np.ndarray, list[bytes]]:
    distinct = list(dict.fromkeys(values))
    return np.array([distinct.index(value) for value in values], np.int32), distinct


def test_rows_that_go_take_their_values_along() -> None:
    text = CodedText.of(np.array([0, 1, 2, 1], np.int32), [b"a", b"b", b"c"])
    kept = text.only(np.array([False, True, False, True]))
    assert kept.values == (b"b",)
    assert kept.codes.tolist() == [0, 0]


@given(st.lists(st.integers(-(10**6), 10**6) | st.integers(19_000, 19_010), max_size=60))
def test_distinct_numbers_are_those_of_a_set(values: list[int]) -> None:
    found, place = distinct_numbers(np.array(values, np.int64))
    assert found.tolist() == sorted(set(values))
    assert found[place].tolist() == values


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(5, 8), max_size=12), max_size=5))
def test_runs_of_days_are_the_days_of_the_lines(blocks: list[list[int]]) -> None:
    runs, days = DayRuns(), [day for block in blocks for day in block]
    for block in blocks:
        runs.add(np.array(block, np.int32))
    assert runs.present == sorted(set(days))
    for wanted in ([5], [6, 8], []):
        assert runs.are(wanted).tolist() == [day in wanted for day in days]
    every_third = np.array([place % 3 == 0 for place in range(len(days))], np.bool_)
    assert runs.of(every_third) == sorted(set(days[::3]))
