"""Registrations from a real PostgreSQL: half a million, changes, deletions, grants, and a server that dies.

Expected counts are the server's own, by SQL over what the table holds.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.deidentify import RowTreatment
from iesiz.errors import InputError, OutsideError, SettingsError
from iesiz.night import NightCounts
from iesiz.restricted import mirror_path
from iesiz.restricted.staged_records import StagedRecords
from tests.nights import DAY, Network, log, network, site
from tests.postgresql import Server

PASSWORD = "reader-canary-5526"
PEOPLE, FEW = 500_000, 2_000
GRANTED = (
    "registration_id, registered_at, updated_at, site, birth_date, sex, region, email, phone, language, "
    "channel, marketing_consent, interests"
)
TABLE = f"""
drop table if exists TABLE;
create table TABLE as select
    'R' || n as registration_id,
    timestamptz '2025-01-01 00:00+05' + n * interval '10 s' as registered_at,
    timestamptz '2025-01-01 00:00+05' + n * interval '10 s' as updated_at,
    'club' as site,
    'Aigerim' || n as first_name,
    date '1930-01-01' + n * 7 % 33000 as birth_date,
    (array['f', 'м', '', null, 'әйел'])[1 + n % 5] as sex,
    (array['Алматы', 'Алматы облысы', 'Astana', 'Жетісу', 'Нарния', ''])[1 + n % 6] as region,
    'user' || n || (array['@gmail.com', '@mail.ru', '@example.org'])[1 + n % 3] as email,
    '+7 (701) ' || lpad((n % 1000)::text, 3, '0') || '-12-' || lpad((n % 97)::text, 2, '0') as phone,
    'ru'::char(2) as language,
    'app'::varchar as channel,
    n % 4 = 0 as marketing_consent,
    array['cinema', 'food'] as interests,
    'N' || n as passport
from generate_series(1, PEOPLE) as n;
grant select ({GRANTED}) on TABLE to reader;
"""
STATED = {
    "Алматы": "almaty_city",
    "Алматы облысы": "almaty_region",
    "Astana": "astana_city",
    "Жетісу": "zhetisu",
}
STATED |= {"Нарния": "invalid", "": "not_given"}


@pytest.fixture(scope="module")
def server(postgresql: Server) -> Server:
    """The server with a reader, to whom only some columns are granted."""
    postgresql.sql(f"create role reader login password '{PASSWORD}'")
    return postgresql


def club(base: Path, server: Server, table: str, people: int) -> Network:
    """A network whose registrations are in the server's table, made anew."""
    server.sql(TABLE.replace("TABLE", table).replace("PEOPLE", str(people)))
    source = f'url = "{server.url("reader", PASSWORD)}"\ntable = "public.{table}"\n'
    part = '[registration]\nsites = ["club"]\nretry_seconds = [0, 0]\n[registration.postgresql]\n'
    made = network(base, site("club", "web"), part + source)
    made.write("logs/club/web/access.log", log(DAY))
    made.plant_keys()
    return made


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Network:
    """Half a million registrations, read once."""
    made = club(tmp_path_factory.mktemp("mirrored") / "network", server, "registrations", PEOPLE)
    counts = pipeline.deidentify_registrations(made.settings)
    assert counts is not None
    assert (counts.rows, counts.kept, dict(counts.rejected)) == (PEOPLE, PEOPLE, {})
    assert (counts.undeclared, counts.absent, counts.changes_only) == (("passport",), (), False)
    return made


@pytest.fixture
def held(mirrored: Network, tmp_path: Path, server: Server) -> Iterator[Network]:
    """A copy of the mirror, and the table as it was after the test."""
    shutil.copytree(mirrored.base, tmp_path / "network")
    server.sql("create table kept as table registrations")
    yield Network(tmp_path / "network")
    server.sql("truncate registrations; insert into registrations table kept; drop table kept")


@pytest.fixture
def few(tmp_path: Path, server: Server) -> Network:
    """Some registrations in a table of the test's own, read once."""
    made = club(tmp_path / "network", server, "few", FEW)
    pipeline.deidentify_registrations(made.settings)
    return made


def mirror(net: Network) -> pa.Table:
    table = pq.read_table(mirror_path(net.settings))
    texts = {
        one.name: table[one.name].cast(pa.string())
        for one in table.schema
        if pa.types.is_dictionary(one.type)
    }
    return pa.table({name: texts.get(name, table[name]) for name in table.column_names})


