"""What others expect of the same lines: CrowdSec, Vector, Logswan, netdata, GoatCounter, lnav."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from iesiz.parse import FORMATS, choose_format, format_named
from iesiz.records import METHODS, ParsedChunk
from tests.unit.log_lines import text
from tests.unit.small_world import block_of
from tests.unit.test_formats import read

FOLDERS = {
    "nginx-http-malformed": ("crowdsecurity/nginx-logs", ("combined", "vhost_combined")),
    "nginx_http-logs": ("crowdsecurity/nginx-logs", ("combined", "vhost_combined")),
    "apache2-logs": ("crowdsecurity/apache2-logs", ("combined", "vhost_combined", "common")),
    "caddy-logs": ("crowdsecurity/caddy-logs", ("caddy_json",)),
}
ASSERTION = re.compile(
    r'results\["s01-parse"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.(?:Parsed|Meta)\["(\w+)"\] == (".*")'
)


def expected_fields(folder: Path, parser: str) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for line in (folder / "parser.assert").read_text(encoding="utf-8").splitlines():
        said = ASSERTION.fullmatch(line)
        if said and said[1] == parser:
            found[int(said[2])][said[3]] = json.loads(said[4])
    return list(found.values())


def first_reading(line: bytes, forms: tuple[str, ...]) -> ParsedChunk:
    """The line by the first of the formats whose address is one."""
    chunks = [read(line, FORMATS[form]) for form in forms]
    return next(
        one for one in chunks if one.rows and re.match(rb"\d+\.\d+\.|\[?[0-9a-f]*:", text(one, "address"))
    )


SAME = {
    "clientip": "remote_addr",
    "source_ip": "remote_addr",
    "http_status": "status",
    "response": "status",
    "referrer": "http_referer",
    "bytes": "body_bytes_sent",
    "timestamp": "time_local",
    "http_verb": "verb",
}


def facts(chunk: ParsedChunk) -> dict[str, str]:
    names = {"address": "remote_addr", "agent": "http_user_agent", "referrer": "http_referer", "host": "host"}
    said = {names[name]: text(chunk, name).decode() for name in chunk.texts if name in names}
    moment = dt.datetime.fromtimestamp(
        int(chunk.seconds[0]), dt.timezone(dt.timedelta(seconds=int(chunk.offsets[0])))
    )
    said["time_local"] = f"{moment:%d/%b/%Y:%H:%M:%S %z}"
    said["status"], said["body_bytes_sent"] = str(chunk.status[0]), str(chunk.size[0])
    said["verb"], said["path"] = METHODS[chunk.method[0]], text(chunk, "path").decode()
    return said | {one: said.get(other, "") for one, other in SAME.items()}


COMPARED = (
    *("remote_addr", "clientip", "source_ip", "http_user_agent", "http_referer", "referrer", "status"),
    *("http_status", "response", "body_bytes_sent", "bytes", "time_local", "verb", "http_verb"),
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_crowdsecs_fields_come_out(corpora: Path, folder: str) -> None:
    parser, forms = FOLDERS[folder]
    wanted = [
        one for one in expected_fields(corpora / "logs" / "crowdsec" / folder, parser) if "message" in one
    ]
    access = [one for one in wanted if {"status", "response", "http_status"} & set(one)]
    compared = 0
    for one in access:
        chunk = first_reading(one["message"].encode(), forms)
        said = facts(chunk)
        for name in COMPARED:
            if name in one:
                assert said[name] == one[name], name
                compared += 1
        if "request" in one and "verb" in one:
            assert said["path"] == one["request"].partition("?")[0]
        elif "request" in one:
            assert said["verb"] == "malformed" or said["path"] in one["request"]
        if "target_fqdn" in one and "host" in said:
            assert said["host"] == one["target_fqdn"].partition(":")[0]
    assert compared >= 5 * len(access) > 0


STRING = re.compile(r"s'(.*?)'(?:,|\))", re.DOTALL)


def vrl_cases(corpora: Path, name: str) -> list[tuple[bytes, str, dict[str, Any]]]:
    """Line, format and expected fields of each example of an access log."""
    said = json.loads((corpora / "logs" / "vrl" / f"parse_{name}_log.json").read_text(encoding="utf-8"))
    cases = []
    for example in said["examples"]:
        if "(error)" in example["title"]:
            continue
        literal = STRING.search(example["source"])
        line = literal[1] if literal else json.loads(re.search(r'".*"', example["source"])[0])  # type: ignore[index]
        cases.append((line.encode(), example["title"], example["return"]))
    return cases


@pytest.mark.parametrize(
    ("name", "form"), [("apache", ""), ("common", "common"), ("nginx", ""), ("aws_alb", "alb")]
)
def test_vectors_fields_come_out(corpora: Path, name: str, form: str) -> None:
    for line, title, wanted in vrl_cases(corpora, name):
        own = '%h %l %u [%{%Y-%m-%dT%H:%M:%S}tZ] "%r" %>s %b' if "custom" in title else form
        own = own or ("common" if "(common)" in title else "combined")
        chunk = read(line, format_named(own))
        assert chunk.rows == 1, title
        address = (
            wanted.get("client_host") or wanted.get("host") or wanted.get("client") or wanted["remote_addr"]
        )
        assert text(chunk, "address").decode() == address
        moment = dt.datetime.fromisoformat(wanted["timestamp"]).replace(microsecond=0)
        assert chunk.seconds[0] == int(moment.timestamp())
        assert chunk.status[0] == int(wanted.get("status") or wanted["elb_status_code"])
        assert chunk.size[0] == next(
            wanted[key] for key in ("size", "body_bytes_size", "sent_bytes") if key in wanted
        )
        if "path" in wanted:
            assert (text(chunk, "path").decode(), METHODS[chunk.method[0]]) == (
                wanted["path"],
                wanted["method"],
            )
        agent = wanted.get("agent") or wanted.get("http_user_agent") or wanted.get("user_agent")
        if agent:
            assert text(chunk, "agent").decode() == agent


def test_logswans_statistics(corpora: Path) -> None:
    folder = corpora / "logs" / "logswan"
    wanted = json.loads((folder / "logswan.json").read_text(encoding="utf-8"))
    chunk = read((folder / "logswan.log").read_bytes(), FORMATS["combined"])
    assert (chunk.counts.lines, sum(chunk.counts.rejected.values())) == (wanted["processed_lines"], 0)
    assert int(chunk.size.sum()) == wanted["bandwidth"]
    addresses = [text(chunk, "address", row) for row in range(chunk.rows)]
    assert sum(b":" in one for one in addresses) == wanted["hits"]["ipv6"]
    assert sum(b":" not in one for one in addresses) == wanted["hits"]["ipv4"]
    statuses = {int(one["data"]): one["hits"] for one in wanted["status"]}
    assert {code: int((chunk.status == code).sum()) for code in statuses} == statuses
    methods = {one["data"]: one["hits"] for one in wanted["methods"]}
    assert {name: int((chunk.method == METHODS.index(name)).sum()) for name in methods} == methods


def test_netdatas_deliberate_mismatches_are_rejected(corpora: Path) -> None:
    content = (corpora / "logs" / "netdata" / "common.log").read_bytes()
    counts = read(content, FORMATS["common"]).counts
    assert counts.rejected == {"other_form": content.count(b"Unmatched!")}
    full = (corpora / "logs" / "netdata" / "full.log").read_bytes()
    string = (
        '$host:$server_port $remote_addr - - [$time_local] "$request" $status $body_bytes_sent '
        "$request_length $request_time $upstream_response_time $scheme $ssl_protocol $ssl_cipher $a $b $c"
    )
    assert read(full, format_named(string)).counts.rejected == {"other_form": full.count(b"Unmatched!")}


def test_netdatas_json_is_read(corpora: Path) -> None:
    content = (corpora / "logs" / "netdata" / "nginx-json.input").read_bytes()
    entries = [json.loads(line) for line in content.splitlines() if line]
    chunk = read(content, FORMATS["nginx_json"])
    assert chunk.rows == len(entries)
    for row, entry in enumerate(entries):
        assert text(chunk, "address", row).decode() == entry["remote_addr"]
        assert chunk.status[row] == int(entry["status"])
        assert chunk.size[row] == int(entry["body_bytes_sent"])
        assert text(chunk, "agent", row).decode() == entry["http_user_agent"]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("combined", "combined"),
        ("common", "common"),
        ("combined-vhost", "vhost_combined"),
        ("common-vhost", "vhost_common"),
    ],
)
def test_goatcounters_logs_are_found_and_read(corpora: Path, name: str, form: str) -> None:
    content = (corpora / "logs" / "goatcounter" / name).read_bytes()
    found = choose_format(Path(name), "auto", block_of(content))
    assert (found.form.name, found.share) == (form, 1.0)
    chunk = read(content, found.form)
    assert chunk.size.tolist() == [2326, 2326, 0, 133, 0]


def test_lnavs_logs_are_found_and_read(corpora: Path) -> None:
    for name, form, rows in (("w3c.3", "w3c", 3), ("caddy_log.0", "caddy_json", None)):
        content = (corpora / "logs" / "lnav" / f"logfile_{name}").read_bytes()
        found = choose_format(Path(name), "auto", block_of(content))
        assert found.form.name == form
        chunk = read(content, found.form)
        assert chunk.rows == (rows or content.count(b'"msg":"handled request"'))
        assert not chunk.counts.rejected
