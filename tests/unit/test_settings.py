"""Settings are taken as they are meant or refused: no guess, no silent default for a privacy rule."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from iesiz.errors import SettingsError
from iesiz.settings import load_settings
from tests.unit.small_world import SETTINGS, settings_in


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings_in(folder, text)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_file_that_init_writes_loads(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, files("iesiz").joinpath("iesiz.toml").read_text("utf-8"))
    assert [site.name for site in settings.sites] == ["mall"]
    assert (settings.thresholds.k, settings.keeping.at_most_days) == (10, 45)


def test_every_path_derives_from_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert settings.restricted == tmp_path / "store" / "restricted"
    assert settings.catalog == tmp_path / "store" / "published" / "catalog.duckdb"


@pytest.mark.parametrize(
    ("written", "place", "meant"),
    [
        ("[threshold]\nk = 10\n", "threshold", "thresholds"),  # a table of the file
        ("[thresholds]\nk_sensitve = 20\n", "thresholds.k_sensitve", "k_sensitive"),  # a key of a table
        ("[reading]\nmax_reject_share = 0.1\n", "reading.max_reject_share", "max_rejected_share"),
        ('[[sites]]\nname = "two"\nhots = ["two.example"]\n', "sites.1.hots", "hosts"),  # in a list
        (
            '[tables.daily_visitors_by_site]\nmechanizm = "none"\n',
            "tables.daily_visitors_by_site.mechanizm",
            "mechanism",
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_near_one(
    tmp_path: Path, written: str, place: str, meant: str
) -> None:
    said = refusal(tmp_path, SETTINGS + written)
    assert f"unknown key '{place}', did you mean '{meant}'?" in said


def test_an_unknown_key_like_no_other_has_no_suggestion(tmp_path: Path) -> None:
    said = refusal(tmp_path, SETTINGS + "[qqqqqqqq]\n")
    assert "unknown key 'qqqqqqqq'" in said
    assert "did you mean" not in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('client = "x_forwarded_for"', "needs `trusted`"),  # anybody could claim any address
        ('client = "real_ip"\ntrusted = []', "needs `trusted`"),
        ('trusted = ["10.0.0.0/8"]', "needs `client`"),  # nothing would be read
        ('client = "real_ip"\ntrusted = ["10.0.0.1/8"]', "is not a network"),  # bits beyond the mask
        ('client = "real_ip"\ntrusted = ["proxy"]', "is not a network"),
        ('client = "forwarded"\ntrusted = ["10.0.0.0/8"]', "client"),
        ('zone = "Almaty"', "is not a time zone"),
    ],
)
def test_a_log_trusts_no_header_by_mistake(tmp_path: Path, more: str, said: str) -> None:
    log = f'[[sites.logs]]\nstream = "more"\npaths = ["a"]\nformat = "combined"\n{more}\n'
    assert said in refusal(tmp_path, SETTINGS + log)


def test_a_log_names_its_proxies_and_its_zone(tmp_path: Path) -> None:
    log = (
        '[[sites.logs]]\nstream = "b"\npaths = ["a"]\nformat = "haproxy"\nzone = "UTC"\nclient = "real_ip"\n'
    )
    trusted = 'trusted = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "unix:"]\n'
    one = settings_in(tmp_path, SETTINGS + log + trusted).sites[0].logs[-1]
    assert (one.zone, one.client) == ("UTC", "real_ip")
    assert one.trusted == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32", "unix:"]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("[thresholds]\nk = 9\n", "thresholds.k"),  # one contributor too few
        ("[thresholds]\nk_sensitive = 19\n", "thresholds.k_sensitive"),
        ('[thresholds]\nk = "10"\n', "thresholds.k"),  # text is no number
        ("[thresholds]\nk = 10.0\n", "thresholds.k"),  # nor is a float a whole one
        ("[thresholds]\nk = true\n", "thresholds.k"),
        ("[reading]\nmax_rejected_share = 0.0\n", "reading.max_rejected_share"),
        ("[reading]\nmax_rejected_share = nan\n", "reading.max_rejected_share"),  # compares with nothing
        ("[reading]\nthreads = 0\n", "reading.threads"),
        ("[keeping]\nat_most_days = 46\n", "keeping.at_most_days"),  # the policy's limit is 45
        ('[registration]\nsites = []\npaths = ["r.csv"]\n', "registration.sites"),
        ('[[sites]]\nname = "two"\nhosts = []\n', "sites.1.hosts"),  # every line would be another host's
        ('[[sites]]\nname = "two"\nhosts = "two.example"\n', "sites.1.hosts"),  # a text is no list
        ('[[sites]]\nname = "../two"\nhosts = ["two.example"]\n', "sites.1.name"),  # it becomes a folder
        ('[[sites]]\nname = "two"\nhosts = ["h"]\nclose_after_days = 31\n', "sites.1.close_after_days"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path, written: str, place: str) -> None:
    assert f": {place}: " in refusal(tmp_path, SETTINGS + written)


@pytest.mark.parametrize("day", ['"2026-01-01"', "2026-01-01T12:00:00", "20260101", "true"])
def test_a_date_in_force_is_a_date_and_nothing_else(tmp_path: Path, day: str) -> None:
    said = refusal(tmp_path, SETTINGS.replace("2026-01-01", day))
    assert "policy.editions.0.in_force" in said


@pytest.mark.parametrize(
    "zone", ["Asia/Alma-Ata", "+05:00", "", "Asia", "../../etc/passwd", "/etc/localtime"]
)
def test_a_zone_is_one_of_the_zone_database(tmp_path: Path, zone: str) -> None:
    said = refusal(tmp_path, SETTINGS.replace("Asia/Almaty", zone))
    assert "sites.0.zone" in said


def test_two_sites_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "same name" in refusal(tmp_path, SETTINGS + '[[sites]]\nname = "mall"\nhosts = ["two.example"]\n')


def test_two_logs_of_one_stream_are_refused(tmp_path: Path) -> None:
    log = '[[sites.logs]]\nstream = "web"\npaths = ["other/*"]\nformat = "common"\n'
    assert "same stream" in refusal(tmp_path, SETTINGS + log)


def test_registration_names_a_site_of_the_settings(tmp_path: Path) -> None:
    assert "shop" in refusal(tmp_path, SETTINGS + '[registration]\nsites = ["shop"]\npaths = ["r.csv"]\n')


def test_the_stricter_threshold_is_never_the_laxer_one(tmp_path: Path) -> None:
    try:
        settings = settings_in(tmp_path, SETTINGS + "[thresholds]\nk = 50\n")
    except SettingsError:
        return  # refused, which serves as well
    assert settings.thresholds.k_sensitive >= settings.thresholds.k


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    assert "policy" in refusal(tmp_path, '[store]\npath = "s"\n[[sites]]\nname = "a"\nhosts = ["h"]\n')


def test_the_base_folder_is_not_for_the_file_to_say(tmp_path: Path) -> None:
    assert "base" in refusal(tmp_path, 'base = "/"\n' + SETTINGS)


@pytest.mark.parametrize("content", [b"[store", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "iesiz.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="not a readable TOML file"):
        load_settings(path)


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="iesiz init"):
        load_settings(tmp_path / "none.toml")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.thresholds.k = 1
