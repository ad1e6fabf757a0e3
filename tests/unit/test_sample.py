"""The synthetic sample: same seed, same bytes; nobody's numbers; large enough to publish from."""

import csv
import gzip
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
SAMPLE = DATA / "sample"
RESERVED = [
    ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "100.64.0.0/10", "2001:db8::/32")
]
DOTTED = re.compile(r"(?<![\w./])\d{1,3}(?:\.\d{1,3}){3}(?![\w./])")
COLONS = re.compile(r"(?<![\w:])2[0-9a-f]{3}:[0-9a-f:]+")
NO_ADDRESS = re.compile(r'"Mozilla[^"]*"|\[\d[^]]*\]')  # agents and times look like addresses
PERSON = re.compile(
    r"(?:\S+:\d+ )?(?P<address>\S+) - \S+ \[(?P<day>\d\d)/Nov/2026:(?P<hour>\d\d):\d\d:\d\d \+0500\] "
    r'"(?P<method>[A-Z]+) (?P<target>\S+) HTTP/\S+" (?P<status>\d{3}) \S+ "[^"]*" "(?P<agent>Mozilla[^"]*)"'
)
K = 10


def generate(out: Path, *options: str) -> None:
    """Run the generator as its README says."""
    command = [sys.executable, "-B", str(DATA / "generate.py"), "--out", str(out), "--seed", "2026", *options]
    subprocess.run(command, check=True)


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each generated file, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("logs", "registrations")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }


def unpacked(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files as text: compressed bytes depend on the version of zlib."""
    return {name: gzip.decompress(data) if name.endswith(".gz") else data for name, data in files.items()}


@pytest.fixture(scope="module")
def sample() -> dict[str, str]:
    """The committed sample's texts, by path."""
    return {name: data.decode("utf-8") for name, data in unpacked(contents(SAMPLE)).items()}


@pytest.fixture(scope="module")
def registrations(sample: dict[str, str]) -> list[dict[str, str]]:
    """The committed registrations."""
    return list(csv.DictReader(sample["registrations/registrations.csv"].splitlines()))


def requests(sample: dict[str, str]) -> Iterator[tuple[str, re.Match[str]]]:
    """(site, request) for each line with a browser's agent."""
    for name, text in sample.items():
        if name.startswith("logs/"):
            found = map(PERSON.match, text.splitlines())
            yield from ((name.split("/")[1], match) for match in found if match)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    small = ("--days", "1", "--scale", "0.1")
    generate(tmp_path / "a", *small)
    generate(tmp_path / "b", *small)
    generate(tmp_path / "c", *small, "--seed", "2027")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_the_committed_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    generate(tmp_path)
    assert unpacked(contents(tmp_path)) == unpacked(contents(SAMPLE))


def test_generating_again_leaves_no_file_of_before(tmp_path: Path) -> None:
    generate(tmp_path, "--days", "2", "--scale", "0.02")
    generate(tmp_path, "--days", "1", "--scale", "0.02")
    names = {Path(name).name for name in contents(tmp_path)}
    assert names == {"access.log", "access.log-20261101.gz", "registrations.csv"}


def test_gzip_carries_no_time_and_the_sample_is_small() -> None:
    files = contents(SAMPLE)
    assert all(data[4:8] == b"\0\0\0\0" for name, data in files.items() if name.endswith(".gz"))
    assert sum(map(len, files.values())) < 8_000_000


def test_all_addresses_are_reserved_ones(sample: dict[str, str]) -> None:
    logs = [NO_ADDRESS.sub("", text) for name, text in sample.items() if name.startswith("logs/")]
    found = {address for text in logs for pattern in (DOTTED, COLONS) for address in pattern.findall(text)}
    found |= {match["address"] for _, match in requests(sample)}
    assert len(found) > 5_000
    assert not [address for address in found if not any(ip_address(address) in net for net in RESERVED)]


def test_iins_are_valid_and_nobody_alive_holds_one(registrations: list[dict[str, str]]) -> None:
    for row in registrations:
        digits = [int(digit) for digit in row["iin"]]
        first = sum(d * w for d, w in zip(digits, range(1, 12), strict=False)) % 11
        second = sum(d * w for d, w in zip(digits, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2), strict=False)) % 11
        assert len(digits) == 12
        assert digits[6] in (1, 2)
        assert digits[11] == (first if first < 10 else second)


