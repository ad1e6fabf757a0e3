"""Which tests go to one process: those of a file, and those of folders that share a store or a server."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

# The published sample of the documents, the server of the flows.
TOGETHER = ("tests/docs/", "tests/flows/")


class ByStore(LoadFileScheduling):
    """As ``--dist loadfile``, but such a folder counts as one file."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)
