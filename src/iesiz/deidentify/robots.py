"""Job: say whether a user agent is a robot's, and by which kind of rule.

In: a user agent that is not empty, cut to a bounded length. Out: one of three rules, no text of it.
Must not: look at behaviour (requests, rates); that needs a day, not an agent.

The maintained list is the package crawler-user-agents; `robots.toml` holds general rules and says which
entries of the package are not used, since people's agents match them.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Literal

from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from ua_parser.lazy import UserAgentMatcher
from ua_parser.regex import Resolver

Rule = Literal["listed", "no_browser_shape", "none"]


def robot_rule(agent: str) -> Rule:
    """Name the rule by which `agent` is a robot's: `none` means that no rule holds.

    `listed` covers the maintained list and the words of `robots.toml`.

    Args:
        agent: text that UTF-8 can encode, of bounded length: time grows with the length.
    """
    rules = _rules()
    text = rules.phrases.sub("", agent) if rules.harmless.hits(agent) else agent
    if rules.listed.hits(text):
        return "listed"
    if rules.actions.hits(text) and not rules.webview.hits(text):
        return "listed"
    has_shape = rules.shape.hits(agent) and not agent.isalpha()
    return "none" if has_shape else "no_browser_shape"


def robot_list_version() -> str:
    """Versions of all that decides on robots, to be recorded with what was computed by it."""
    return f"crawler-user-agents {version('crawler-user-agents')}, iesiz rules {_data()['version']}"


class _Patterns:
    """A set of patterns on ua-parser's engine: linear in the text, and one pass for all of them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._engine = Resolver(([UserAgentMatcher(p, "hit") for p in patterns], [], [])).ua

    def hits(self, text: str) -> bool:
        return self._engine.extract(text) is not None


class _Rules:
    """All rules, compiled once a process."""

    def __init__(self, data: dict[str, Any]) -> None:
        words = dict(data["words"])
        self.actions = _Patterns(_caseless(words.pop("actions")))
        others = _caseless(word for group in words.values() for word in group)
        self.listed = _Patterns([*_trusted(data), *others])
        self.webview = _Patterns(_caseless(data["webview"]["parts"]))
        self.shape = _Patterns(_caseless(data["shape"]["parts"]))
        phrases = data["harmless"]["phrases"]
        self.harmless = _Patterns(
            _caseless(phrases)
        )  # hardly an agent has one: a tenth of the substitution's time
        self.phrases = re.compile("|".join(phrases), re.IGNORECASE)


def _trusted(data: dict[str, Any]) -> Iterator[str]:
    """Patterns of the maintained list that are used: not distrusted, nor taken over with many others."""
    added = Counter(entry.get("addition_date") for entry in CRAWLER_USER_AGENTS_DATA)
    distrusted = {entry["pattern"] for entry in data["distrusted"]}
    tags = set(data["imports"]["trusted_tags"])
    for entry in CRAWLER_USER_AGENTS_DATA:
        many = entry.get("addition_date") and added[entry["addition_date"]] > data["imports"]["most_in_a_day"]
        if entry["pattern"] not in distrusted and (not many or tags.intersection(entry["tags"])):
            yield entry["pattern"]


def _caseless(patterns: Iterable[str]) -> Iterable[str]:
    return (f"(?i:{pattern})" for pattern in patterns)


@cache
def _rules() -> _Rules:
    return _Rules(_data())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("robots.toml").read_text("utf-8"))
