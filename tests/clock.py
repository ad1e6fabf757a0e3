"""What the product takes for the time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from iesiz import calendar


def set_clock(patch: pytest.MonkeyPatch, tell: Callable[[], dt.datetime]) -> None:
    """Let it be another time, wherever it is asked for in this process.

    Args:
        patch: undoes it.
        tell: gives the time, with a zone.
    """
    patch.setattr(calendar, "_tell", lambda zone: tell().astimezone(zone))