def test_mails_and_phones_are_synthetic(registrations: list[dict[str, str]]) -> None:
    phones = [re.sub(r"\D", "", row["phone"]) for row in registrations if row["phone"]]
    assert all(re.search(r"@example\.(com|org|net)$", row["email"]) for row in registrations)
    assert all(re.fullmatch(r"[78]?700000\d{4}", phone) for phone in phones)


def test_registrations_hold_what_users_state(registrations: list[dict[str, str]]) -> None:
    names = " ".join(row["first_name"] for row in registrations)
    assert all(re.search(letters, names) for letters in ("[ӘӨҚҰ]", "Фёдор", "[A-Z]"))
    for optional in ("birth_date", "sex", "region", "interests", "phone"):
        assert 0.05 < sum(not row[optional] for row in registrations) / len(registrations) < 0.5
    assert any(row["birth_date"] > date(2026, 11, 10).isoformat() for row in registrations)
    assert any(row["region"] == "Нарния облысы" for row in registrations)
    assert {"Абай облысы", "Жетісу облысы", "Ұлытау облысы"} <= {row["region"] for row in registrations}
    versions = {(row["registration_id"], row["updated_at"]) for row in registrations}
    assert len(versions) == len(registrations) > len({row["registration_id"] for row in registrations})


def test_every_day_of_every_site_has_enough_visitors_for_its_main_cells(sample: dict[str, str]) -> None:
    cells: dict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for site, match in requests(sample):
        if match["status"][0] == "2":
            cells[site, match["day"], f"hour {match['hour']}"].add((match["address"], match["agent"]))
            page = match["target"].split("?")[0]
            cells[site, match["day"], page].add((match["address"], match["agent"]))
    for site in ("mega-almaty", "mega-astana", "club"):
        for day in range(1, 11):
            hours = [len(cells[site, f"{day:02d}", f"hour {hour:02d}"]) for hour in range(24)]
            assert sum(count >= K for count in hours) >= 17, f"{site}, day {day}: too few hours"
            assert all(len(cells[site, f"{day:02d}", f"/{language}/"]) >= K for language in ("kk", "ru"))
    steps = ("/join", "/register", "/register/details", "/register/confirm", "/register/done")
    for day in range(1, 11):
        funnel = [len(cells["club", f"{day:02d}", step]) for step in steps]
        assert funnel == sorted(funnel, reverse=True)
        assert min(funnel) >= K


def test_logs_hold_what_real_ones_hold(sample: dict[str, str]) -> None:
    astana, almaty = (
        "".join(text for name, text in sample.items() if f"/{site}/" in name)
        for site in ("mega-astana", "mega-almaty")
    )
    assert "shop.other.example:443 " in astana
    for trait in (r"\x16\x03\x01", '"" 400', "# log opened", "[error]", "Googlebot", "%D0%", "%40example"):
        assert trait in almaty, trait
    cut = [
        line for line in almaty.splitlines() if "Mozilla" in line and not re.search(r'" \d+\.\d{3}$', line)
    ]
    assert len(cut) == 1


def test_the_readme_names_the_route_of_every_page(sample: dict[str, str]) -> None:
    named = re.findall(r"`(/[^`]*)`", (DATA / "README.md").read_text(encoding="utf-8"))
    routes = re.compile("|".join(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route)) for route in named))
    paths = {match["target"].split("?")[0] for _, match in requests(sample) if match["status"] == "200"}
    pages = {path for path in paths if not path.startswith("/static/") and path != "/robots.txt"}
    assert len(pages) > 60
    assert not [path for path in pages if not routes.fullmatch(path)]
