"""The studies run from top to bottom over the published zone alone, and are committed without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

STUDIES = sorted((ROOT / "notebooks").glob("*.ipynb"))
PARTS = ["Question", "Data", "Method", "Result", "Limits"]


@pytest.fixture(scope="module")
def published(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which nothing but the published zone is left."""
    store = tmp_path_factory.mktemp("readers") / "store"
    shutil.copytree(checkout / "store" / "published", store / "published")
    return store


def test_there_are_the_four_studies() -> None:
    assert [path.stem for path in STUDIES] == [
        "devices_and_page_speed",
        "failing_pages",
        "registrations_by_region_and_age",
        "way_to_registration",
    ]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_is_committed_without_outputs_and_tells_its_parts(path: Path) -> None:
    study = nbformat.read(path, as_version=4)
    code = [cell for cell in study.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    text = "\n".join(cell.source for cell in study.cells if cell.cell_type == "markdown")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == PARTS
    source = "\n".join(cell.source for cell in code)
    assert "from releases" in source
    assert "restricted" not in source
    assert "read_parquet" not in source


@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client.*", "ignore::DeprecationWarning:zmq.*")
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_runs_from_top_to_bottom(
    path: Path, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IESIZ_STORE", str(published))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    study = nbformat.read(path, as_version=4)
    NotebookClient(
        study, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [one for cell in study.cells if cell.cell_type == "code" for one in cell.outputs]
    assert [one for one in outputs if one.output_type == "stream" and one.name == "stderr"] == []
    pictures = [one for one in outputs if "image/svg+xml" in one.get("data", {})]
    assert pictures
    assert all("<svg" in one["data"]["image/svg+xml"] for one in pictures)
    assert "2026-11-10" in str(outputs[0]["data"]["text/plain"])
