"""Pages for everyone: what is published as charts with their numbers, in three languages, one file a page.

In: the catalog. Out: ``published/dashboard/*.html``, which need neither a server nor a network. It must not
show a withheld cell as zero or as a gap, nor know more than a reader's session does.
"""

from __future__ import annotations

from iesiz.dashboard.build import write_dashboard

__all__ = ["write_dashboard"]
