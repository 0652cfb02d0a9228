"""Parts of written files: the source of functions that a model calls, and of what these call, without annotations."""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["imports_and_parts"]

PACKAGE = "automicro_python.parts"
NOT_AT_RUN_TIME = ("__future__", "typing")


class Part(NamedTuple):
    """One definition of a module of parts: its code, and the names that it reads."""

    code: str
    reads: frozenset[str]
    module: str


class _Bare(ast.NodeTransformer):
    """Takes annotations away, which old versions of Python and MicroPython cannot evaluate."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        assert node.value is not None  # noqa: S101 - parts have no bare annotation
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def imports_and_parts(wanted: list[str]) -> tuple[list[str], list[str]]:
    """Return import statements, and the code of the wanted functions and of all that they need, in the order of their modules."""
    parts, imports = _known()
    needed, left = set[str](), set(wanted)
    while left:
        name = left.pop()
        needed.add(name)
        left |= (parts[name].reads & parts.keys()) - needed
    kept = [name for name in parts if name in needed]
    read = {name for part in kept for name in parts[part].reads}
    return sorted({code for name, code in imports.items() if name in read}), [parts[name].code for name in kept]


@cache
def _known() -> tuple[dict[str, Part], dict[str, str]]:
    """Return all definitions by name, and import statements by the name that each brings."""
    parts: dict[str, Part] = {}
    imports: dict[str, str] = {}
    folder = files(PACKAGE)
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".py") and file.name != "__init__.py":
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                _add(node, file.name, parts, imports)
    return parts, imports


def _add(node: ast.stmt, module: str, parts: dict[str, Part], imports: dict[str, str]) -> None:
    if isinstance(node, ast.Import):
        imports |= {alias.name: f"import {alias.name}" for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        source = node.module or ""
        if source not in NOT_AT_RUN_TIME and not source.startswith(PACKAGE):
            imports |= {alias.name: f"from {source} import {alias.name}" for alias in node.names}
    elif not isinstance(node, ast.Expr) and "__all__" not in (names := _defined(node)):
        reads = _read(node)
        code = ast.unparse(_Bare().visit(node)).encode("ascii", "backslashreplace").decode()  # as in a literal
        for name in names:
            before = parts[name].code + "\n" if name in parts else ""  # a constant that is added to
            parts[name] = Part(before + code, reads - {name}, module)


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _read(node: ast.stmt) -> frozenset[str]:
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
