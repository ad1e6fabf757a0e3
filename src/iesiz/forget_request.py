"""Whose records are to go, as an ID-FILE names them; read once, and never kept.

In: a TOML file. Out: ``ForgetRequest``. It must not show what it read in a message.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from iesiz.errors import InputError
from iesiz.settings_section import Section

EXPECTED = 'accounts = ["..."], and [[visitors]] with address and agent as the log writes them'
Given = Annotated[str, Field(min_length=1)]


class NamedVisitor(Section):
    """A client by its address and agent, as the log writes them; ``-`` where it has none."""

    address: Annotated[Given, Field(repr=False)]
    agent: Annotated[Given, Field(repr=False)]


class ForgetRequest(Section):
    """People by the ids of their accounts, or by address and agent."""

    accounts: Annotated[tuple[Given, ...], Field(repr=False, strict=False)] = ()
    visitors: Annotated[tuple[NamedVisitor, ...], Field(repr=False, strict=False)] = ()


def load_request(path: Path) -> ForgetRequest:
    """Read an ID-FILE.

    Raises:
        InputError: it cannot be read, names nobody, or holds anything else.
    """
    try:
        request = ForgetRequest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
        raise InputError(f"{path}: not a readable request. Expected: {EXPECTED}.") from None
    if not (request.accounts or request.visitors):
        raise InputError(f"{path}: names nobody. Expected: {EXPECTED}.")
    return request
