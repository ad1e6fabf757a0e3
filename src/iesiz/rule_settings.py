"""The rules of ``iesiz.toml`` that protect people: thresholds of tables, what microdata must fulfil."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, model_validator

from iesiz.settings_section import Section


class Thresholds(Section):
    """Distinct contributors a published cell needs; below 10 is refused, a table may ask for more.

    Attributes:
        spread: the secret part that a cell's threshold has besides is 0 to ``spread - 1``.
    """

    k: Annotated[int, Field(ge=10)] = 10
    k_sensitive: Annotated[int, Field(ge=20)] = 20
    spread: Annotated[int, Field(ge=5)] = 5

    @model_validator(mode="after")
    def _sensitive_is_stricter(self) -> Thresholds:
        if self.k_sensitive < self.k:
            raise ValueError("k_sensitive cannot be smaller than k")
        return self


class Review(Section):
    """Who has answered for weaker protection, and when."""

    name: Annotated[str, Field(min_length=3, max_length=200)]
    date: dt.date


class MicrodataRules(Section):
    """What microdata must fulfil; weaker than the defaults only where a review is named.

    Attributes:
        k: people in each class of registrations.
        l: distinct sensitive values in each class.
        t: distance of a class's sensitive values from those of the quarter, at most.
        suppression: share of the registrations that may be left out.
        visits_k: distinct visitors in each class of visits.
        visits_suppression: share of the visits that may be left out.
        review: who has answered for weaker values; stands in the restricted ledger with each release.
    """

    k: Annotated[int, Field(ge=2)] = 10
    l: Annotated[int, Field(ge=1)] = 3  # noqa: E741  the name this parameter has in the literature
    t: Annotated[float, Field(ge=0, le=1)] = 0.3
    suppression: Annotated[float, Field(ge=0, le=1)] = 0.05
    visits_k: Annotated[int, Field(ge=2)] = 20
    visits_suppression: Annotated[float, Field(ge=0, le=1)] = 0.25
    review: Review | None = None

    @model_validator(mode="after")
    def _weaker_needs_a_review(self) -> MicrodataRules:
        weaker = (
            self.k < 10,
            self.l < 3,
            self.t > 0.3,
            self.suppression > 0.05,
            self.visits_k < 20,
            self.visits_suppression > 0.25,
        )
        if any(weaker) and self.review is None:
            raise ValueError(
                "below k = 10, l = 3 and visits_k = 20 or above t = 0.3, suppression = 0.05 and "
                "visits_suppression = 0.25 only with a review: review = { name = ..., date = ... }"
            )
        return self
