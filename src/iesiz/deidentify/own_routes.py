"""The routes that a site declares as its own.

Job: match the segments of a path with declared templates. In: templates such as
``/stores/{store}/menu``; decoded segments. Out: the template, or nothing. It must not return any part
of the path itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from iesiz.errors import SettingsError

_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")
_REST = re.compile(r"\{[a-z][a-z0-9_]*\.\.\.\}")
_LITERAL = re.compile(r"[^\s{}/?#;%\\]+")


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    placeholder: _Node | None = None
    template: str | None = None
    rest: str | None = None


@dataclass(frozen=True)
class OwnRoutes:
    """Declared templates, the most specific of which gives its name to a path.

    A ``{name}`` stands for any one segment, a last ``{name...}`` for one or more. Letter case does not
    matter. Of several that match, the one with the fewest placeholders wins, then the one whose
    literal segments come first.

    Attributes:
        templates: such as ``("/", "/ru/about", "/stores/{store}/menu", "/help/{page...}")``.

    Raises:
        SettingsError: for a template that is malformed or says the same as another.
    """

    templates: tuple[str, ...] = ()
    _root: _Node = field(init=False, repr=False, compare=False, default_factory=_Node)

    def __post_init__(self) -> None:
        """Build the tree that paths are looked up in."""
        for template in self.templates:
            self._add(template)

    def _add(self, template: str) -> None:
        segments = template.split("/")[1:] if template != "/" else []
        node = self._root
        for position, segment in enumerate(segments):
            if _REST.fullmatch(segment) and position == len(segments) - 1:
                self._refuse(template, unless=node.rest is None)
                node.rest = template
                return
            if _PLACEHOLDER.fullmatch(segment):
                node.placeholder = node.placeholder or _Node()
                node = node.placeholder
            else:
                self._refuse(template, unless=_LITERAL.fullmatch(segment) is not None)
                node = node.literals.setdefault(segment.casefold(), _Node())
        self._refuse(template, unless=node.template is None and template.startswith("/"))
        node.template = template

    @staticmethod
    def _refuse(template: str, *, unless: bool) -> None:
        if not unless:
            raise SettingsError(
                f"own route {template!r}: expected '/', words and {{name}} segments between slashes, "
                "{name...} only at the end, and no two routes for the same paths; correct it in the settings"
            )

    def match(self, segments: Sequence[str]) -> str | None:
        """Return the template for the segments of a path (decoded, without slashes), or None."""
        if not self.templates:
            return None
        return min(_matches(self._root, segments, 0), key=_specificity, default=None)


def _matches(node: _Node, segments: Sequence[str], position: int) -> Iterator[str]:
    if position == len(segments):
        if node.template is not None:
            yield node.template
        return
    literal = node.literals.get(segments[position].casefold())
    if literal is not None:
        yield from _matches(literal, segments, position + 1)
    if node.placeholder is not None:
        yield from _matches(node.placeholder, segments, position + 1)
    if node.rest is not None:
        yield node.rest


def _specificity(template: str) -> tuple[int, bool, str]:
    # "{" sorts behind letters, so that of equals the earlier literal wins.
    return template.count("{"), template.endswith("...}"), template
