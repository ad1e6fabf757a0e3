"""What was remembered of a log's addresses and agents is gone when its reading ends, not some time later."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from iesiz import pipeline
from iesiz.deidentify import Context
from iesiz.deidentify.texts import with_room
from tests.nights import DAY, log, network


@pytest.fixture
def without_tidying() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_tidying")
def test_nothing_holds_what_a_file_was_treated_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, make = list[weakref.ref[Context]](), pipeline.context_of

    def noted(*given: object) -> Context:
        context = make(*given)  # type: ignore[arg-type]
        held.append(weakref.ref(context))
        return context

    monkeypatch.setattr(pipeline, "context_of", noted)
    net = network(tmp_path)
    net.write("logs/mall/web/a.log", log(DAY))
    net.read()
    assert [one() for one in held] == [None]


def test_room_for_texts_is_doubled_and_keeps_what_is_there() -> None:
    held, moves = np.zeros((2, 0), np.int32), 0
    for known in range(1, 2000):
        grown = with_room(held, known)
        moves += grown is not held
        held = grown
        held[:, known - 1] = known
    assert held[:, :1999].tolist() == [list(range(1, 2000))] * 2
    assert moves < 13
