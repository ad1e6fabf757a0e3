"""Registrations from where they are kept: the declared columns only, every row counted.

In: the settings of the source. Out: Arrow tables named as the registry names the fields, identified, in
memory. It must not ask for a column without a treatment.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from iesiz.registration_settings import Registration
from iesiz.sources.wanted import RegistrationSource, Wanted


def open_registrations(
    base: Path, source: Registration, wanted: Wanted, store: Path
) -> AbstractContextManager[RegistrationSource]:
    """Open the source; ``store`` is the folder in which no delivery may lie.

    Raises:
        InputError: it lacks a mandatory column, or there is no file.
        OutsideError: it cannot be reached.
        SettingsError: the settings of the connection are wrong.
    """
    if source.postgresql is None:
        from iesiz.sources.registration_files import open_files

        return open_files(base, source.paths, wanted, store)
    from iesiz.sources.postgresql import open_postgresql

    return open_postgresql(source.postgresql, wanted, source.zone)
