"""Referrers become a kind and a listed name; no text of them survives."""

from __future__ import annotations

import pytest

from iesiz.deidentify.referrers import Referrer, classify_referrer

OWN = frozenset({"www.mall.example", "mall.example"})


@pytest.mark.parametrize(
    ("referrer", "kind", "source"),
    [
        (None, "none", ""),  # a format without the field
        ("", "none", ""),  # JSON's mark
        ("-", "none", ""),  # the log's mark
        ("https://www.google.kz/search?q=secret", "search", "google"),  # a country's
        ("https://google.co.uk/", "search", "google"),  # two labels of country
        ("https://www.google.com.tr/", "search", "google"),
        ("https://yandex.kz/clck/jsredir", "search", "yandex"),
        ("https://ya.ru/", "search", "yandex"),
        ("https://www.bing.com/", "search", "bing"),
        ("https://go.mail.ru/search", "search", "mail.ru"),
        ("https://kz.search.yahoo.com/", "search", "yahoo"),  # any subdomain, where listed so
        ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "search", "google"),
        ("https://l.instagram.com/?u=https%3A%2F%2Fmall.example", "social", "instagram"),
        ("https://lm.facebook.com/", "social", "facebook"),
        ("https://t.me/somebody", "social", "telegram"),
        ("https://away.vk.com/", "social", "vk"),
        ("https://my.mail.ru/", "social", "moimir"),
        ("https://pinterest.co.uk/", "social", "pinterest"),
        ("android-app://org.telegram.messenger/", "social", "telegram"),
        ("https://www.mall.example/shops", "own_network", ""),
        ("HTTPS://WWW.MALL.EXAMPLE.:443/", "own_network", ""),  # capitals, the root's dot, a port
        ("https://2gis.kz/almaty", "other_site", ""),  # a map
        ("https://mail.google.com/", "other_site", ""),  # mail is no search
        ("https://e.mail.ru/", "other_site", ""),  # nor here
        ("https://google.com.evil.example/", "other_site", ""),  # a listed name in front
        ("https://evilgoogle.com/", "other_site", ""),  # a listed name at the end of a label
        ("https://google.com@evil.example/", "other_site", ""),  # a listed name as a user
        ("https://evil.example/?https://www.google.com/", "other_site", ""),  # a listed name in the query
        ("https://evil.example\\@google.com/", "other_site", ""),  # browsers read \ as /
        ("https://mall.example.evil.example/", "other_site", ""),  # the network's name in front
        ("android-app://com.example.shop/", "other_site", ""),
        ("http://[2001:db8::1]:80/", "other_site", ""),
        ("www.google.com", "malformed", ""),  # no scheme
        ("/shops", "malformed", ""),
        ("about:blank", "malformed", ""),
        ("https://", "malformed", ""),
        ("https://a b/", "malformed", ""),
        ("http://[::1", "malformed", ""),
    ],
)
def test_classifies_the_referrer(referrer: str | None, kind: str, source: str) -> None:
    assert classify_referrer(referrer, None, OWN) == Referrer(kind, source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("referrer", "query", "kind", "source"),
    [
        (None, "utm_source=leaflet", "campaign", ""),  # a code on paper has no referrer
        ("https://www.google.kz/", "?id=3&gclid=abc", "campaign", "google"),  # wins over search
        ("https://www.instagram.com/", "fbclid=abc", "campaign", "instagram"),  # wins over social
        ("https://other.example/", "a=1&UTM_MEDIUM=mail", "campaign", ""),  # wins over other sites
        ("garbage", "yclid=1", "campaign", ""),  # wins over malformed
        ("https://mall.example/", "utm_source=banner", "own_network", ""),  # parameters that stay on
        (None, "my_utm_source=1", "none", ""),  # another parameter's end
        (None, "next=utm_source=1", "none", ""),  # a value
        (None, "utm_source=", "none", ""),  # says nothing
    ],
)
def test_a_campaign_shows_in_the_query(referrer: str | None, query: str, kind: str, source: str) -> None:
    assert classify_referrer(referrer, query, OWN) == Referrer(kind, source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("friend", ""),  # no such kind
        ("other_site", "evil.example"),  # text of a referrer
        ("other_site", "google"),  # a kind without sources
        ("search", ""),  # a kind that needs one
    ],
)
def test_refuses_values_outside_the_vocabulary(kind: str, source: str) -> None:
    with pytest.raises(ValueError, match="Referrer"):
        Referrer(kind, source)  # type: ignore[arg-type]
