"""The Handbook on Statistical Disclosure Control's worked examples, to the digit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.primary import (
    Shares,
    below_threshold,
    dominance_protection,
    dominated,
    group_disclosed,
    p_of_dominance,
    p_percent,
    upper_protection,
)
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import Dimension, all_margins, codes_of, cross
from iesiz.errors import PrivacyRefusal


@pytest.fixture
def book(corpora: Path) -> dict:
    return json.loads((corpora / "disclosure" / "handbook" / "worked_examples.json").read_text())


def shares(total: float, first: float, second: float) -> Shares:
    return Shares(np.array([total]), np.array([first]), np.array([second]))


def test_sensitivity_rules(book: dict) -> None:
    first, second, last = book["sensitivity_rules"]
    assert not dominated(np.array([100000.0]), np.array([50000.0]), 90)[0]
    assert p_percent(shares(first["total"], *first["contributions_top"]), 10)[0] == first["p10_sensitive"]
    assert not p_percent(shares(second["total"], *second["contributions_top"]), 10)[0]
    assert dominated(np.array([110000.0]), np.array([102000.0]), 90.909)[0]
    total, largest = np.array([float(last["total"])]), np.array([300.0])
    assert dominated(total, largest, 85)[0]
    assert dominance_protection(total, largest, 85)[0] == pytest.approx(
        last["upper_protection_level"], abs=1e-12
    )


def test_p_from_dominance(book: dict) -> None:
    assert p_of_dominance(80) == book["p_from_2k"]["k=80"]
    assert p_of_dominance(95) == pytest.approx(book["p_from_2k"]["k=95"], abs=1e-12)
    level = upper_protection(shares(100000, 50000, 49000), 10)
    assert level[0] == 10 / 100 * 50000 - (100000 - 50000 - 49000)


def test_feasibility_interval(book: dict) -> None:
    example = book["feasibility_interval_ex3"]
    rows, columns = Dimension("row", ("1", "2", "3")), Dimension("column", ("1", "2"))
    table = cross((rows, columns), all_margins(("row", "column")))
    system = system_of(table.incidence, codes_of(table.dimensions))
    inner = np.array([5, 2, 1, 2, 3, 3.0])
    values = system.forms.dot(inner)
    names = {("1", "1"): "X11", ("1", "2"): "X12", ("2", "1"): "X21", ("2", "2"): "X22"}
    hidden = np.array([labels in names for labels in table.labels])
    values[hidden] = np.nan
    seen = Attacker(View(system, values)).intervals()
    for form, lo, hi in zip(seen.forms, seen.lo, seen.hi, strict=True):
        assert [lo, hi] == example["bounds"][names[table.labels[form]]]


def test_group_disclosure(book: dict) -> None:
    rows = np.array(list(book["group_disclosure_table"]["rows"].values()), dtype=float)
    margins = np.broadcast_to(rows.sum(axis=1, keepdims=True), rows.shape)
    assert group_disclosed(rows, margins, 0).tolist() == [[True, False], [False, False], [False, False]]
    assert group_disclosed(rows, margins, 1).tolist() == [[True, False], [True, False], [False, False]]


def test_negative_values_are_refused() -> None:
    with pytest.raises(PrivacyRefusal):
        below_threshold(np.array([3.0, -1.0]), 10, zeros=False)
    with pytest.raises(PrivacyRefusal):
        p_percent(shares(-1, 2, 1), 10)


def test_networks_count_too() -> None:
    few = below_threshold(np.array([50.0, 50.0]), 10, zeros=False, networks=np.array([2.0, 3.0]))
    assert few.tolist() == [True, False]
