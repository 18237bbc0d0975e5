"""The project's own source as trees, for the tests of style."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "amparo"


@dataclass(frozen=True, slots=True)
class Module:
    """A source file: where it is, what it says."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(PACKAGE).with_suffix("").parts

    @property
    def app(self) -> str:
        return self.parts[0]

    @property
    def layer(self) -> str:
        """`commands` of cases/commands.py and of cases/commands/closing.py alike."""
        return self.parts[1] if len(self.parts) > 1 else ""


@lru_cache(1)
def modules() -> tuple[Module, ...]:
    """Every module of the package but migrations and tests."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if "migrations" in parts or "tests" in parts or path.name == "conftest.py":
            continue
        text = path.read_text(encoding="utf-8")
        found.append(Module(path, text, ast.parse(text)))
    return tuple(found)


def apps() -> list[str]:
    return sorted(path.parent.name for path in PACKAGE.glob("*/apps.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def modules_of_tests() -> list[Path]:
    return sorted([*PACKAGE.rglob("tests/test_*.py"), *(ROOT / "tests").rglob("test_*.py")])
