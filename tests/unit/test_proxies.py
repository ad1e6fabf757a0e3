"""The client behind proxies: the rightmost address that no trusted proxy has, whatever the header says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.addresses import parse_address
from iesiz.deidentify.proxies import UNKNOWN_CLIENT, Proxies, ip_of, with_clients
from iesiz.errors import SettingsError
from iesiz.parse import format_named, parse_block
from iesiz.pipeline import deidentify_file
from iesiz.records import PADDING, Block, ParsedChunk
from iesiz.sources import find_files
from tests.nights import BROWSER, Network, network, site

PROXY, INNER = "192.0.2.7", "192.0.2.8"
TRUSTED = ("192.0.2.0/24", "2001:db8:ffff::/48")
CLIENT = b"203.0.113.5"
STRING = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
)
PROXIES = Proxies("forwarded", TRUSTED)


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        (PROXY, "203.0.113.5", "203.0.113.5"),
        (PROXY, " 203.0.113.5 ", "203.0.113.5"),
        (PROXY, f"203.0.113.5, {INNER}", "203.0.113.5"),  # two proxies of ours
        (PROXY, f"203.0.113.5,{INNER},", "203.0.113.5"),  # RFC 9110: an empty element counts as none
        (PROXY, "198.51.100.1, 203.0.113.5", "203.0.113.5"),  # what the client claims itself is not believed
        (PROXY, "junk<>, 203.0.113.5", "203.0.113.5"),  # whatever it claims
        (PROXY, "203.0.113.5:1234", "203.0.113.5"),
        (PROXY, "[2001:db8::1]:443", "2001:db8::1"),
        (PROXY, '"[2001:db8::1]"', "2001:db8::1"),
        (PROXY, "2001:DB8:0::1", "2001:db8::1"),
        (PROXY, "fe80::1%eth0", "fe80::1"),
        (PROXY, "::ffff:203.0.113.5", "203.0.113.5"),  # IPv4 in IPv6
        (f"::ffff:{PROXY}", "203.0.113.5", "203.0.113.5"),
        ("2001:db8:ffff::1", "203.0.113.5", "203.0.113.5"),
        (f"{PROXY}:41234", "203.0.113.5", "203.0.113.5"),
        (PROXY, f"{INNER}, 192.0.2.9", INNER),  # all are ours: where it began
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),  # nobody vouches for the header
        ("198.51.100.9", "-", "198.51.100.9"),
        ("pc.example", "203.0.113.5", "pc.example"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_proxy(peer: str, header: str, client: str) -> None:
    assert PROXIES.client(peer.encode(), header.encode()) == client.encode()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "-",
        " ",
        ",",
        "unknown",
        "_hidden",
        "203.0.113.5, unknown",
        "203.0.113.999",
        "010.1.1.1",
        "a.example",
        "\\x22",
    ],
)
def test_a_header_that_does_not_tell_leaves_the_peer(header: str) -> None:
    assert PROXIES.client(PROXY.encode(), header.encode()) is None


def test_a_socket_is_a_proxy_where_the_settings_say_so() -> None:
    assert Proxies("forwarded", ("unix:",)).client(b"unix:", CLIENT) == CLIENT
    assert PROXIES.client(b"unix:", CLIENT) == b"unix:"


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_text_raises_and_a_client_is_an_address_or_the_peer(peer: bytes, header: bytes) -> None:
    for own in (peer, PROXY.encode()):
        client = PROXIES.client(own, header)
        assert client in (None, own) or ip_of(client) is not None


@given(st.ip_addresses(), st.lists(st.text(max_size=9).filter(lambda text: "," not in text), max_size=4))
def test_what_the_client_writes_into_the_header_changes_nothing(address: object, claimed: list[str]) -> None:
    header = ",".join([*claimed, str(address)]).encode()
    found, alone = (PROXIES.client(PROXY.encode(), one) for one in (header, str(address).encode()))
    if not any(text in str(address) for text in ("192.0.2.", "2001:db8:ffff")):
        assert found == alone is not None


def chunk_of(lines: list[tuple[str, str]]) -> ParsedChunk:
    text = "".join(
        f'{peer} - - [03/Mar/2025:10:00:0{at % 10} +0500] "GET / HTTP/1.1" 200 5 "-" "{BROWSER}" "{header}"\n'
        for at, (peer, header) in enumerate(lines)
    ).encode()
    return parse_block(Block(bytearray(text + bytes(PADDING)), len(text), 1), format_named(STRING))


def test_lines_have_their_clients_and_those_without_one_are_counted() -> None:
    lines = [
        (PROXY, "203.0.113.5"),
        (INNER, "203.0.113.5"),
        (PROXY, "unknown"),
        ("198.51.100.9", "x"),
        (PROXY, "-"),
    ]
    chunk = with_clients(chunk_of(lines), PROXIES)
    address = chunk.texts["address"]
    clients = [b"203.0.113.5", PROXY.encode(), b"198.51.100.9"]
    assert [address.values[code] for code in address.codes] == [clients[at] for at in (0, 0, 1, 2, 1)]
    assert list(address.values) == clients
    assert chunk.counts.noted == {UNKNOWN_CLIENT: 2}
    assert chunk.counts.recognised == 5


def test_ipv6_clients_are_cut_to_their_network_before_they_are_keyed() -> None:
    chunk = with_clients(chunk_of([(PROXY, "2001:db8:1:2::a"), (PROXY, "[2001:db8:1:2::b]:80")]), PROXIES)
    texts = [value.decode() for value in chunk.texts["address"].values]
    assert len(texts) == 2
    assert len({parse_address(text) for text in texts}) == 1


def delivered(folder: Path, more: str, form: str = STRING) -> Network:
    settings = site("mall", "web", form=form.replace('"', '\\"')) + more
    net = network(folder, settings)
    rows = [f"203.0.113.{visitor}" for visitor in range(1, 31)]
    text = "".join(
        f'{PROXY} - - [03/Mar/2025:10:00:00 +0500] "GET /ru/shops HTTP/1.1" 200 5 "-" "{BROWSER}" "{one}"\n'
        for one in rows
    )
    net.write("logs/mall/web/a.log", text.encode())
    return net


ASKED = 'client = "x_forwarded_for"\ntrusted = ["192.0.2.0/24"]\n'


@pytest.mark.parametrize(("more", "visitors"), [("", 1), (ASKED, 30)])
def test_clients_count_only_where_the_settings_say_so(tmp_path: Path, more: str, visitors: int) -> None:
    net = delivered(tmp_path, more)
    (file,) = find_files(net.settings)
    assert deidentify_file(net.settings, file).counts.noted == {}
    (part,) = (net.store / "restricted" / "requests").rglob("*.parquet")
    assert len(set(pq.read_table(part)["visitor"].to_pylist())) == visitors


def test_a_format_without_the_header_is_refused(tmp_path: Path) -> None:
    net = delivered(tmp_path, ASKED, "combined")
    (file,) = find_files(net.settings)
    with pytest.raises(SettingsError, match="needs that header in the log"):
        deidentify_file(net.settings, file)


def test_rows_are_few_where_all_is_equal() -> None:
    chunk = with_clients(chunk_of([(PROXY, "203.0.113.5")] * 9), PROXIES)
    assert (chunk.texts["address"].codes == np.zeros(9, np.int32)).all()
