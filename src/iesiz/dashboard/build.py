"""Writes the pages: facts as JSON, messages, chart templates and the charting library, one file a page."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from iesiz.dashboard.extras import freshness_facts, protection_facts
from iesiz.dashboard.figures import panel_facts, tile_facts
from iesiz.dashboard.pages import Page, load_pages
from iesiz.own_cache import kept_text
from iesiz.policy import EditionInForce
from iesiz.reader import Reader
from iesiz.settings import Settings
from iesiz.storage import write_bytes
from iesiz.tables import TableSpec

LANGUAGES = ("kk", "ru", "en")
CHARTS = ("days", "bars", "grid")
ENTRY = "window.vegaEmbed = vegaEmbed;"


def write_dashboard(
    settings: Settings, specs: Sequence[TableSpec], edition: EditionInForce, folder: Path | None = None
) -> Path:
    """Write every page from the catalog that readers see.

    Args:
        settings: where the catalog is, and the thresholds that are told.
        specs: the tables.
        edition: the edition of the policy that is told.
        folder: where the pages go; ``published/dashboard`` by default.

    Returns:
        The first page.

    Raises:
        InputError: there is no catalog.
        OutsideError: the storage failed; pages that were written stay.
    """
    place = folder or settings.published / "dashboard"
    pages = load_pages(specs)
    frame = [{"name": one.name, "title": one.title} for one in pages]
    with Reader(settings.catalog) as reader:
        for page in pages:
            facts = _facts(reader, page, specs, edition, settings)
            text = _text({"pages": frame, "contact": edition.contact, **facts})
            write_bytes(place / f"{page.name}.html", text.encode())
    return place / f"{pages[0].name}.html"


@cache
def messages() -> dict[str, dict[str, str]]:
    """Every word of the dashboard: for a key its text in each language."""
    return tomllib.loads(_part("messages.toml"))


def _facts(
    reader: Reader, page: Page, specs: Sequence[TableSpec], edition: EditionInForce, settings: Settings
) -> dict[str, Any]:
    known = {spec.name: spec for spec in specs}
    facts: dict[str, Any] = {
        "name": page.name,
        "title": page.title,
        "tiles": [tile_facts(reader, one, known.get(one.table)) for one in page.tiles],
        "panels": [panel_facts(reader, one, known.get(one.table)) for one in page.panels],
    }
    if page.extra == "freshness":
        facts["freshness"] = freshness_facts(reader)
    if page.extra == "protection":
        facts["protection"] = protection_facts(reader, specs, edition, settings.thresholds)
    return facts


def _text(facts: Mapping[str, Any]) -> str:
    charts = {name: json.loads(_part(f"charts/{name}.json")) for name in CHARTS}
    parts = {
        "/* style */": _part("style.css"),
        "/* vega */": _library() if any(one["rows"] for one in facts["panels"]) else "",
        "/* page */": _part("page.js"),
        "/* facts */": _json({"languages": LANGUAGES, "messages": messages(), "charts": charts, **facts}),
    }
    text = _part("page.html")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _json(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _part(name: str) -> str:
    return resources.files("iesiz.dashboard").joinpath(name).read_text("utf-8")


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the wheel; no network.

    Bundling takes a second and a half, so the script is kept for the user's next processes.
    """
    import vl_convert

    made_of = f"{metadata.version('vl-convert-python')} {ENTRY}"
    name = f"vega-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.js"
    return kept_text(name, lambda: str(vl_convert.javascript_bundle(ENTRY)))
