"""Languages: of a path where the site declares them, of a browser's wish: one of five words, no more."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iesiz.deidentify.languages import language_of_path, preferred_language
from iesiz.errors import SettingsError
from iesiz.languages import languages
from tests.nights import DAY, Network, line, log, network, site

DECLARED = frozenset({"kk", "kz", "ru", "en", "zh", "uz-latn"})
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
WITH_LANGUAGE = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_accept_language"'
)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/kk/shops/17", "kk"),
        ("/KZ", "kk"),
        ("/ru", "ru"),
        ("/ru?x=1", "ru"),
        ("/en;jsessionid=1/news", "en"),
        ("//ru//shops", "ru"),
        ("http://mall.example/kk/", "kk"),
        ("/zh/", "other"),
        ("/uz-latn/shops", "other"),
        ("/", "unknown"),
        ("/rus/shops", "unknown"),  # a code, but none of this site
        ("/shops/ru/", "unknown"),  # not the first segment
        ("/kk-old/", "unknown"),
        ("/kkshops", "unknown"),
        ("kk/shops", "unknown"),
        ("*", "unknown"),
        ("", "unknown"),
        ("\x16\x03\x01", "unknown"),
    ],
)
def test_the_first_segment_tells_where_the_site_declares_it(path: str, language: str) -> None:
    assert language_of_path(path, DECLARED) == language
    assert language_of_path(path, frozenset()) == "unknown"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("kk-KZ, kk", "kk"),
        ("kk-Cyrl-KZ", "kk"),
        ("en;q=0.4, kk;q=0.8, ru;q=0.8", "kk"),
        ("EN-gb", "en"),
        ("uz-UZ,ru;q=0.9", "other"),
        ("zh-Hant-TW", "other"),
        ("*", "unknown"),
        ("*;q=0.9, ru;q=0.1", "ru"),
        ("ru;q=0", "unknown"),
        ("-", "unknown"),
        ("", "unknown"),
        ("@@@, en", "en"),
        ("aigerim@example.org", "unknown"),
        ("ru" * 10_000, "unknown"),
    ],
)
def test_a_browser_wishes_what_it_weighs_most(header: str, language: str) -> None:
    assert preferred_language(header) == language


@given(ANY_TEXT)
def test_any_text_gives_one_of_the_words(text: str) -> None:
    assert language_of_path(text, DECLARED) in languages()
    assert preferred_language(text) in languages()


@given(ANY_TEXT, st.sampled_from(["kk", "ru", "en"]))
def test_nothing_behind_the_first_segment_matters(rest: str, code: str) -> None:
    assert language_of_path(f"/{code}/{rest}", DECLARED) == code


@pytest.mark.parametrize("code", ["KK", "k", "kk/ru", "", "қаз", "{lang}"])
def test_a_code_that_no_path_begins_with_is_refused(tmp_path: Path, code: str) -> None:
    net = network(tmp_path, site("mall", "web", more=f'languages = ["{code}"]'))
    with pytest.raises(SettingsError, match=r"sites\.0\.languages"):
        _ = net.settings


# ---- through a night ----


def restricted(net: Network) -> list[dict[str, Any]]:
    parts = sorted((net.store / "restricted" / "requests").rglob("*.parquet"))
    return [row for part in parts for row in pq.ParquetFile(part).read(["language", "preferred"]).to_pylist()]


def shown(net: Network) -> dict[str, tuple[int | None, str]]:
    path = f"{net.store}/published/tables/daily_visits_by_language/day={DAY}/part-0.parquet"
    rows = duckdb.sql(f"select language, visit_count, status from '{path}'").fetchall()
    return {language: (visits, status) for language, visits, status in rows}


def wishing(header: str, *visitors: int) -> bytes:
    """Visits of readers whose paths tell no language, with the header behind each line."""
    lines = b"".join(line(DAY, one, "/shops") for one in visitors)
    return lines.replace(b'"\n', f'" "{header}"\n'.encode())


def test_paths_tell_where_the_site_declares_them(tmp_path: Path) -> None:
    net = network(tmp_path, site("mall", "web", more='languages = ["kk", "ru"]'))
    kazakh = b"".join(line(DAY, one, "/kk/shops") for one in range(31, 91))
    net.write("logs/mall/web/a.log", log(DAY, range(1, 31)) + kazakh)
    net.night(DAY)
    assert {(row["language"], row["preferred"]) for row in restricted(net)} == {("ru", None), ("kk", None)}
    assert shown(net) == {
        "kk": (60, "published"),
        "ru": (None, "suppressed"),  # 30: nobody is in unknown, which cannot stand alone
        "unknown": (None, "suppressed"),
    }


def test_browsers_tell_where_the_log_has_it_and_nothing_finer_is_kept(tmp_path: Path) -> None:
    net = network(tmp_path, site("mall", "web", form=WITH_LANGUAGE.replace('"', '\\"')))
    odd = "tlh-Latn-x-aigerim;q=0.95,ru-KZ;q=0.9"
    content = wishing("kk-KZ,ru;q=0.9", *range(1, 61)) + wishing(odd, *range(61, 101))
    net.write("logs/mall/web/a.log", content + wishing("-", *range(101, 141)))
    net.night(DAY)
    assert {(row["language"], row["preferred"]) for row in restricted(net)} == {
        (None, "kk"),
        (None, "other"),
        (None, "unknown"),
    }
    assert shown(net)["kk"] == (60, "published")
    held = b"".join(path.read_bytes() for path in net.store.rglob("*") if path.is_file())
    assert b"tlh" not in held
    assert b"aigerim" not in held


def test_a_site_that_cannot_tell_has_one_row(tmp_path: Path) -> None:
    net = network(tmp_path)
    net.write("logs/mall/web/a.log", log(DAY))
    net.night(DAY)
    assert {(row["language"], row["preferred"]) for row in restricted(net)} == {(None, None)}
    assert shown(net) == {"unknown": (30, "published")}


def test_records_of_an_open_day_that_an_earlier_version_read_still_count(tmp_path: Path) -> None:
    """They have no such columns: their visits are in no language that anybody knows."""
    net = network(tmp_path, site("mall", "web", more='languages = ["kk", "ru"]'))
    net.write("logs/mall/web/a.log", log(DAY, range(1, 61)))
    net.night(DAY.replace(day=1))
    for part in (net.store / "restricted" / "requests").rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(part).read().drop_columns(["language", "preferred"]), part)
    net.write("logs/mall/web/b.log", b"".join(line(DAY, one, "/kk/shops") for one in range(61, 141)))
    night = net.night(DAY)
    assert [one.verdict for one in night.days] == ["published"]
    assert shown(net)["kk"] == (80, "published")
    total = f"{net.store}/published/tables/daily_visitors_by_site/day={DAY}/part-0.parquet"
    assert duckdb.sql(f"select visit_count from '{total}'").fetchall() == [(140,)]


def test_settings_that_init_writes_show_how(tmp_path: Path) -> None:
    text = resources.files("iesiz").joinpath("iesiz.toml").read_text("utf-8")
    wanted = '# languages = ["kk", "ru", "en"]\n'
    assert wanted in text
    (tmp_path / "iesiz.toml").write_text(text.replace(wanted, wanted.removeprefix("# ")), encoding="utf-8")
    assert Network(tmp_path).settings.sites[0].languages == ["kk", "ru", "en"]
