"""No canary of a registration from PostgreSQL, Parquet or JSON lines, nor of a free text, is left or said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import registration_work
from iesiz.deidentify import RowTreatment
from iesiz.deidentify.text import redact
from tests.nights import DAY, Network
from tests.postgresql import Server
from tests.privacy.canaries import CANARIES, REGISTRATION, found_in, found_in_bytes
from tests.privacy.planting import COLUMNS, plant, registrations

# Names in a text nobody can tell from words. A canary of the kind v6 has a group of five figures.
FOUND = frozenset({"mail", "phone", "iin", "uuid", "hex", "base64", "v4", "v4 with port", "v6 with port"})
Deliver = Callable[[Network], str]


def rows() -> list[dict[str, str]]:
    """The planted rows that have as many columns as the header."""
    read = csv.reader(io.StringIO(registrations().decode("utf-8", "replace")))
    return [
        dict(zip(COLUMNS, row, strict=True)) for row in read if len(row) == len(COLUMNS) and row != COLUMNS
    ]


def as_json(net: Network) -> str:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())
    # Two lines that are cut off, in the middle of what they hold.
    net.write("r.jsonl", (lines + lines[:300] + "\n" + lines[-200:]).encode())
    return 'paths = ["r.jsonl"]'


def as_parquet(net: Network) -> str:
    pq.write_table(pa.Table.from_pylist(rows()), net.base / "r.parquet")
    return 'paths = ["r.parquet"]'


def as_table(server: Server) -> Deliver:
    def deliver(_net: Network) -> str:
        values = ", ".join("(" + ", ".join(quoted(row[name]) for name in COLUMNS) + ")" for row in rows())
        columns = ", ".join(f"{name} text" for name in COLUMNS)
        server.sql(f"drop table if exists planted; create table planted ({columns})")
        server.sql(f"insert into planted values {values}")
        return f'postgresql = {{ url = "{server.url()}", table = "planted" }}'

    return deliver


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"


@pytest.fixture(params=["PostgreSQL", "Parquet", "JSON lines"])
def planted_network(request: pytest.FixtureRequest, tmp_path: Path) -> Network:
    """The planted network, with its registrations from elsewhere."""
    net = plant(tmp_path / "network")
    delivers: dict[str, Deliver] = {"Parquet": as_parquet, "JSON lines": as_json}
    if request.param == "PostgreSQL":
        delivers["PostgreSQL"] = as_table(request.getfixturevalue("postgresql"))
    source = delivers[request.param](net)
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text().replace('paths = ["registrations.csv"]', source))
    return net


def test_two_nights_leave_no_identifier_and_say_none(planted_network: Network) -> None:
    net = planted_network
    said = [repr(net.night(DAY))]
    done = net.command("run", "--day", DAY.isoformat(), "--json")
    check = net.asked("registration", "check")
    assert "kept=2" in said[0]
    assert (done.returncode, check.returncode) == (0, 0)
    assert b"passport" in check.stdout
    said += [(one.stdout + one.stderr).decode() for one in (done, check)]
    assert found_in_bytes("".join(said).encode(), "output") == []
    assert found_in(net.store) == []


def test_a_defect_in_the_middle_tells_no_content(
    planted_network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (
        "from iesiz.deidentify import RowTreatment\n"
        "def fail(self, rows): raise ValueError(rows.to_pylist())\n"
        "RowTreatment.treat = fail"
    )
    done = planted_network.command("run", "--day", DAY.isoformat(), before=before)
    assert done.returncode == 1
    assert b"ValueError" in done.stderr
    assert found_in_bytes(done.stdout + done.stderr, "output") == []
    assert found_in(planted_network.store) == []


def test_with_the_pseudonym_off_every_id_is_found(
    planted_network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search would find them: an id that is kept as it is."""
    treat = RowTreatment.treat

    def keep(self: RowTreatment, rows_read: pa.Table) -> object:
        treated = treat(self, rows_read)
        ids = pa.array([text.strip() for text in rows_read["registration_id"].to_pylist() if text])
        return type(treated)(
            treated.table.set_column(treated.table.column_names.index("sex"), "sex", ids.dictionary_encode()),
            treated.rejected,
            treated.newest,
        )

    monkeypatch.setattr(registration_work.RowTreatment, "treat", keep)
    planted_network.read()
    expected = {one.text for one in CANARIES if one.where == REGISTRATION + "registration_id"}
    assert {CANARIES[one.number].text for one in found_in(planted_network.store)} == expected


def test_no_canary_survives_in_a_free_text() -> None:
    planted = [one for one in CANARIES if one.kind in FOUND]
    assert len(planted) > 150
    texts = [redact(f"пишите {one.text}, жазыңыз / write") for one in planted]
    assert found_in_bytes("\n".join(texts).encode(), "free texts") == []
    left = [redact(f"utm_campaign=spring_{one.text}") for one in planted]
    assert found_in_bytes("\n".join(left).encode(), "campaigns") == []
