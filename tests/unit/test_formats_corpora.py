"""What others expect of the same lines: CrowdSec, Vector, Logswan, netdata, GoatCounter, lnav."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    r'(?:FloatApproxEqual\()?results\["s0[12]-\w+"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.'
    r'(?:Parsed|Meta|Enriched|Unmarshaled\["caddy"\])((?:\["?[^]"]+"?\])+)(?: == (.*)|, ([\d.]+)\))'
)


def expected_fields(folder: Path, parser: str) -> list[dict[str, Any]]:
    """What a parser is expected to say of each line; a value within an object by the keys that lead to it."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for line in (folder / "parser.assert").read_text(encoding="utf-8").splitlines():
        said = ASSERTION.fullmatch(line)
        if said and said[1] == parser:
            name = ".".join(re.findall(r'\["?([^]"]+)"?\]', said[3]))
            found[int(said[2])][name] = json.loads(said[4] or said[5])
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
    "request.method": "verb",
    "request.client_ip": "remote_addr",
    "size": "body_bytes_sent",
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
    return said | {one: said.get(other, "") for one, other in SAME.items() if one not in said}


COMPARED = (
    *("remote_addr", "clientip", "source_ip", "http_user_agent", "http_referer", "referrer", "status"),
    *("http_status", "response", "body_bytes_sent", "bytes", "time_local", "verb", "http_verb"),
    *("request.method", "request.client_ip", "timestamp", "size"),
)
# What iesiz has no use for: parsed where it must be, and dropped.
DROPPED = {
    *("ident", "auth", "remote_user", "httpversion", "http_version", "username", "program", "message"),
    *("log_type", "service", "sub_type", "datasource_path", "datasource_type", "logger", "level", "msg"),
    *("user_id", "bytes_read", "request.proto", "request.remote_port", "port"),
}
HTTP_STATUS = {"status", "response", "http_status"}


def holds_request(said: dict[str, str], one: dict[str, Any]) -> None:
    """Paths, where there is a verb; the whole of another request is no path and is not kept."""
    is_request = "verb" in one or "request.method" in one
    for name in ("request", "http_path", "request.uri"):
        if name in one and is_request:
            assert said["path"] == one[name].partition("?")[0], name
        elif name in one:
            assert said["verb"] == "malformed" or said["path"] in one[name], name


@pytest.mark.parametrize("folder", FOLDERS)
def test_crowdsecs_fields_come_out(corpora: Path, folder: str) -> None:
    parser, forms = FOLDERS[folder]
    wanted = [
        one for one in expected_fields(corpora / "logs" / "crowdsec" / folder, parser) if "message" in one
    ]
    access = [one for one in wanted if HTTP_STATUS & set(one)]
    assert len(access) >= len(wanted) - 2  # the others are of error logs
    for one in access:
        chunk = first_reading(one["message"].encode(), forms)
        said = facts(chunk)
        left = set(one) - DROPPED - {"request", "http_path", "request.uri"}
        for name in left.intersection(COMPARED):
            assert said[name] == str(one[name]), name
        holds_request(said, one)
        for name in left.intersection({"target_fqdn", "request.host"}):
            assert said.get("host", "").rpartition("]")[2] in ("", one[name].partition(":")[0]), name
        for name in left.intersection({"remote_ip", "request.remote_ip"}):
            assert said["remote_addr"] in (one[name], one.get("request.client_ip")), name
        if chunk.duration is not None:
            assert abs(chunk.duration[0] - one["duration"] * 1_000_000) <= 1  # theirs is rounded
            assert chunk.seconds[0] == int(one["ts"])
        known = {*COMPARED, "target_fqdn", "request.host", "remote_ip", "request.remote_ip", "duration", "ts"}
        headers = {
            name for name in left if name.startswith(("request.headers", "resp_headers", "request.tls"))
        }
        assert left - known - headers == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_crowdsecs_times_come_out(corpora: Path, folder: str) -> None:
    _, forms = FOLDERS[folder]
    wanted = expected_fields(corpora / "logs" / "crowdsec" / folder, "crowdsecurity/dateparse-enrich")
    access = [one for one in wanted if HTTP_STATUS & set(one) and one.get("MarshaledTime")]
    assert access or folder == "apache2-logs"  # whose expectations hold no date
    for one in access:
        moment = dt.datetime.fromisoformat(one["MarshaledTime"]).replace(microsecond=0)
        assert first_reading(one["message"].encode(), forms).seconds[0] == int(moment.timestamp())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_line_of_crowdsecs_files_is_accounted_for(corpora: Path, folder: str) -> None:
    place = corpora / "logs" / "crowdsec" / folder
    parser, forms = FOLDERS[folder]
    access = [one for one in expected_fields(place, parser) if HTTP_STATUS & set(one)]
    [path] = place.glob("*.log")
    lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    readings = [max(read(line, FORMATS[form]).rows for form in forms) for line in lines]
    assert sum(readings) == len(access)  # the rest are lines of error logs


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
        referrer = wanted.get("referrer") or wanted.get("referer") or wanted.get("http_referer")
        if referrer:
            assert text(chunk, "referrer").decode() == referrer
        if "request_method" in wanted:
            assert METHODS[chunk.method[0]] == wanted["request_method"]
            address = urlsplit(wanted["request_url"])
            assert (text(chunk, "path").decode(), text(chunk, "host").decode()) == (
                address.path,
                address.hostname,
            )
        elif "request" in wanted:
            method, target, _ = wanted["request"].split(" ")
            assert METHODS[chunk.method[0]] == method
            assert text(chunk, "path").decode() == target.partition("?")[0]


