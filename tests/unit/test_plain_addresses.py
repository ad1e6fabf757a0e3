"""Plain IPv4 addresses are read compiled: as the general reader reads them, and nothing else is."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.clients import Clients
from iesiz.records import CodedText

OCTETS = st.lists(
    st.integers(0, 300).map(str) | st.sampled_from(["00", "01", "007", ""]), min_size=2, max_size=5
)
TEXTS = OCTETS.map(".".join) | st.text("0123456789.: abcdef\0", max_size=20) | st.ip_addresses().map(str)


def codes_of(texts: list[str]) -> CodedText:
    return CodedText.of(np.arange(len(texts), dtype=np.int32), [text.encode() for text in texts])


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=20, unique=True))
@example(["1.2.3.4:", "1.2.3.4:8:8", "1.2.3.4:8a", "1.2.3:4", "1.2.3.4:\u0663"])
@example(["1.2.3.4", "1.2.3.4:80", "::ffff:1.2.3.4", "01.2.3.4", "1.2.3.256", "1.2.3.4.", "1.2.3", "0.0.0.0"])
def test_clients_and_networks_are_told_apart_as_by_the_general_reader(texts: list[str]) -> None:
    clients = Clients()
    whole, network = clients.of_addresses(codes_of(texts))
    known = [parse_address(text) for text in texts]
    assert clients.networks(network.astype(np.int64)).to_pylist() == [one.network for one in known]
    made = clients.visitors(whole.astype(np.int64), codes_of([f"agent of {text}" for text in texts]))
    wanted = zip(known, texts, strict=True)
    assert made.to_pylist() == [one.canonical + f"|agent of {text}".encode() for one, text in wanted]


def test_addresses_of_later_blocks_are_told_from_those_of_earlier_ones() -> None:
    clients, blocks = (
        Clients(),
        (["a", "192.0.2.1"], ["b", "::1", "192.0.2.1:8", "a", "[::1]"], ["2001:db8::1"]),
    )
    made = [clients.of_addresses(codes_of(block)) for block in blocks]
    whole, network = (np.concatenate(one).astype(np.int64) for one in zip(*made, strict=True))
    known = [parse_address(text) for block in blocks for text in block]
    assert clients.networks(network).to_pylist() == [one.network for one in known]
    assert clients.visitors(whole, codes_of(["x"] * 8)).to_pylist() == [
        one.canonical + b"|x" for one in known
    ]
    assert len(set(whole.tolist())) == 5
