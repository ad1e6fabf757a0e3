"""The recogniser: what it must find, what it must leave, and how often it errs on ordinary text."""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from iesiz.deidentify import checksums
from iesiz.deidentify.spans import Span, merge
from iesiz.deidentify.text import find_identifiers, redact

KIND_OF_ENTITY = {
    "CREDIT_CARD": "card",
    "EMAIL_ADDRESS": "mail",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "URL": "url",
}
# Made by the rule of the control, century digit 1 or 2: nobody alive.
IIN, BIN = "800416100254", "940140000385"
IBAN = "KZ86125KZT5004100100"


def _cases(corpora: Path, name: str) -> Any:
    return json.loads((corpora / "identifiers" / f"{name}.json").read_text(encoding="utf-8"))


def _kinds(text: str) -> list[str]:
    return [span.kind for span in find_identifiers(text)]


def test_every_verdict_on_iin_and_bin(corpora: Path) -> None:
    numbers = _cases(corpora, "iin_bin")
    cases = numbers["published"] + numbers["bin"] + numbers["generated_19th_century"]
    wrong = [
        case["value"]
        for case in cases
        if bool(set(_kinds(case["value"])) & {"iin", "bin"}) != case.get("checksum_ok", True)
    ]
    assert wrong == []


def test_every_spelling_of_a_kazakh_phone(corpora: Path) -> None:
    for case in _cases(corpora, "phones")["cases"]:
        whole = (Span(0, len(case["text"]), "phone"),)
        assert (find_identifiers(case["text"]) == whole) != case.get("negative", False), case["text"]


def test_every_kazakh_iban(corpora: Path) -> None:
    for case in _cases(corpora, "iban"):
        assert ("iban" in _kinds(case["value"])) == case["mod97_ok"], case["value"]