def read_anew(net: Network) -> pa.Table:
    """The mirror that a first reading under the same key would make."""
    mirror_path(net.settings).unlink()
    pipeline.deidentify_registrations(net.settings)
    return mirror(net)


def counted(column: pa.ChunkedArray) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in column.value_counts().to_pylist()}


def test_half_a_million_are_counted_as_the_server_counts_them(mirrored: Network, server: Server) -> None:
    table = mirror(mirrored)
    rows = server.sql("select coalesce(region, ''), count(*) from registrations group by 1")
    stated = dict(row.rsplit("|", 1) for row in rows)
    assert counted(table["region"]) == {STATED[name]: int(count) for name, count in stated.items()}
    age = "extract(year from age((registered_at at time zone 'Asia/Almaty')::date, birth_date))"
    young = f"select count(*) from registrations where birth_date <= registered_at and {age} < 18"
    assert counted(table["birth_date"])["under_18"] == int(server.sql(young)[0])
    days = server.sql(
        "select (registered_at at time zone 'Asia/Almaty')::date, count(*) from registrations group by 1"
    )
    by_day = {str(day): count for day, count in counted(table["registered_day"].cast(pa.string())).items()}
    assert by_day == {day: int(count) for day, count in (row.split("|") for row in days)}
    assert counted(table["email"]) == {"gmail": 166_666, "mail_ru": 166_667, "other": 166_667}
    assert counted(table["sex"]) == {"female": 200_000, "male": 100_000, "not_given": 200_000}


def test_the_mirror_has_no_id_and_one_row_a_person(mirrored: Network) -> None:
    table = mirror(mirrored)
    assert len(pc.unique(table["person"])) == PEOPLE
    assert table["person"].type.byte_width == 16
    content = mirror_path(mirrored.settings).read_bytes()
    assert re.search(rb"R\d{6}|user\d{3}|Aigerim|@gmail", content) is None


def test_the_server_was_asked_for_declared_columns_in_a_read_only_snapshot(
    mirrored: Network, server: Server
) -> None:
    said = server.log.read_text("utf-8")
    asked = [line for line in said.splitlines() if '"public"."registrations"' in line]
    assert asked
    assert [line for line in asked if "passport" in line or "first_name" in line or "*" in line] == []
    assert "set transaction isolation level repeatable read, read only" in said


