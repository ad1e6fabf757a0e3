"""Cells that are published already stay published; where that leaves no protection, nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from iesiz.disclosure.protect import protect
from iesiz.disclosure.rules import widths
from iesiz.disclosure.system import system_of
from iesiz.disclosure.tables import Dimension, all_margins, cross
from iesiz.disclosure.task import Task
from iesiz.errors import PrivacyRefusal


def week(fixed: list[str]) -> Task:
    """One small day among days and their week."""
    table = cross((Dimension("day", ("mon", "tue", "wed")),), all_margins(("day",)))
    system, inner = system_of(table.incidence), np.array([3.0, 40.0, 50.0])
    held = np.array([label in fixed for (label,) in table.labels])
    values = system.forms.dot(inner)
    return Task(system, inner, (values < 10) & ~held, held, widths(values, 10.0))


def test_what_is_published_already_is_not_withheld() -> None:
    """The days are out, so the week has to go."""
    task = week(["tue", "wed"])
    withheld = protect(task).withheld
    assert not np.any(withheld & task.fixed)
    assert withheld.sum() == 2


def test_no_release_where_only_published_cells_could_protect() -> None:
    with pytest.raises(PrivacyRefusal, match="published already"):
        protect(week(["tue", "wed", "Total"]))


def test_a_sensitive_cell_cannot_be_published_already() -> None:
    task = week(["tue"])
    with pytest.raises(ValueError, match="published already"):
        Task(task.system, task.inner, task.sensitive, task.sensitive, task.needs)