def test_every_text_case_has_its_spans(corpora: Path) -> None:
    for case in _cases(corpora, "text_cases"):
        text, kind = case.get("text") or case["iban"], KIND_OF_ENTITY[case["_entity"]]
        found = [text[span.start : span.end] for span in find_identifiers(text) if span.kind == kind]
        expected = [
            text[start:end] for start, end in case.get("expected_res") or case.get("expected_positions", [])
        ]
        assert len(found) == case["expected_len"], text
        # Quotes around an address are counted in by the cases; they may stay.
        assert not expected or found == [piece.strip("'") for piece in expected], text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("ivan.petrov@mail.example", "{mail}"),
        ("o'brien+x@mail.example, please", "{mail}, please"),
        ("почта@пример.рф", "{mail}"),  # a domain in Cyrillic
        ("root@localhost", "{mail}"),  # no dot in the domain
        ("user@[192.0.2.1]", "{mail}"),  # a literal domain
        ("logo@2x.png", "logo@2x.png"),  # a picture for dense screens
        ("vue@3.2.1", "vue@3.2.1"),  # a version
        ("@megastore", "@megastore"),  # a handle without a domain
        ("тел.: 8(701)234-56-78.", "тел.: {phone}."),
        ("8-701-234-5678 или 7.701.234.56.78", "{phone} или {phone}"),
        ("+7 701 2345678", "{phone}"),
        ("7012345678", "{phone}"),
        ("tel=+7%28701%29234-56-78", "tel={phone}"),
        ("8+701+234+56+78", "{phone}"),  # a form's plus signs
        ("+998 90 123 45 67", "{phone}"),  # a neighbour's number is somebody's, too
        ("order-12-77012345678", "order-12-{phone}"),
        ("٧٧٠١٢٣٤٥٦٧٨", "{phone}"),  # digits of another script
        (IIN, "{iin}"),
        (f"x{IIN}y", "x{iin}y"),
        ("800416 100254", "{iin}"),
        (BIN, "{bin}"),
        ("ИИН: 800416100255", "ИИН: {iin}"),  # wrong control, but named
        ("ЖСН-і 800416 100 255", "ЖСН-і {iin}"),
        ("userIin=800416100255", "userIin={iin}"),
        ("800416100255 (ИИН)", "{iin} (ИИН)"),
        ("800416100255", "800416100255"),  # wrong control, not named
        ("kz86 125k zt50 0410 0100", "{iban}"),
        ("4012-8888-8888-1881", "{card}"),
        ("4012-8888-8888-1882", "4012-8888-8888-1882"),  # fails Luhn
        ("1732270530123", "1732270530123"),  # milliseconds since 1970
        ("from 192.0.2.7:8080", "from {ip}:8080"),
        ("ip:2001:db8::1", "ip:{ip}"),
        ("12:34:56", "12:34:56"),
        ("550e8400-e29b-41d4-a716-446655440000", "{uuid}"),
        ("id550e8400-e29b-41d4-a716-446655440000", "id{uuid}"),
        ("0123456789abcdef", "{token}"),
        ("sid=dGhpcyBpcyBub3QgYSB3b3Jk", "sid={token}"),
        ("a8f3k2m9q1z7x5c4", "{token}"),  # base 36
        ("https://shop.example/?name=Ivan", "{url}"),
        ("InternationalShoppingFestival", "InternationalShoppingFestival"),  # long, but words
        ("summer2024collection", "summer2024collection"),
        ("Жазғы жеңілдік", "Жазғы жеңілдік"),
        ("2024-11-22 10:15:30", "2024-11-22 10:15:30"),
    ],
)
def test_redacts(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def _times(function: Any, count: int, text: str) -> str:
    for _ in range(count):
        text = function(text)
    return text


def _all_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param(lambda text: quote(text, safe=""), id="percent"),
        pytest.param(lambda text: _times(lambda part: quote(part, safe=""), 2, text), id="percent twice"),
        pytest.param(
            lambda text: _times(lambda part: quote(part, safe=""), 7, text), id="percent seven times"
        ),
        pytest.param(_all_percent, id="every byte"),
        pytest.param(lambda text: _times(_all_percent, 2, text), id="every byte twice"),
        pytest.param(lambda text: _times(_all_percent, 6, text), id="every byte six times"),
        pytest.param(lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()), id="nginx"),
        pytest.param(lambda text: "".join(f"%u{ord(sign):04X}" for sign in text), id="escape()"),
        pytest.param(lambda text: "".join(f"&#{ord(sign)};" for sign in text), id="html"),
        pytest.param(lambda text: base64.b64encode(text.encode()).decode(), id="base64"),
        pytest.param(
            lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), id="base64url"
        ),
        pytest.param(
            lambda text: "".join(chr(ord(sign) + 0xFEE0) if sign > " " else sign for sign in text),
            id="full width",
        ),
        pytest.param("\u200b".join, id="invisible characters between"),
    ],
)
@pytest.mark.parametrize(
    "identifier", ["a@b.kz", "ivan.petrov@mail.example", "+7 (701) 234-56-78", "87012345678", IIN, BIN, IBAN]
)
def test_no_encoding_hides_an_identifier(encoding: Any, identifier: str) -> None:
    encoded = encoding(identifier)
    redacted = redact(f"x {encoded} y")
    assert encoded not in redacted
    assert identifier not in redacted
    assert not any(part in redacted for part in ("ivan", "701", "8041", "9401", "125K"))


def test_overlapping_finds_are_joined_and_keep_the_better_name() -> None:
    spans = merge([Span(5, 9, "token"), Span(0, 6, "phone"), Span(9, 12, "ip")])
    assert spans == (Span(0, 9, "phone"), Span(9, 12, "ip"))


@pytest.mark.parametrize(("start", "end", "kind"), [(0, 0, "mail"), (-1, 2, "mail"), (0, 1, "unknown")])
def test_a_span_cannot_hold_a_wrong_value(start: int, end: int, kind: str) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(start, end, kind)


@pytest.mark.parametrize(
    ("digits", "verdict"),
    [
        ("900101300811", True),  # second weights
        ("900101300800", False),  # both sums give 10: never issued
        ("900101300018", False),
        ("90010130001", False),  # eleven digits
    ],
)
def test_control_of_iin(digits: str, verdict: bool) -> None:
    assert checksums.is_iin(digits) is verdict


