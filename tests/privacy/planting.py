"""A network's landing zone with every canary in its place, among enough ordinary visitors to be published."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

from tests.nights import BROWSER, Network, network, site
from tests.privacy.canaries import REGISTRATION, planted

DAY_WRITTEN, BEFORE_THE_EDITION = "03/Mar/2025", "03/Mar/2024"
MANY = range(1, 13)
COLUMNS = [
    *(
        "registration_id",
        "registered_at",
        "updated_at",
        "site",
        "first_name",
        "last_name",
        "iin",
        "birth_date",
    ),
    *("sex", "region", "email", "phone", "language", "channel", "marketing_consent", "interests", "passport"),
]
FORWARDED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" "$http_cookie" "$http_accept_language"'
).replace('"', '\\"')
LANGUAGES = "ru-KZ;q=0.9,en;q=0.8"
# How a client stands in a header: alone, before a proxy of ours, with a port, behind nonsense, before it.
HEADERS = ("{0}", "{0}, 192.0.2.9", "[{0}]:4711", "unknown, {0}", "{0}, unknown", "for={0}")
SETTINGS = (
    site("mall", "web", more='languages = ["kk", "ru"]'),
    site("club", "web", form="vhost_combined"),
    site("cafe", "web", form=FORWARDED) + 'client = "x_forwarded_for"\ntrusted = ["192.0.2.0/24"]\n',
    '[registration]\nsites = ["club"]\npaths = ["registrations.csv"]\n',
)
PREFIX = {"latin name": "/users/", "phone": "/kk/call/", "iin": "/kk/check/", "mail": "/kk/letter/"}


def entry(
    address: str = "192.0.2.1",
    target: str = "/kk/",
    *,
    status: int | str = 200,
    user: str = "-",
    referrer: str = "-",
    agent: str = BROWSER,
    day: str = DAY_WRITTEN,
    size: str = "512",
) -> str:
    """A line of the combined format."""
    request = f'"GET {target} HTTP/1.1" {status} {size}'
    return f'{address} - {user} [{day}:10:00:00 +0500] {request} "{referrer}" "{agent}"'


def ordinary() -> Iterator[str]:
    """What makes cells large enough."""
    for visitor in MANY:
        yield from (
            entry(f"192.0.2.{visitor}", target, status=status)
            for target in ("/kk/", "/ru/")
            for status in (200, 404)
        )


def clients() -> Iterator[str]:
    """Lines whose client is a canary."""
    yield from (entry(one.text) for one in planted("address"))
    yield from (entry(user=one.text) for one in planted("user"))
    for one in planted("agent"):
        phone = BROWSER.replace("Windows NT 10.0; Win64; x64", f"Linux; Android 14; {one.text}")
        yield entry(agent=phone if one.kind == "agent" else f"{one.text}/1.0 (+https://example.org)")


def targets() -> Iterator[str]:
    """Canaries in queries, referrers and paths; enough visitors ask for a path to make it a label."""
    for one in planted("path"):
        target = PREFIX.get(one.kind, "/kk/") + one.text
        yield from (
            entry(f"192.0.2.{visitor}", target, status=status) for visitor in MANY for status in (200, 404)
        )
    for one in planted("query"):
        yield entry(target=f"/kk/search?q={one.text}&utm_source=letter")
        yield entry(target=f"/kk/{PREFIX.get(one.kind, '/')}#{one.text}")
    for one in planted("referrer"):
        yield from (
            entry(referrer=begin + one.text)
            for begin in ("https://www.google.com/search?q=", "https://a.example/")
        )
        yield entry(referrer=one.text)


BAD_LINES: tuple[Callable[[str], str], ...] = (
    lambda text: entry().replace("GET /kk/ HTTP/1.1", text),
    lambda text: entry().replace("GET /kk/ HTTP/1.1", f"\\x16\\x03\\x01{text}"),
    lambda text: entry().replace("GET /kk/ HTTP/1.1", f"GET /kk/ {text} more words"),
    lambda text: entry().replace("GET /kk/ HTTP/1.1", f"get /{text} HTTP/1.1"),
    lambda text: entry(text, day="99/Foo/2025"),
    lambda text: entry(target=f"/{text}", day="31/Feb/2025"),
    lambda text: entry(target=f"/{text}", day=BEFORE_THE_EDITION),
    lambda text: entry(target=f"/{text}").partition(text)[0] + text,
    lambda text: entry(agent=f"Mozilla/5.0 {text}")[:-1],
    lambda text: entry(target=f"/{text}")[: -len(BROWSER) - 20] + entry(target=f"/kk/{text}"),
    lambda text: entry(target=f"/{text}")[:70] + text + entry(),
    lambda text: entry(target=f"/{text}", status="abc"),
    lambda text: entry(target=f"/{text}", size=text),
    lambda text: entry(target=f"/{text}/" + "x" * 70_000 + text),
    lambda text: f"# {text}",
    lambda text: text,
    lambda text: f'{{"request": {{"uri": "/{text}"}}}}',
    lambda text: entry(target=f"/{text}\udcff\udcfe"),
    lambda text: entry(referrer=f'https://a.example/"{text}"'),
    lambda text: f"[error] 7#7: *1 open() /{text} failed, client: 192.0.2.1",
)


def bad_lines() -> Iterator[str]:
    """Every kind of bad line, with a canary in it."""
    yield from (make(one.text) for make, one in zip(BAD_LINES, planted("bad_line"), strict=True))


def lines() -> Iterator[str]:
    """All lines of a site."""
    for part in (ordinary, clients, targets, bad_lines):
        yield from part()


def with_host(line: str) -> str:
    """The line as ``vhost_combined`` has it."""
    return f"club.example:443 {line}"


def more_of(kind: str) -> Iterator[str]:
    """The canaries of a kind, again and again."""
    return cycle(one.text for one in planted("extra") if one.kind.startswith(kind))


def with_more() -> Callable[[str], str]:
    """What writes a proxy's header, a cookie and wished languages behind a line."""
    forms, forwarded, cookies = cycle(HEADERS), more_of("forwarded"), more_of("cookie")
    wished = cycle(f"{one.text},{LANGUAGES}" for one in planted("accept_language"))
    return lambda line: f'{line} "{next(forms).format(next(forwarded))}" "{next(cookies)}" "{next(wished)}"'


