"""Registrations from files: the same people, whatever the file is called and written in."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.counts import RegistrationCounts
from iesiz.errors import InputError, PrivacyRefusal, SettingsError
from iesiz.restricted import mirror_path
from iesiz.sources.registration_csv import BLOCK_BYTES
from tests.nights import Network, network, site

ALMATY = dt.timezone(dt.timedelta(hours=5))
MOMENT = dt.datetime(2025, 3, 3, 0, 30, tzinfo=ALMATY)
TEXT: Mapping[str, Any] = {
    "registration_id": "7",
    "registered_at": "2025-03-03T00:30:00+05:00",
    "site": "mall",
    "birth_date": "2007-03-03",
    "sex": "Ж",
    "region": "Абай облысы",
    "email": "Aliya@Mail.ru",
    "phone": "8 (7272) 34-56-78",
    "marketing_consent": "true",
    "interests": "cinema",
    "iin": "070303600000",
}
TYPED = {
    **TEXT,
    "registration_id": 7,
    "registered_at": MOMENT,
    "birth_date": dt.date(2007, 3, 3),
    "marketing_consent": True,
    "interests": ["cinema"],
}
EXPECTED = {
    "site": "mall",
    "registered_day": "2025-03-03",
    "birth_date": "18-24",
    "sex": "female",
    "region": "abai",
    "email": "mail_ru",
    "phone": "kz_fixed",
    "language": "not_given",
    "channel": "not_given",
    "marketing_consent": "yes",
    "interests": "given",
    "left_out": "",
}


def csv_of(row: Mapping[str, Any]) -> bytes:
    return (",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n").encode()


def json_of(row: Mapping[str, Any]) -> bytes:
    return (json.dumps(row, default=str, ensure_ascii=False) + "\n").encode()


def parquet_of(row: Mapping[str, Any], folder: Path) -> bytes:
    path = folder / "made.parquet"
    pq.write_table(pa.Table.from_pylist([dict(row)]), path)
    return path.read_bytes()


def network_with(base: Path, name: str, content: bytes, more: str = "") -> Network:
    part = f'[registration]\nsites = ["mall"]\npaths = ["{name}"]\n{more}'
    made = network(base, site("mall", "web"), part)
    made.write(name, content)
    made.plant_keys()
    return made


def read(net: Network) -> RegistrationCounts:
    counts = pipeline.deidentify_registrations(net.settings)
    assert counts is not None
    return counts


def people(net: Network) -> list[dict[str, str]]:
    rows = pq.read_table(mirror_path(net.settings)).to_pylist()
    return [{name: str(row[name]) for name in EXPECTED} for row in rows]


@pytest.mark.parametrize(
    ("name", "typed"),
    [("r.csv", False), ("r.jsonl", False), ("r.ndjson", True), ("r.parquet", False), ("r.parquet", True)],
)
def test_every_kind_of_file_gives_the_same_person(tmp_path: Path, name: str, typed: bool) -> None:
    row = TYPED if typed else TEXT
    makers = {"csv": csv_of, "parquet": lambda one: parquet_of(one, tmp_path)}
    net = network_with(tmp_path / "network", name, makers.get(name.partition(".")[2], json_of)(row))
    counts = read(net)
    assert (counts.rows, counts.kept, counts.undeclared) == (1, 1, ())
    assert people(net) == [EXPECTED]


def test_a_number_and_its_text_are_one_account_in_whatever_kind_of_file(tmp_path: Path) -> None:
    net = network_with(tmp_path / "network", "r.*", b"")
    (net.base / "r.*").unlink()
    net.write("r.csv", csv_of({**TEXT, "updated_at": "2025-03-03"}))
    net.write("r.jsonl", json_of({**TYPED, "updated_at": "2025-03-04", "region": "Шымкент"}))
    counts = read(net)
    assert (counts.rows, counts.kept) == (2, 1)
    assert people(net) == [{**EXPECTED, "region": "shymkent_city"}]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    renamed = {"created": TEXT["registered_at"], "club": "mall", "number": "7", "region": "Абай"}
    names = '[registration.columns]\nregistered_at = "created"\nsite = "club"\nregistration_id = "number"\n'
    net = network_with(tmp_path / "network", "r.csv", csv_of(renamed), names)
    counts = read(net)
    assert (counts.kept, counts.undeclared) == (1, ())
    assert "region" not in counts.absent
    assert "phone" in counts.absent
    assert people(net)[0]["region"] == "abai"


def test_a_column_that_is_called_otherwise_is_not_the_field(tmp_path: Path) -> None:
    names = '[registration.columns]\nregion = "home_region"\n'
    net = network_with(tmp_path / "network", "r.csv", csv_of(TEXT), names)
    assert read(net).undeclared == ("region",)
    assert people(net)[0]["region"] == "not_given"


def test_a_large_file_is_read_in_blocks(tmp_path: Path) -> None:
    # A quoted line break where a block ends, and rows in the order of neither id nor time.
    count = 2 * BLOCK_BYTES // 60
    rows = [f'{one * 7919 % count},2025-03-03T10:00:00,mall,"Ал\nматы {one}",f' for one in range(count)]
    head = "registration_id,registered_at,site,last_name,sex"
    net = network_with(tmp_path / "network", "r.csv", "\n".join([head, *rows, ""]).encode())
    counts = read(net)
    assert (counts.rows, counts.kept) == (count, count)


def test_a_header_alone_is_an_empty_source(tmp_path: Path) -> None:
    net = network_with(tmp_path / "network", "r.csv", b"registration_id,registered_at,site\n")
    assert (read(net).rows, read(net).kept) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.jsonl", b"no json\n", "line 1"),
        ("r.jsonl", b'{"registration_id": 1}\n', "registered_at, site"),
        ("r.parquet", b"PAR1 and no more", "Parquet"),
        ("r.xlsx", b"PK", "ends in"),
        ("r.jsonl", b"", "line 1"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    net = network_with(tmp_path / "network", name, content)
    with pytest.raises(InputError, match=said):
        read(net)
    assert not mirror_path(net.settings).exists()


def test_a_broken_json_line_is_counted(tmp_path: Path) -> None:
    net = network_with(tmp_path / "network", "r.jsonl", json_of(TEXT) + b'{"registration_id": \n[1]\n')
    counts = read(net)
    assert (counts.rows, counts.kept, dict(counts.rejected)) == (3, 1, {"line": 2})


def test_a_record_that_goes_from_the_files_goes_from_the_mirror(tmp_path: Path) -> None:
    both = json_of(TEXT) + json_of({**TEXT, "registration_id": "8"})
    net = network_with(tmp_path / "network", "r.jsonl", both)
    assert read(net).kept == 2
    net.write("r.jsonl", json_of(TEXT))
    counts = read(net)
    assert (counts.kept, counts.removed) == (1, 1)


def test_what_is_no_class_is_refused_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from iesiz.deidentify import registrations

    monkeypatch.setitem(registrations.SIMPLE, "sex", lambda text: text or "")
    rows = b"".join(json_of({**TEXT, "registration_id": one, "sex": f"s{one}"}) for one in range(300))
    net = network_with(tmp_path / "network", "r.jsonl", rows)
    with pytest.raises(PrivacyRefusal, match="no classes"):
        read(net)
    assert not any(path.is_file() for path in mirror_path(net.settings).parent.rglob("*"))


@pytest.mark.parametrize(
    "written",
    [
        'paths = ["a.csv"]\n[registration.postgresql]\nservice = "s"\ntable = "t"\n',
        "",
        '[registration.postgresql]\nservice = "s"\nurl_variable = "U"\ntable = "t"\n',
        '[registration.postgresql]\ntable = "t"\n',
        '[registration.postgresql]\nservice = "s"\ntable = "t; drop table t"\n',
        'paths = ["a.csv"]\nretry_seconds = [-1]\n',
    ],
)
def test_a_source_is_files_or_one_table_reached_in_one_way(tmp_path: Path, written: str) -> None:
    net = network(tmp_path / "network", site("mall", "web"), f'[registration]\nsites = ["mall"]\n{written}')
    with pytest.raises(SettingsError, match="registration"):
        _ = net.settings


def test_the_check_lists_what_is_declared_and_what_is_there(tmp_path: Path) -> None:
    net = network_with(tmp_path / "network", "r.csv", csv_of({**TEXT, "passport": "N1"}))
    done = net.asked("registration", "check", "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    outcomes = {one["field"] or one["column"]: one["outcome"] for one in said["fields"]}
    assert said["missing"] == []
    assert outcomes["passport"] == "not declared: not read"
    assert outcomes["iin"] == "not read"
    assert outcomes["channel"] == "absent: nobody gave it"
    assert outcomes["email"].startswith("mail_provider: ")
    assert not (net.store / "restricted" / "registration").exists()