ORDINARY = """
/ /ru /kk/about /en/contacts /stores /stores/cinema-park /stores/17/menu /catalog/item-158011
/news/2024/11/22 /news/skidki-do-70-na-zimnyuyu-kollektsiyu /news/novogodnyaya-elka-2025-v-mega-almaty
/events/kids-day-2024-06-01 /blog/top-10-mest-gde-poest-v-almaty /sale/black-friday-2024
/ru/news/otkrytie-magazina-zara-home-3-etazh /kk/zhanalyktar/zhana-zhyldyk-sauda-2025
/food-court/kfc-2-etazh /parking/p1-p2-p3 /search /cart/checkout/step-2 /static/app.3f2a9c.js
/assets/css/main.min.css /img/banner-1920x1080.jpg /img/logo@2x.png /wp-content/uploads/2024/05
/api/v1/stores /sitemap-news-2024.xml /apple-touch-icon-180x180.png /tag/chernaya-pyatnitsa
/loyalty/rules.html /iphone-15-pro-max-256gb /samsung-galaxy-s24-ultra-512
/krossovki-nike-air-max-270-razmer-42 /page/128 /news/14853-kontsert-dimasha-26-oktyabrya-19-00
/detail/20241122101530 /photo/img_20241122_101530.jpg /akcii/1-1-3-na-vsyo /cinema/schedule/2024-11-22
/film/dyuna-chast-vtoraya-2-d-3-d /help/faq#q12 /rules/v2.1.3
"""
CAMPAIGNS = [
    "black_friday_2024",
    "SummerSale2024",
    "Новый год 2025: скидки до 50%",
    "Жаңа жылдық жеңілдік 30%",
    "utm-spring-2024-almaty",
    "InstaStories_05_2024",
    "Kids & Family Day 1-2 June, 10:00-18:00",
    "Цены от 9990 до 149990 тенге",
    "1+1=3",
    "push_android_v3.12.0",
    "Открытие 3 этажа 15.08.2024 в 12:00",
    "MEGA Center Alma-Ata, ул. Розыбакиева 247а",
]


def test_false_positives_on_ordinary_text_are_rare(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ORDINARY.split() + CAMPAIGNS
    wrong = [text for text in texts if find_identifiers(text)]
    with capsys.disabled():
        sys.stdout.write(
            f"\nfalse positives on ordinary routes, slugs and campaigns: {len(wrong)} of {len(texts)}\n"
        )
    assert len(wrong) / len(texts) <= 0.02, wrong


def test_false_positives_on_real_paths_are_rare(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("hurence/access.log.51", "elastic/apache_logs", "lnav/logfile_shop_access_log.0")
    log = "".join((corpora / "logs" / name).read_text(encoding="latin-1") for name in names)
    requests = (line.split('"')[1].split(" ") for line in log.splitlines() if line.count('"') > 1)
    paths = {request[1].partition("?")[0] for request in requests if len(request) > 1}
    kinds = Counter(span.kind for path in paths for span in find_identifiers(path))
    with capsys.disabled():
        sys.stdout.write(f"\nfound in {len(paths)} paths of real logs: {dict(kinds)}\n")
    assert sum(kinds[kind] for kind in ("mail", "phone", "iin", "bin", "card", "iban")) / len(paths) <= 0.002


@pytest.mark.parametrize(
    "unit",
    [
        "7",
        "7 ",
        "1.",
        "a@",
        "@",
        "%",
        "%25",
        "%2525252540",
        "%%34%31",
        ":",
        "a:",
        "aB3/",
        "KZ86 ",
        "иин ",
        "+7",
        "8 ( ",
        "4012 8888 8888 1882 ",
        "\ufdfa",
        "\u0316\u0301",
        "http://",
        "a-",
        "&#",
        "\\x",
        "550e8400-e29b-",
    ],
)
def test_hostile_text_of_20_kb_is_taken(unit: str) -> None:
    once = redact(unit * (20_000 // len(unit)))
    assert redact(once) == once
