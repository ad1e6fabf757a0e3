"""What is left to be told of a system once published numbers are known and far days are left out.

Published numbers become constants. A row that reaches beyond the days that are looked at is made an equation:
whoever attacks is taken to know the exact sum of what it holds on this side. A number that can be another one
all the same can be so whatever lies beyond: the tables that show it leave that sum as it is, so that put
together with the true values beyond they break no row. What comes out beyond later can't change that.

In: a system, constants, true values. Out: a `Part` of the whole. Must not widen what an attacker knows of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iesiz.disclosure.attacker import Attacker, View
from iesiz.disclosure.components import blocks
from iesiz.disclosure.parts import Part
from iesiz.disclosure.rules import TOLERANCE, Needs
from iesiz.disclosure.sparse import Bools, Floats, Rows
from iesiz.disclosure.system import Limits, LinearSystem


@dataclass(frozen=True, eq=False)
class Horizon:
    """What is given up, and what everybody is taken to know of it.

    Attributes:
        beyond: variables that are given up, shape (variables,).
        sums: for each row of the limits that reaches beyond, the true sum of its open variables.
    """

    beyond: Bools
    sums: Floats


def horizon_of(limits: Limits, known: Floats, values: Floats) -> Horizon:
    """The horizon of true values, which are NaN beyond it; `known` are constants, NaN where there is none."""
    is_open = np.isnan(known) & ~np.isnan(values)
    sums = limits.rows.dot(np.where(is_open, np.nan_to_num(values), 0.0))
    return Horizon(np.isnan(values) & np.isnan(known), sums)


def no_horizon(system: LinearSystem) -> Horizon:
    """Nothing is given up."""
    return Horizon(np.zeros(system.variables, dtype=np.bool_), np.zeros(len(system.limits.rows)))


def opened(system: LinearSystem, known: Floats, horizon: Horizon, left_out: Bools | None = None) -> Part:
    """The system over the variables that are neither known nor beyond.

    Args:
        system: every form a single variable, in order, then variables that no form shows.
        known: constants, NaN where a variable is not known, shape (variables,).
        horizon: what is given up.
        left_out: whole blocks of variables that nobody asks for, shape (variables,).
    """
    is_open = np.isnan(known) & ~horizon.beyond
    if left_out is not None:
        is_open &= ~left_out
    near, variables = _near(system.limits, known, horizon, is_open), np.flatnonzero(is_open)
    forms = variables[variables < len(system.forms)]
    cells, owner = np.unique(system.owner[forms], return_inverse=True)
    own = LinearSystem(
        system.forms.take(forms).within(variables),
        owner.astype(np.int64),
        len(cells),
        np.arange(len(cells), dtype=np.int64),
        Limits(near.rows.within(variables), near.lower, near.upper),
        system.axes[variables],
    )
    return Part(own, variables, forms, cells)


def _near(limits: Limits, known: Floats, horizon: Horizon, is_open: Bools) -> Limits:
    """Rows with open variables: constants moved to the bounds, rows that reach beyond made equations."""
    shift = limits.rows.dot(np.where(np.isnan(known), 0.0, known))
    reaches = limits.rows.any(horizon.beyond)
    lower = np.where(reaches, horizon.sums, limits.lower - shift)
    upper = np.where(reaches, horizon.sums, limits.upper - shift)
    kept = np.flatnonzero(limits.rows.any(is_open) & ~np.isnan(lower))
    return Limits(limits.rows.take(kept), lower[kept], upper[kept])


def bare(horizon: Horizon) -> Horizon:
    """The same, but nobody knows anything of what is given up: rows that reach beyond tell nothing."""
    return Horizon(horizon.beyond, np.full(len(horizon.sums), np.nan))


def left_by(
    system: LinearSystem, known: Floats, horizon: Horizon, needs: Needs, values: Floats, near: Bools
) -> Needs:
    """The needs of every form, none beyond what earlier releases have left: that is not the new one's fault.

    What lies beyond tells nothing here, so that no need is lowered for what somebody is only taken to know.

    Args:
        system: every form a single variable, in order, then variables that no form shows.
        known: constants, NaN where a variable is not known, shape (variables,).
        horizon: what is not looked at.
        needs, values: by form.
        near: variables to be asked for, whole blocks; forms elsewhere need nothing.
    """
    part = opened(system, known, bare(horizon), ~near)
    left = _within_reach(part.system, part.needs(needs), values[part.forms])
    width, up, down, whole = (np.zeros(len(system.forms)) for _ in range(4))
    width[part.forms], up[part.forms], down[part.forms] = left.width, left.up, left.down
    whole[part.forms] = left.whole
    return Needs(width, up, down, whole > 0)


def _within_reach(system: LinearSystem, needs: Needs, exact: Floats) -> Needs:
    """The needs, none beyond the intervals before anything new is published."""
    wanted = np.where(needs.up + needs.down > 0, np.inf, np.maximum(needs.width, 2.0 * needs.whole))
    seen = Attacker(View(system, np.full(len(system.forms), np.nan))).intervals(wanted)
    lo, hi = np.minimum(seen.lo, exact), np.maximum(seen.hi, exact)
    slack = 10 * TOLERANCE * np.maximum(1.0, np.abs(exact))
    return Needs(
        np.clip(hi - lo - slack, 0.0, needs.width),
        np.clip(hi - exact - slack, 0.0, needs.up),
        np.clip(exact - lo - slack, 0.0, needs.down),
        needs.whole & (np.floor(hi + slack) > np.ceil(lo - slack)),
    )


def touched(limits: Limits, known: Floats, new: Bools) -> Bools:
    """Variables in a block of open ones that one of the new stands in or beside, shape (variables,).

    Args:
        limits: rows over all variables.
        known: constants, NaN where a variable is not known.
        new: variables whose neighbourhood is asked for.
    """
    is_open = np.isnan(known)
    open_rows = _only(limits.rows, is_open)
    block = blocks(open_rows)
    near = open_rows.take(np.flatnonzero(limits.rows.any(new)))
    reached = np.unique(block[np.concatenate([near.indices, np.flatnonzero(new)])])
    found: Bools = np.isin(block, reached)
    return found


def _only(rows: Rows, mask: Bools) -> Rows:
    """The same rows, columns outside the mask left out but not renumbered."""
    kept = mask[rows.indices]
    sizes = np.bincount(rows.row_of[kept], minlength=len(rows))
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    return Rows(indptr, rows.indices[kept], rows.data[kept], rows.columns)
