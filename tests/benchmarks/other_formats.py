"""The lines of a combined log as other servers would have written them.

In: combined lines as ``generate_log.py`` writes them. Out: the same requests in each format of ``WRITERS``.
What a format tells and the combined one does not (durations, headers of answers) follows from the line.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

HOST = "mall.example"
CLOCK = "%d/%b/%Y:%H:%M:%S %z"
W3C_HEAD = (
    "#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes time-taken\n"
)
CLOUDFRONT_HEAD = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
    "sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id "
    "x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
    "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port "
    "time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start "
    "sc-range-end\n"
)
HEADERS = {
    "Accept": ["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"],
    "Accept-Encoding": ["gzip, deflate, br, zstd"],
    "Accept-Language": ["ru-RU,ru;q=0.9,kk;q=0.8,en-US;q=0.7,en;q=0.6"],
    "Sec-Ch-Ua": ['"Chromium";v="126", "Not-A.Brand";v="24", "Google Chrome";v="126"'],
    "Sec-Fetch-Mode": ["navigate"],
}
TLS = {"resumed": False, "version": 772, "cipher_suite": 4865, "proto": "h2", "server_name": HOST}
ANSWER = {
    "Content-Type": ["text/html; charset=utf-8"],
    "Server": ["Caddy"],
    "Alt-Svc": ['h3=":443"; ma=2592000'],
}
TRAEFIK = {
    "OriginContentSize": 512, "OriginDuration": 1_900_000, "Overhead": 100_000, "RequestAddr": HOST,
    "RequestContentSize": 0, "RequestHost": HOST, "RequestPort": "-", "RequestProtocol": "HTTP/2.0",
    "RequestScheme": "https", "RetryAttempts": 0, "RouterName": "web@docker", "ServiceName": "web@docker",
    "ServiceAddr": "192.0.2.80:80", "ServiceURL": "http://192.0.2.80:80", "entryPointName": "websecure",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a combined line, its time as the line has it."""

    combined: str
    address: str
    clock: str
    method: str
    path: str
    query: str
    status: str
    size: str
    referrer: str
    agent: str

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def milliseconds(self) -> int:
        """How long it took: by its size, so that it is the same in every format."""
        return 1 + int(self.size) // 50


def request_of(line: str) -> Request:
    """Take a synthetic line apart."""
    begin, request, numbers, referrer, _, agent, _ = line.rstrip("\n").split('"')
    method, target, _ = request.split(" ")
    path, _, query = target.partition("?")
    status, size = numbers.split()
    address, clock = begin.split(" ", 1)[0], begin[begin.index("[") + 1 : -2]
    return Request(line.rstrip("\n"), address, clock, method, path, query, status, size, referrer, agent)


@lru_cache(maxsize=100_000)
def utc_of(clock: str) -> dt.datetime:
    """The moment of a line, in UTC."""
    return dt.datetime.strptime(clock, CLOCK).astimezone(dt.UTC)


def vhost_combined(one: Request) -> str:
    return f"{HOST}:443 {one.combined}"


def nginx_json(one: Request) -> str:
    written = {
        "time_iso8601": utc_of(one.clock).isoformat(),
        "remote_addr": one.address,
        "remote_user": "",
        "host": HOST,
        "request": f"{one.method} {one.target} HTTP/1.1",
        "status": int(one.status),
        "body_bytes_sent": int(one.size),
        "request_time": one.milliseconds / 1000,
        "http_referer": one.referrer,
        "http_user_agent": one.agent,
    }
    return _json(written)


def caddy_json(one: Request) -> str:
    headers = {"User-Agent": [one.agent], **HEADERS, "Referer": [one.referrer]}
    request = {
        "remote_ip": one.address, "remote_port": "44790", "client_ip": one.address, "proto": "HTTP/2.0",
        "method": one.method, "host": HOST, "uri": one.target, "headers": headers, "tls": TLS,
    }  # fmt: skip
    written = {
        "level": "info", "ts": utc_of(one.clock).timestamp() + 0.5, "logger": "http.log.access",
        "msg": "handled request", "request": request, "bytes_read": 0, "user_id": "",
        "duration": one.milliseconds / 1000, "size": int(one.size), "status": int(one.status),
        "resp_headers": ANSWER,
    }  # fmt: skip
    return _json(written)