def registrations() -> bytes:
    """Fifteen people of one region, and bad rows."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(COLUMNS)
    for at in range(15):
        known = {column: texts[at].text for column in COLUMNS if (texts := planted(REGISTRATION + column))}
        write(known.get(column) or PLAIN.get(column, "") for column in COLUMNS)
    for row in bad_rows():
        write(row)
    return out.getvalue().encode()


PLAIN = {
    "registered_at": "2025-03-03T12:00:00",
    "site": "club",
    "sex": "female",
    "region": "Алматы",
    "language": "kk",
}


def bad_rows() -> Iterator[list[str]]:
    """Rows that cannot be read or hold what is impossible, with a canary in each."""
    texts = iter(planted("bad_row"))
    for column in (
        "registered_at",
        "site",
        "sex",
        "region",
        "language",
        "channel",
        "marketing_consent",
        "birth_date",
    ):
        values = {"registration_id": f"B-{column}", **PLAIN, column: next(texts).text}
        yield [values.get(name, "") for name in COLUMNS]
    yield ["C-1", *[next(texts).text] * (len(COLUMNS) + 3)]
    yield ["C-2", next(texts).text]


def plant(base: Path) -> Network:
    """Deliver everything; nothing is read yet."""
    net = network(base, *SETTINGS)
    for name, dress in (("mall", str), ("club", with_host), ("cafe", with_more())):
        text = "".join(f"{dress(one)}\n" for one in lines())
        if name == "club":
            text += entry("shop.other.example:443 192.0.2.9", f"/{planted('bad_line')[0].text}") + "\n"
        net.write(f"logs/{name}/web/access.log", text.encode("utf-8", "surrogateescape"))
    net.write("registrations.csv", registrations())
    return net
