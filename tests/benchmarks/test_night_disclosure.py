"""How long disclosure control takes for a night of the sample: suppression, then attack and judgement."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from iesiz.disclosure.night import protect_night
from iesiz.disclosure.night_judge import audit_night
from iesiz.disclosure.night_rules import Rules
from iesiz.rule_settings import Thresholds
from iesiz.settings import load_settings
from tests.privacy.exact_night import exact_nights, plan_with

DAYS = (dt.date(2026, 11, 1), dt.date(2026, 11, 2), dt.date(2026, 11, 3))


@pytest.mark.benchmark
def test_a_night_of_the_sample(sample: Path, tmp_path: Path) -> None:
    plan = plan_with(load_settings(sample / "iesiz.toml"))
    for day, exact in zip(DAYS, exact_nights(sample, tmp_path, DAYS), strict=True):
        rules = Rules(bytes(range(32)), day.isoformat(), Thresholds(), plan)
        night = protect_night(exact, rules.key, rules.period, rules.thresholds, plan)
        verdict = audit_night(night.cells, exact, rules)
        assert not verdict.findings
        cells = sum(len(one.table) for one in exact)
        print(
            f"\n{day}: {cells} cells, {night.primary} withheld by a rule, {night.secondary} for these; "
            f"suppression {night.seconds:.2f} s, audit {verdict.seconds:.2f} s"
        )