def traefik_json(one: Request) -> str:
    moment = utc_of(one.clock).isoformat().replace("+00:00", "Z")
    written = {
        "ClientAddr": f"{one.address}:44790", "ClientHost": one.address, "ClientPort": "44790",
        "ClientUsername": "-", "DownstreamContentSize": int(one.size), "DownstreamStatus": int(one.status),
        "Duration": one.milliseconds * 1_000_000, "OriginStatus": int(one.status), **TRAEFIK,
        "RequestMethod": one.method, "RequestPath": one.target, "StartUTC": moment, "level": "info",
        "msg": "", "request_Referer": one.referrer, "request_User-Agent": one.agent, "time": moment,
    }  # fmt: skip
    return _json(written)


def traefik(one: Request) -> str:
    return f'{one.combined} 1204 "web@docker" "http://192.0.2.80:80" {one.milliseconds}ms'


def ltsv(one: Request) -> str:
    return (
        f"time:[{one.clock}]\thost:{one.address}\treq:{one.method} {one.target} HTTP/1.1\t"
        f"status:{one.status}\tsize:{one.size}\treferer:{one.referrer}\tua:{one.agent}\t"
        f"vhost:{HOST}\treqtime:{one.milliseconds / 1000}"
    )


def w3c(one: Request) -> str:
    return (
        f"{utc_of(one.clock):%Y-%m-%d %H:%M:%S} 192.0.2.80 {one.method} {one.path} {one.query or '-'} 443 - "
        f"{one.address} {one.agent.replace(' ', '+')} {one.referrer} {HOST} {one.status} 0 0 {one.size} "
        f"{one.milliseconds}"
    )


def cloudfront(one: Request) -> str:
    moment, seconds = utc_of(one.clock), one.milliseconds / 1000
    values = (
        f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}", "ALA50-C1", one.size, one.address, one.method,
        "d111111abcdef8.cloudfront.net", one.path, one.status, one.referrer, one.agent.replace(" ", "%20"),
        one.query or "-", "-", "Hit", "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==", HOST,
        "https", "23", seconds, "-", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "Hit", "HTTP/2.0", "-", "-",
        "11040", seconds, "Hit", "text/html", "78", "-", "-",
    )  # fmt: skip
    return "\t".join(map(str, values))


def alb(one: Request) -> str:
    moment, seconds = utc_of(one.clock).isoformat().replace("+00:00", ".186641Z"), one.milliseconds / 1000
    return (
        f"h2 {moment} app/web/50dc6c495c0c9188 {one.address}:2817 192.0.2.80:80 0.000 {seconds} 0.000 "
        f'{one.status} {one.status} 34 {one.size} "{one.method} https://{HOST}:443{one.target} HTTP/2.0" '
        f'"{one.agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/73e2d6bc24d8a067 "
        f'"Root=1-58337262-36d228ad5d99923122bbe354" "{HOST}" "arn:aws:acm:eu-central-1:123456789012:'
        f'certificate/12345678" 0 {moment} "forward" "-" "-" "192.0.2.80:80" "{one.status}" "-" "-"'
    )


def haproxy(one: Request) -> str:
    moment = f"{utc_of(one.clock):%d/%b/%Y:%H:%M:%S}.655"
    return (
        f"Nov 20 04:00:00 lb haproxy[14389]: {one.address}:33317 [{moment}] http-in web/srv1 "
        f"10/0/30/69/{one.milliseconds} {one.status} {one.size} - - ---- 1/1/1/1/0 0/0 "
        f'"{one.method} {one.target} HTTP/1.1"'
    )


def _json(written: dict[str, Any]) -> str:
    return json.dumps(written, separators=(",", ":"))


WRITERS: dict[str, Callable[[Request], str]] = {
    one.__name__: one
    for one in (
        vhost_combined, nginx_json, caddy_json, traefik, traefik_json, w3c, cloudfront, alb, ltsv, haproxy,
    )
}  # fmt: skip
HEADS = {"w3c": W3C_HEAD, "cloudfront": CLOUDFRONT_HEAD}


def write_as(name: str, log: Path, out: Path) -> None:
    """Write a combined log in another format."""
    with log.open(encoding="ascii") as lines, out.open("w", encoding="ascii") as file:
        file.write(HEADS.get(name, ""))
        file.writelines(_rewritten(lines, WRITERS[name]))


def _rewritten(lines: Iterator[str], writer: Callable[[Request], str]) -> Iterator[str]:
    for line in lines:
        yield writer(request_of(line)) + "\n"
