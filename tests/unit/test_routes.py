"""Route templates: what stays of a path, and what a request is for."""

from __future__ import annotations

import pytest

from iesiz.deidentify.routes import MAX_LENGTH, OwnRoutes, Resource, resource_of, route_of
from iesiz.errors import SettingsError

NONE = OwnRoutes()
OWN = OwnRoutes(
    (
        "/",
        "/ru/about",
        "/stores/{store}/menu",
        "/stores/{store}",
        "/stores/new",
        "/help/{page...}",
        "/kk/дүкен/{x}",
    )
)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("*", "*"),  # OPTIONS
        ("/ru/news/winter-sale", "/ru/news/winter-sale"),
        ("/ru/news/", "/ru/news"),
        ("//ru///news//", "/ru/news"),
        ("/RU/News", "/ru/news"),
        ("/a/../b/./c", "/b/c"),
        ("/../../etc", "/etc"),
        ("/a;jsessionid=0A1B2C/b;x=1", "/a/b"),
        ("/a?user=ivan", "/a"),
        ("/a#part", "/a"),
        ("http://mega.example/p/x?q=1", "/p/x"),
        ("HTTPS://mega.example", "/"),
        ("%2Fabout", "/about"),
        ("mega.example:443", "{other}"),  # CONNECT
        ("", "{other}"),
        ("\\x16\\x03\\x01", "{other}"),  # TLS on the wrong port
        ("/17", "/{n}"),
        ("/item-158011", "/item-{n}"),
        ("/item-158011.html", "/item-{n}.html"),
        ("/v1/page2/iphone-15", "/v1/page2/iphone-15"),  # two figures stay
        ("/2024/11/22/sale-2024", "/{n}/{n}/{n}/sale-{n}"),
        ("/a1-b2-c3", "/a{n}-b{n}-c{n}"),  # three figures in all
        ("/users/aigerim/orders", "/users/{id}/orders"),
        ("/user-profile/aigerim.n", "/user-profile/{id}"),
        ("/Users/17", "/users/{id}"),
        ("/пользователи/ivan", "/{text}/{id}"),
        ("/~ivan/x", "/{id}/x"),
        ("/n/%D0%98%D0%B2%D0%B0%D0%BD", "/n/{text}"),
        ("/n/\\xD0\\x98\\xD0\\xB2", "/n/{text}"),  # nginx escapes
        ("/n/Иван", "/n/{text}"),
        ("/n/%25D0%2598", "/n/{text}"),
        ("/n/%C8%E2%E0%ED", "/n/{text}"),  # cp1251
        ("/n/Ivan Petrov", "/n/{other}"),
        ("/n/name=ivan", "/n/{other}"),
        ("/n/%00%01", "/n/{other}"),
        ("/{id}/x", "/{other}/x"),  # a placeholder cannot be forged
        ("/p/ivan%2540mail.example", "/p/{mail}"),
        ("/p/ivan-87012345678", "/p/{phone}"),  # the name beside it goes, too
        ("/p/8%20(701)%20234-56-78", "/p/{phone}"),
        ("/p/800416100254", "/p/{iin}"),
        ("/p/550e8400-e29b-41d4-a716-446655440000", "/p/{uuid}"),
        ("/p/0123456789abcdef", "/p/{token}"),
        ("/p/dQw4w9WgXcQ", "/p/{token}"),  # short, but nobody's word
        ("/p/192.0.2.7", "/p/{ip}"),
        ("/p/news.kz", "/p/news.kz"),  # a host name is no person
        ("/" + "word-" * 13, "/{text}"),  # over 60 characters
        ("/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h"),
        ("/a/b/c/d/e/f/g/h/i", "/a/b/c/d/e/f/g/h/{...}"),
    ],
)
def test_route(path: str, route: str) -> None:
    assert route_of(path, NONE) == route


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/ru/about/", "/ru/about"),
        ("/RU/About", "/ru/about"),
        ("/stores/17", "/stores/{store}"),
        ("/stores/new", "/stores/new"),  # the fewest placeholders
        ("/stores/ivan%40mail.example/menu", "/stores/{store}/menu"),
        ("/stores/17/other", "/stores/{n}/other"),  # not declared
        ("/help/a/b/c", "/help/{page...}"),
        ("/help", "/help"),  # the rest is one segment at least
        ("/kk/%D0%B4%D2%AF%D0%BA%D0%B5%D0%BD/5", "/kk/дүкен/{x}"),
    ],
)
def test_own_routes_give_their_template(path: str, route: str) -> None:
    assert route_of(path, OWN) == route


def test_ties_go_to_the_earlier_literal_whatever_the_order() -> None:
    templates = ("/{x}/b", "/a/{y}")
    assert {route_of("/a/b", OwnRoutes(order)) for order in (templates, templates[::-1])} == {"/a/{y}"}


@pytest.mark.parametrize(
    "templates",
    [
        ("about",),  # no slash
        ("/a/{x...}/b",),  # the rest in the middle
        ("/a/{X}",),  # a capital in a name
        ("/a?b",),  # a query
        ("/a//b",),  # an empty segment
        ("/s/{a}", "/s/{b}"),  # the same paths
        ("/Ru", "/ru"),
    ],
)
def test_a_malformed_own_route_is_refused(templates: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="own route"):
        OwnRoutes(templates)


def test_a_very_long_path_gives_a_short_route() -> None:
    assert len(route_of("/word-word-word-word-word-word-word-word-word" * 900, NONE)) <= MAX_LENGTH
    assert len(route_of("/" + "a-" * 50_000 + "/x", NONE)) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/", Resource.PAGE),
        ("/ru/news/sale", Resource.PAGE),
        ("/index.php", Resource.PAGE),
        ("/page.html?x=.js", Resource.PAGE),
        ("/app.js?v=3", Resource.ASSET),
        ("/img/LOGO.PNG", Resource.ASSET),
        ("/style.css;jsessionid=1", Resource.ASSET),
        ("/robots.txt", Resource.ASSET),
        ("/sitemap.xml", Resource.ASSET),
        ("/favicon.ico", Resource.ASSET),
        ("/manifest.json", Resource.ASSET),
        ("/api/v1/stores", Resource.API),
        ("/api/v1/stores.json", Resource.API),
        ("/api/logo.png", Resource.ASSET),
        ("/GraphQL", Resource.API),
        ("/wp-json/wp/v2", Resource.API),
        ("/capital", Resource.PAGE),  # "api" within a word
        ("*", Resource.PAGE),
    ],
)
def test_resource(path: str, resource: Resource) -> None:
    assert resource_of(path) is resource
