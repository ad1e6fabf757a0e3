"""SQL, quotes and NUL in any value are values: nothing runs, nothing breaks, nothing of them is published."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from iesiz.errors import SettingsError
from tests.nights import BROWSER, DAY, Network, line, log, network, site
from tests.privacy.byte_search import Canary, Search

MARK = "zhanarcanary"
ATTACKS = [
    f"'; drop table people; select '{MARK}",
    f"\"; copy parts to '{MARK}.csv'; --",
    f"$$; attach '{MARK}.db'; $$",
    f"') or 1=1; install httpfs; -- {MARK}",
    f"{MARK}' union all select secret from keys --",
    f"read_csv('/etc/passwd') {MARK}",
]
ROUTES = ["/it's/{shop}", "/shops/{shop}"]


def lines() -> bytes:
    """Thirty visitors with two ordinary pages each, and attacks in path, query, agent and referrer."""
    made = [log(DAY)]
    for number, attack in enumerate(ATTACKS):
        for visitor in range(1, 31):
            second = 60 + number * 31 + visitor
            plain = line(DAY, visitor, "/" + quote(attack, safe="'();-$"), second)
            made.append(plain.replace(b'"-"', f'"https://{MARK}.example/?q={quote(attack)}"'.encode()))
            made.append(line(DAY, visitor, f"/it's/{number}", second, attack.replace('"', "") + BROWSER))
    return b"".join(made)


def registrations() -> str:
    rows = []
    for number in range(30):
        attack = ATTACKS[number % len(ATTACKS)].replace('"', '""')
        rows.append(f'"R{number}{attack}",2025-03-03T10:00:00,mall,"{attack}","{attack}","{attack}"')
    return "registration_id,registered_at,site,region,sex,email\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Network:
    routes = f"routes = {json.dumps(ROUTES)}\n"
    parts = site("mall", "web", more=routes), '[registration]\nsites = ["mall"]\npaths = ["people.csv"]\n'
    made = network(tmp_path_factory.mktemp("hostile") / "network", *parts)
    made.write("logs/mall/web/a.log", lines())
    made.write("people.csv", registrations().encode())
    return made


def test_a_night_over_hostile_values_publishes_its_tables(net: Network) -> None:
    before = {path for path in net.base.rglob("*") if net.store not in path.parents}
    counts = net.night(DAY)
    assert (counts.exit_code, [one.verdict for one in counts.days]) == (0, ["published"])
    assert counts.registrations is not None
    assert counts.registrations.kept == 30
    made = {path for path in net.base.rglob("*") if net.store not in path.parents} - before
    assert made == {net.store}  # no file of an attack's
    with duckdb.connect(str(net.store / "published/catalog.duckdb"), read_only=True) as catalog:
        pages = dict(
            catalog.execute(
                "select page, visitor_count from daily_pageviews_by_page order by page"
            ).fetchall()
        )
    assert pages["/it's/{shop}"] >= 30  # a quote in an own route is a letter; each agent is a visitor
    assert pages["/ru/shops"] == 30


def test_nothing_of_them_is_kept_or_published(net: Network) -> None:
    assert Search([Canary("mark", "file", MARK)]).in_folder(net.store) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_query_of_a_reader_cannot_do_it_either(net: Network, attack: str) -> None:
    done = net.asked("query", attack)
    assert done.returncode != 0
    assert not list(net.base.rglob(f"{MARK}*"))


@pytest.mark.parametrize(
    "name", ["mall'; drop table x; --", "../mall", "mall/../..", "MALL", "mall\\u0000", ""]
)
def test_a_name_that_could_be_more_than_a_name_is_refused(tmp_path: Path, name: str) -> None:
    made = network(tmp_path, site("mall", "web"))
    path = made.base / "iesiz.toml"
    for key in ("name", "stream"):
        text = path.read_text("utf-8")
        given = {"name": 'name = "mall"', "stream": 'stream = "web"'}[key]
        path.write_text(text.replace(given, f'{key} = "{name}"', 1), "utf-8")
        with pytest.raises(SettingsError):
            _ = made.settings
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("table", ["people; drop table x", 'people"; --', "a.b.c", ""])
def test_a_table_of_a_database_that_could_be_more_is_refused(tmp_path: Path, table: str) -> None:
    source = f"table = {json.dumps(table)}\nservice = 'x'\n"
    made = network(
        tmp_path,
        site("mall", "web"),
        '[registration]\nsites = ["mall"]\n[registration.postgresql]\n' + source,
    )
    with pytest.raises(SettingsError):
        _ = made.settings
