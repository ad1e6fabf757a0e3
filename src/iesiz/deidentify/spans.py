"""Where an identifier stands in a text, and what becomes of overlapping finds.

Job: the type ``Span`` and its merging. In: spans of one text from several finders. Out: disjoint
spans in order. It must not look at the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

PLACEHOLDERS = MappingProxyType(
    {
        "mail": "{mail}",
        "url": "{url}",
        "uuid": "{uuid}",
        "iban": "{iban}",
        "iin": "{iin}",
        "bin": "{bin}",
        "card": "{card}",
        "phone": "{phone}",
        "foreign_phone": "{phone}",
        "ip": "{ip}",
        "token": "{token}",
    }
)
"""What stands in for each kind of identifier; of two finds that overlap the earlier kind gives its name."""

_RANK = MappingProxyType({kind: rank for rank, kind in enumerate(PLACEHOLDERS)})


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) of a text are an identifier of a kind.

    Raises:
        ValueError: for an unknown kind or an empty or negative extent.
    """

    start: int
    end: int
    kind: str

    def __post_init__(self) -> None:
        """Refuse what cannot be a span."""
        if self.kind not in PLACEHOLDERS or not 0 <= self.start < self.end:
            raise ValueError("a span needs a known kind and 0 <= start < end")


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join overlapping spans, so that nothing any finder saw survives; the better-ranked kind stays."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            kind = min(last.kind, span.kind, key=_RANK.__getitem__)
            merged.append(Span(last.start, max(last.end, span.end), kind))
        else:
            merged.append(span)
    return tuple(merged)