INGRESS = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" $request_length $request_time [$proxy_upstream_name] '
    "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time "
    "$upstream_status $req_id"
)


def test_vectors_ingress_line_tells_its_duration(corpora: Path) -> None:
    cases = [one for one in vrl_cases(corpora, "nginx") if "ingress" in one[1]]
    assert cases
    for line, _, wanted in cases:
        chunk = read(line, format_named(INGRESS))
        assert chunk.duration is not None
        assert chunk.duration[0] == round(wanted["request_time"] * 1_000_000)
        assert (chunk.status[0], chunk.size[0]) == (wanted["status"], wanted["body_bytes_size"])


def test_vectors_balancer_lines_tell_the_sum_of_three_times(corpora: Path) -> None:
    parts = ("request_processing_time", "target_processing_time", "response_processing_time")
    for line, title, wanted in vrl_cases(corpora, "aws_alb"):
        chunk = read(line, FORMATS["alb"])
        assert chunk.duration is not None
        times = [float(wanted[name]) for name in parts if wanted[name] is not None]
        assert chunk.duration[0] == round(sum(one for one in times if one >= 0) * 1_000_000), title


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
    hours = {int(one["data"]): one["hits"] for one in wanted["hours"]}
    local = (chunk.seconds + chunk.offsets) // 3600 % 24
    assert {hour: int((local == hour).sum()) for hour in hours} == hours
    distinct = set(addresses)
    assert sum(b":" in one for one in distinct) == wanted["visits"]["ipv6"]
    assert sum(b":" not in one for one in distinct) == wanted["visits"]["ipv4"]
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


def netdata_entries(path: Path) -> list[dict[str, str]]:
    """Blocks of NAME=value, with an empty line between them."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]


@pytest.mark.parametrize(("name", "form"), [("nginx-combined", "combined"), ("nginx-json", "nginx_json")])
def test_netdatas_expected_entries_come_out(corpora: Path, name: str, form: str) -> None:
    folder = corpora / "logs" / "netdata"
    wanted = netdata_entries(folder / f"{name}.output")
    chunk = read((folder / f"{name}.input").read_bytes(), FORMATS[form])
    assert (chunk.rows, sum(chunk.counts.rejected.values())) == (len(wanted), 0)
    for row, one in enumerate(wanted):
        assert text(chunk, "address", row).decode() == one["NGINX_REMOTE_ADDR"]
        assert (chunk.status[row], chunk.size[row]) == (
            int(one["NGINX_STATUS"]),
            int(one["NGINX_BODY_BYTES_SENT"]),
        )
        assert text(chunk, "agent", row).decode() == one["NGINX_HTTP_USER_AGENT"]
        assert text(chunk, "referrer", row).decode().strip("-") == one.get("NGINX_HTTP_REFERER", "").strip(
            "-"
        )
        assert METHODS[chunk.method[row]] == one["NGINX_REQUEST_METHOD"]
        assert text(chunk, "path", row).decode() == one["NGINX_REQUEST_URI"].partition("?")[0]
        written = one.get("NGINX_TIME_LOCAL", "")
        if re.search(r":[0-5]\d ", written):  # some are no times at all
            moment = dt.datetime.strptime(written, "%d/%b/%Y:%H:%M:%S %z")
            assert chunk.seconds[row] == int(moment.timestamp())
        if "NGINX_REQUEST_TIME" in one and chunk.duration is not None:
            assert chunk.duration[row] == round(float(one["NGINX_REQUEST_TIME"]) * 1_000_000)
        if "NGINX_HOST" in one:
            assert text(chunk, "host", row).decode() == one["NGINX_HOST"]


@pytest.mark.parametrize("name", ["1.json", "2.json"])
def test_goatcounters_caddy_logs_are_read(corpora: Path, name: str) -> None:
    content = (corpora / "logs" / "goatcounter" / "caddy" / name).read_text(encoding="utf-8")
    entries, decoder, at = [], json.JSONDecoder(), 0
    while content[at:].strip():
        at += len(content[at:]) - len(content[at:].lstrip())
        entry, at = decoder.raw_decode(content, at)
        entries.append(entry)
    # The first is written over several lines, which no server does.
    chunk = read("\n".join(map(json.dumps, entries)).encode(), FORMATS["caddy_json"])
    assert chunk.rows == len(entries)
    for row, one in enumerate(entries):
        request = one["request"]
        assert text(chunk, "host", row).decode() == request["host"]
        assert text(chunk, "path", row).decode() == request["uri"].partition("?")[0]
        assert text(chunk, "address", row).decode() == request.get("remote_ip", request.get("remote_addr"))
        assert (METHODS[chunk.method[row]], chunk.status[row]) == (request["method"], one["status"])
        assert (chunk.seconds[row], chunk.size[row]) == (int(one["ts"]), one["size"])
        assert chunk.duration is not None
        assert abs(chunk.duration[row] - one["duration"] * 1_000_000) < 1
        agents = request["headers"].get("User-Agent", [""])
        assert text(chunk, "agent", row).decode() == agents[0]


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
