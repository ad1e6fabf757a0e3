"""The messages that the code can end a night with, read off its syntax: what is said, and by which error."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iesiz import errors

SOURCE = Path(__file__).parents[1] / "src" / "iesiz"
ERRORS = {
    name: one.exit_code
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.IesizError)
}
GAP = "…"


@dataclass(frozen=True)
class Message:
    """What is said, with a gap for each value; the error or the check that says it, and where it stands."""

    kind: str
    text: str
    place: str

    @property
    def code(self) -> int:
        """The exit code."""
        return ERRORS.get(self.kind, 1)


def errors_in(path: Path) -> Iterator[Message]:
    """Messages of the errors that a module makes."""
    for call in _calls(path):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in ERRORS and call.args:
            text = next(filter(None, map(_text, call.args)), "")
            if text:
                yield Message(name, text, f"{path.relative_to(SOURCE)}:{call.lineno}")


def returned_in(path: Path) -> Iterator[Message]:
    """Sentences about a file that a function returns for an error to say."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            text = _text(node.value)
            if text.startswith(f"{GAP}: ") and text.endswith("."):
                yield Message("InputError", text, f"{path.relative_to(SOURCE)}:{node.lineno}")


def findings_in(path: Path) -> Iterator[Message]:
    """Messages of the findings that a module makes."""
    for call in _calls(path):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "Finding" and len(call.args) == 3:
            text = _text(call.args[1])
            if text:
                yield Message("Finding", text, f"{path.relative_to(SOURCE)}:{call.lineno}")


def _calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _text(node: ast.expr) -> str:
    """The words of a message; empty where it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _tidy(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else GAP for one in node.values]
        return _tidy("".join(map(str, parts)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _tidy((_text(node.left) or GAP) + (_text(node.right) or GAP))
    return ""


def _tidy(text: str) -> str:
    return re.sub(f"{GAP}+", GAP, " ".join(text.split()))