def test_what_is_staged_in_files_makes_the_mirror_that_memory_makes(
    few: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, spilled = mirror(few), []
    to_files = StagedRecords._to_files
    monkeypatch.setattr("iesiz.restricted.staged_records.IN_MEMORY", 50 * FEW)
    monkeypatch.setattr(StagedRecords, "_to_files", lambda staged: (spilled.append(1), to_files(staged)))
    monkeypatch.setattr("iesiz.sources.postgresql.BATCH_BYTES", 20_000)
    assert read_anew(few).sort_by("person").equals(expected.sort_by("person"))
    assert spilled
    assert not (mirror_path(few.settings).parent / "staging").exists()


def test_a_second_night_reads_changes_only(held: Network, server: Server) -> None:
    server.sql(
        """
        update registrations set region = 'Шымкент', updated_at = '2026-01-01' where registration_id = 'R77';
        delete from registrations where registration_id in ('R5', 'R499999');
        insert into registrations select 'R0', '2025-03-03 12:00+05', '2026-01-01', 'club', 'x', null, 'f',
            'Абай', 'a@ya.ru', null, 'kk', 'web', true, null, 'x'
        """
    )
    counts = pipeline.deidentify_registrations(held.settings)
    assert counts is not None
    assert counts.changes_only
    # 8,641 rows lie in the 24 hours behind the last change; the second of the deleted ones was among them.
    assert (counts.rows, counts.kept, counts.removed) == (8_641 - 1 + 2, PEOPLE - 1, 2)
    table = mirror(held)
    regions = counted(table["region"])
    assert (regions["shymkent_city"], regions["abai"]) == (1, 1)
    assert table.equals(read_anew(held))


def test_a_change_that_was_committed_late_or_back_in_time_is_not_lost(few: Network, server: Server) -> None:
    server.sql("update few set region = 'Ulytau', updated_at = '2024-01-01' where registration_id = 'R9'")
    counts = pipeline.deidentify_registrations(few.settings)
    assert counts is not None
    assert (counts.rows, counts.kept, counts.changes_only) == (FEW, FEW, False)
    assert counted(mirror(few)["region"])["ulytau"] == 1


def test_of_several_versions_the_newest_counts(few: Network, server: Server) -> None:
    server.sql(
        """
        insert into few select registration_id, registered_at, '2026-02-01', site, first_name,
            birth_date, sex, 'Ulytau', email, phone, language, channel, marketing_consent, interests, passport
        from few where registration_id in ('R10', 'R11');
        insert into few select registration_id, registered_at, '2026-01-31', site, first_name,
            birth_date, sex, 'Abai', email, phone, language, channel, marketing_consent, interests, passport
        from few where registration_id = 'R11' and updated_at < '2026-01-01'
        """
    )
    counts = pipeline.deidentify_registrations(few.settings)
    assert counts is not None
    assert (counts.kept, counts.changes_only) == (FEW, True)
    regions = counted(mirror(few)["region"])
    assert (regions["ulytau"], "abai" in regions) == (2, False)


def test_a_time_to_come_and_times_of_no_calendar_harm_nothing(few: Network, server: Server) -> None:
    server.sql(
        """
        update few set updated_at = '2999-01-01' where registration_id = 'R3';
        update few set registered_at = 'infinity', updated_at = now() where registration_id = 'R4';
        update few set birth_date = 'infinity', updated_at = now() where registration_id = 'R5';
        update few set birth_date = '4000-01-01 BC', updated_at = '-infinity' where registration_id = 'R6'
        """
    )
    counts = pipeline.deidentify_registrations(few.settings)
    assert counts is not None
    assert (counts.kept, dict(counts.rejected)) == (FEW - 1, {"registered_at": 1})
    server.sql("update few set region = 'Ulytau', updated_at = now() where registration_id = 'R9'")
    counts = pipeline.deidentify_registrations(few.settings)
    assert counts is not None
    assert counts.changes_only
    assert counted(mirror(few)["region"])["ulytau"] == 1
    assert mirror(few).equals(read_anew(few))


def test_another_zone_means_that_all_is_read_anew(few: Network) -> None:
    path = few.base / "iesiz.toml"
    path.write_text(path.read_text().replace("retry_seconds", 'zone = "UTC"\nretry_seconds'))
    counts = pipeline.deidentify_registrations(few.settings)
    assert counts is not None
    assert not counts.changes_only


def test_a_withheld_column_is_said_and_given_by_nobody(few: Network, server: Server) -> None:
    server.sql("revoke select (phone) on few from reader")
    counts = pipeline.deidentify_registrations(few.settings)
    server.sql("grant select (phone) on few to reader")
    assert counts is not None
    assert (counts.absent, counts.changes_only) == (("phone",), False)
    assert counted(mirror(few)["phone"]) == {"not_given": FEW}


def test_a_withheld_mandatory_column_is_named(few: Network, server: Server) -> None:
    server.sql("revoke select (site) on few from reader")
    with pytest.raises(InputError, match=r"mandatory column site .* not granted"):
        pipeline.deidentify_registrations(few.settings)
    done = few.asked("registration", "check", "--json")
    server.sql("grant select (site) on few to reader")
    assert done.returncode == 3
    assert b'"missing": ["site"]' in done.stdout


def test_a_server_that_dies_in_the_middle_leaves_the_mirror_and_the_rest_of_the_night(
    held: Network, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = held.base / "iesiz.toml"
    path.write_text(path.read_text().replace("retry_seconds", "overlap_hours = 8760\nretry_seconds"))
    before, treat, batches = mirror_path(held.settings).read_bytes(), RowTreatment.treat, []

    def treat_and_stop(self: RowTreatment, rows: pa.Table) -> object:
        if not batches:
            server.stop()
        batches.append(len(rows))
        return treat(self, rows)

    monkeypatch.setattr(RowTreatment, "treat", treat_and_stop)
    try:
        counts = held.night(DAY)
    finally:
        server.start()
    assert 0 < sum(batches) < PEOPLE
    [failure] = counts.failures
    assert (failure.work, failure.exit_code, counts.exit_code) == ("registrations", 5, 5)
    assert [one.verdict for one in counts.files] == ["read"]
    assert held.settings.catalog.exists()
    assert mirror_path(held.settings).read_bytes() == before
    assert [one.name for one in mirror_path(held.settings).parent.iterdir()] == ["mirror.parquet"]
    assert said_nothing_secret(repr(counts), server)
    assert [one.verdict for one in held.night(DAY).days] == ["published"]


def said_nothing_secret(said: str, server: Server) -> bool:
    return not any(
        one in said for one in (PASSWORD, str(server.port), "reader", "127.0.0.1", "SELECT", "select")
    )


def down(net: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[NightCounts, int]:
    """A night with a source that cannot be reached, and how often it was tried."""
    tries = []
    attempt = pipeline.deidentify_registrations

    def count(settings: object) -> object:
        tries.append(settings)
        return attempt(settings)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "deidentify_registrations", count)
    return net.night(DAY), len(tries)


def test_the_night_after_a_server_was_gone_publishes_what_it_would_have(few: Network, server: Server) -> None:
    undisturbed = Network(shutil.copytree(few.base, few.base.with_name("undisturbed")))
    server.stop()
    try:
        assert (few.night(DAY).days, few.night(DAY).exit_code) == ((), 5)
    finally:
        server.start()
    for net in (few, undisturbed):
        assert [one.verdict for one in net.night(DAY).days] == ["published"]
    assert few.partitions() == undisturbed.partitions()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("127.0.0.1:{port}", "127.0.0.1:1"), (PASSWORD, f"{PASSWORD}-wrong"), ("/postgres", "/no%20such")],
)
def test_a_source_that_cannot_be_reached_is_tried_again_and_no_password_is_said(
    few: Network, server: Server, monkeypatch: pytest.MonkeyPatch, wrong: str, right: str
) -> None:
    path = few.base / "iesiz.toml"
    path.write_text(path.read_text().replace(wrong.format(port=server.port), right))
    counts, tries = down(few, monkeypatch)
    assert (counts.exit_code, tries, counts.days) == (5, 3, ())
    assert [one.verdict for one in counts.files] == ["read"]
    assert said_nothing_secret(repr(counts), server)
    done = few.asked("run", "--day", DAY.isoformat(), "--json")
    assert done.returncode == 5
    assert said_nothing_secret((done.stdout + done.stderr).decode().replace(str(few.base), ""), server)


