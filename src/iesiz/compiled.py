"""How functions are compiled: without the interpreter's lock, kept on disk as machine code.

numba looks only at a function's own file when it asks whether its stored code is fresh, so the code is
kept in a folder named after the content of every file that holds compiled functions: an upgrade can
never run a function compiled against an older neighbour. The folder is the user's own (mode 0700);
where it cannot be made, functions are compiled anew in each process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import njit

from iesiz.own_cache import own_folder

Function = TypeVar("Function", bound=Callable[..., Any])


def _sources_digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    here = Path(__file__)
    # Constants of the records are compiled in as well.
    for path in (here, here.with_name("records.py"), *sorted(here.parent.rglob("*_kernel.py"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


CODE_FOLDER = own_folder(_sources_digest())
KEPT = CODE_FOLDER is not None
if CODE_FOLDER is not None:
    numba.config.CACHE_DIR = str(CODE_FOLDER)


def compiled(function: Function) -> Function:
    """Compile a function over arrays and numbers; it must be in a file named ``*_kernel.py``.

    Such a function makes no array of its own: without numba's runtime (``_nrt``) arrays are passed without
    counting references, which was two thirds of the scanner's time (1.07 to 0.36 microseconds a line).
    """
    made: Function = njit(nogil=True, error_model="numpy", _nrt=False, forceinline=True, cache=KEPT)(function)
    return made


def compiled_apart(function: Function) -> Function:
    """Compile a function that is called now and then: its code stays out of the loops that call it."""
    made: Function = njit(nogil=True, error_model="numpy", _nrt=False, cache=KEPT)(function)
    return made
