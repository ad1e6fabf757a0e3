"""PostgreSQL to the mirror against a bare fetch of the same columns, in turn; and the recogniser."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from iesiz import pipeline
from iesiz.deidentify.text import find_identifiers, redact
from iesiz.restricted import mirror_path
from tests.nights import Network, network, site
from tests.postgresql import Server

PEOPLE, ROUNDS = 500_000, 5
COLUMNS = (
    "registration_id, registered_at, updated_at, site, birth_date, sex, region, email, phone, language, "
    "channel, marketing_consent, interests"
)
TABLE = f"""
create table measured as select
    'R' || (100000 + n) as registration_id,
    timestamptz '2020-01-01' + n * interval '5 minutes' as registered_at,
    timestamptz '2021-01-01' + n * interval '4 minutes' as updated_at,
    'club' as site,
    'Aigerim' || n as first_name,
    date '1945-01-01' + (n::bigint * 7919 % 23000)::int as birth_date,
    (array['f', 'm', '', 'әйел'])[1 + n % 4] as sex,
    (array['Алматы қаласы', 'г. Астана', 'Түркістан облысы', 'Карагандинская обл.', ''])[1 + n % 5] as region,
    (array['gulnur.serik', 'alikhan.omarov', 'ekaterina.kim'])[1 + n % 3] || n ||
        (array['@gmail.com', '@mail.ru', '@example.org'])[1 + n % 3] as email,
    '8 (' || (array['700', '701', '702', '705', '747', '775', '777', '727'])[1 + n % 8] || ') '
        || lpad((n % 1000)::text, 3, '0') || '-' || lpad((n % 89)::text, 2, '0') || '-'
        || lpad((n % 97)::text, 2, '0') as phone,
    (array['kk', 'ru'])[1 + n % 2] as language,
    (array['app', 'web', 'mall'])[1 + n % 3] as channel,
    (array['yes', 'no'])[1 + n % 2] as marketing_consent,
    (array['books|sport', 'cinema', '', 'fashion|food|kids'])[1 + n % 4] as interests
from generate_series(1, {PEOPLE}) as n
"""


@pytest.fixture
def club(tmp_path: Path, postgresql: Server) -> Network:
    postgresql.sql(TABLE)
    source = f'[registration.postgresql]\nurl = "{postgresql.url()}"\ntable = "measured"\n'
    made = network(tmp_path / "network", site("club", "web"), f'[registration]\nsites = ["club"]\n{source}')
    made.plant_keys()
    return made


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall and of this process's cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def bare(url: str) -> None:
    dbapi = import_module("adbc_driver_postgresql.dbapi")
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"select {COLUMNS} from measured")
        assert sum(batch.num_rows for batch in cursor.fetch_record_batch()) == PEOPLE


@pytest.mark.benchmark
def test_postgresql_to_the_mirror(club: Network, postgresql: Server) -> None:
    settings, ratios, shares = club.settings, [], []
    pipeline.deidentify_registrations(settings)
    for _ in range(ROUNDS):
        plain, plain_cpu = taken(lambda: bare(postgresql.url()))
        mirror_path(settings).unlink()
        ours, cpu = taken(lambda: pipeline.deidentify_registrations(settings))
        ratios.append(ours / plain)
        shares.append(cpu / plain_cpu)
        print(f"\nbare {plain:.2f} s ({plain_cpu:.2f} CPU s), mirrored {ours:.2f} s ({cpu:.2f} CPU s)")
    second, _ = taken(lambda: pipeline.deidentify_registrations(settings))
    print(
        f"{PEOPLE:,} rows: median {statistics.median(ratios):.2f}, best {min(ratios):.2f} times a bare fetch "
        f"and {statistics.median(shares):.2f} times its processor time"
    )
    print(f"a second night without a change: {second:.2f} s")


WORDS = [
    "skidki",
    "novogodnyaya",
    "elka",
    "mega",
    "almaty",
    "zimnyuyu",
    "kollektsiyu",
    "otkrytie",
    "magazina",
    "zhana",
    "zhyldyk",
    "sauda",
    "kids",
    "day",
    "black",
    "friday",
    "kontsert",
    "dimasha",
    "etazh",
    "top",
    "mest",
    "gde",
    "poest",
    "razmer",
    "krossovki",
    "galaxy",
    "ultra",
    "hello",
    "summer",
    "sale",
    "merekelik",
    "zhenildik",
    "aktsiya",
    "podarki",
    "rozygrysh",
    "avtomobilya",
    "final",
    "raspisanie",
    "kinoteatr",
    "premera",
    "film",
    "dlya",
    "vsey",
    "semi",
    "katok",
    "fitnes",
    "restoran",
    "kofeynya",
    "parking",
    "pravila",
    "klub",
    "karta",
    "bally",
]


def slug(chance: random.Random) -> str:
    words = "-".join(chance.choices(WORDS, k=chance.randint(2, 7)))
    shapes = (
        f"/ru/news/{chance.randint(1, 99_999)}-{words}",
        f"/kk/zhanalyktar/2026/{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/{words}",
        f"/en/offers/{words}-{chance.randint(5, 90)}",
        f"/stores/{words}/{chance.randint(1, 400)}/menu",
        f"/{words}.html",
        f"utm_{words.replace('-', '_')}_2026",
    )
    return chance.choice(shapes)


@pytest.mark.benchmark
def test_the_recogniser(corpora: Path) -> None:
    chance = random.Random(5)
    ordinary = sorted({slug(chance) for _ in range(60_000)})
    logs = ("hurence/access.log.51", "elastic/apache_logs", "lnav/logfile_shop_access_log.0")
    text = "".join((corpora / "logs" / name).read_text(encoding="latin-1") for name in logs)
    real = sorted(set(re.findall(r'"(?:GET|POST|HEAD) ([^ ?"]+)', text)))
    for name, texts in (("made-up routes, slugs and campaigns", ordinary), ("paths of real logs", real)):
        # One text behind another in this thread: one core.
        _, cpu = taken(lambda texts=texts: [redact(one) for one in texts])
        kinds = [span.kind for one in texts for span in find_identifiers(one)]
        wrong = sum(bool(find_identifiers(one)) for one in texts)
        counted = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        print(f"\n{len(texts):,} {name}: {len(texts) / cpu * 60 / 1e6:.1f} M a minute on one core; ")
        print(f"found something in {wrong} ({wrong / len(texts):.2%}): {counted}")