def test_a_service_file_and_a_variable_say_where_the_server_is(
    few: Network, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, url = few.base / "iesiz.toml", server.url("reader", PASSWORD)
    service = f"[registrations]\nhost=127.0.0.1\nport={server.port}\nuser=reader\ndbname=postgres\n"
    service += f"password={PASSWORD}\n"
    monkeypatch.setenv("PGSERVICEFILE", str(few.write("pg_service.conf", service.encode())))
    text = path.read_text()
    path.write_text(text.replace(f'url = "{url}"', 'service = "registrations"'))
    assert pipeline.deidentify_registrations(few.settings) is not None
    path.write_text(text.replace(f'url = "{url}"', 'url_variable = "REGISTRATIONS_AT"'))
    with pytest.raises(SettingsError, match="url_variable"):
        pipeline.deidentify_registrations(few.settings)
    monkeypatch.setitem(os.environ, "REGISTRATIONS_AT", url)
    assert pipeline.deidentify_registrations(few.settings) is not None


def test_a_table_that_is_not_there_is_a_wrong_setting(few: Network) -> None:
    path = few.base / "iesiz.toml"
    path.write_text(path.read_text().replace("public.few", "public.nothing"))
    with pytest.raises(SettingsError, match="has no"):
        pipeline.deidentify_registrations(few.settings)


def test_the_settings_never_show_the_url(few: Network) -> None:
    assert PASSWORD not in repr(few.settings)
    assert PASSWORD not in few.settings.model_dump_json()


def test_an_error_of_the_driver_has_no_chain(few: Network, server: Server) -> None:
    path = few.base / "iesiz.toml"
    path.write_text(path.read_text().replace(f":{server.port}", ":1"))
    with pytest.raises(OutsideError) as caught:
        pipeline.deidentify_registrations(few.settings)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
