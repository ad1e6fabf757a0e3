"""Keys destroyed and restricted data deleted at the end of their time, as a Prefect flow.

In: the path of ``iesiz.toml``. Out: a table of counts. A night does the same at its end; this flow does it on
days without one.
"""

from __future__ import annotations

from pathlib import Path

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact

from flows.nightly import contained, rows_of
from flows.nightly import upkeep as clear
from iesiz import pipeline
from iesiz.run_facts import UPKEEP, Work
from iesiz.settings import load_settings


@flow(name="upkeep", persist_result=False)
@contained
def upkeep(settings_path: str = "iesiz.toml") -> None:
    """Destroy keys and delete restricted data at the end of their time.

    Args:
        settings_path: the settings file, relative to the working directory.

    Raises:
        SettingsError: the settings are wrong.
        PrivacyRefusal: a key is unsound.
        OutsideError: another run holds the store, or the storage failed.
    """
    settings = load_settings(Path(settings_path))
    with pipeline.recorded(settings, UPKEEP, get_run_logger().info) as run, pipeline.store_lock(settings):
        done = clear(settings_path)
        run.add(Work("upkeep"), done)
    create_table_artifact(table=rows_of(done), key="upkeep", description="What came to the end of its time.")
