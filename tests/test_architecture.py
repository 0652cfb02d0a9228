"""What must hold of the code as a whole: layers, no circles, ceilings, sorted names, light imports, families of one anatomy and door."""

from __future__ import annotations

import ast
import configparser
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import networkx as nx
import pytest

import automicro
from automicro import errors

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*(ROOT / "automicro").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = {"torch", "torch_geometric", "networkx", "sklearn", "lightgbm", "optuna", "scipy", "pandas", "matplotlib"}

CIRCULAR = (
    "automicro.search.",
    "automicro.export",
    "automicro.runtime",
)  # types of trials; models that write themselves
ANATOMY = {"family", "space", "size", "train", "lower"}
CHOOSERS = {"automicro_cluster/family.py"}  # the one family that users see, of the two in its folders

FILE_LINES, FUNCTION_LINES, PARAMETERS = 400, 50, 7  # parameters: six and self


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_is_short_and_opens_with_a_sentence(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= FILE_LINES, (
        f"{named(path)} has {len(lines)} lines, at most {FILE_LINES} are allowed: split it by noun"
    )
    docstring = ast.get_docstring(parsed(path))
    assert docstring, f"{named(path)} must open with one sentence that says what it is for"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_functions_are_short_and_take_few_parameters(path: Path) -> None:
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        docstring = ast.get_docstring(function, clean=False) or ""
        code = length - len(docstring.splitlines())
        assert code <= FUNCTION_LINES, (
            f"{named(path)}: {function.name} has {code} lines of code, at most {FUNCTION_LINES}"
        )
        positional = len(function.args.posonlyargs) + len(function.args.args)
        assert positional <= PARAMETERS, (
            f"{named(path)}: {function.name} takes {positional} parameters: an object is missing"
        )


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_every_module_says_what_is_public_in_order(path: Path) -> None:
    for node in parsed(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names = ast.literal_eval(node.value)
            ordered = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
            assert names in (ordered, sorted(names)), f"{named(path)}: __all__ must be sorted"
            return
    only_a_docstring = len(parsed(path).body) == 1
    assert only_a_docstring or path.name == "__main__.py", f"{named(path)} must have an __all__"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_waiver_carries_its_reason(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(r"#\s*(noqa|type:\s*ignore)", line):
            assert re.search(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[^\]]+\])\s+(-|#) \S", line), (
                f"{named(path)}:{number}: a waiver names its rule and carries a reason behind it"
            )


def test_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_contracts_cover_every_package() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    listed = set(contracts["importlinter"]["root_packages"].split())
    assert listed == {"automicro", *(path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py"))}


def test_no_import_leads_back() -> None:
    """No module, and no folder beside another one, imports itself by way of others, for types included."""
    packages = ["automicro", *sorted(path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py"))]
    graph = grimp.build_graph(*packages)
    arrows = {(a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a)}
    rooms = {pair for a, b in arrows if (pair := beside(a, b))}
    circles = [
        sorted(circle)
        for edges in (arrows, rooms)
        for circle in nx.strongly_connected_components(nx.DiGraph(edges))
        if len(circle) > 1 and not all(name.startswith(CIRCULAR) for name in circle)
    ]
    assert not circles


def beside(a: str, b: str) -> tuple[str, str] | None:
    """Return the modules or folders of one folder that two modules lie in, or are; None where one of them is that folder."""
    one, other = a.split("."), b.split(".")
    same = next((at for at, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), None)
    return None if same is None else (".".join(one[: same + 1]), ".".join(other[: same + 1]))


@pytest.mark.parametrize("statement", ["import automicro", "from automicro.cli import main", "import automicro.plugin"])
def test_import_stays_light(statement: str) -> None:
    assert not loaded_by(statement) & HEAVY


def test_loading_a_model_imports_numpy_alone() -> None:
    loaded = loaded_by("from automicro import load") - loaded_by("import numpy")
    assert loaded - sys.stdlib_module_names == {"automicro"}


def test_help_stays_light() -> None:
    statement = (
        "import sys, contextlib, io\nsys.argv = ['automicro', '--help']\nfrom automicro.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    )
    assert not loaded_by(statement) & HEAVY


def test_discovery_imports_no_trainer() -> None:
    assert not loaded_by("from automicro.discovery import discover; discover()") & (HEAVY - {"scipy", "pandas"})


def test_entry_points_are_the_folders_in_plugins() -> None:
    folders = {
        path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    assert set(PROJECT["project"]["entry-points"]["automicro"].values()) == folders


def test_every_family_has_the_same_files() -> None:
    families = [
        path
        for path in (ROOT / "plugins").rglob("family.py")
        if str(path.relative_to(ROOT / "plugins")) not in CHOOSERS
    ]
    assert len(families) >= 8
    for path in families:
        missing = ANATOMY - {file.stem for file in path.parent.glob("*.py")}
        assert not missing, f"{named(path.parent)} must have the files of a family, but lacks {sorted(missing)}"


@pytest.mark.parametrize(
    "folder", ["automicro", *sorted(f"plugins/{p.name}" for p in (ROOT / "plugins").iterdir() if p.is_dir())]
)
def test_packages_are_typed(folder: str) -> None:
    assert (ROOT / folder / "py.typed").exists()


def test_nobody_imports_a_second_copy_of_a_family() -> None:
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]:
        if path != Path(__file__):
            assert not re.search(r"^\s*(import|from) plugins\b", path.read_text(encoding="utf-8"), re.MULTILINE), named(
                path
            )


def test_the_public_names_exist_and_are_described() -> None:
    for name in automicro.__all__:
        assert inspect.getdoc(getattr(automicro, name)), name


def test_the_drawn_error_tree_is_the_real_one() -> None:
    drawn = set(
        re.findall(
            r"[A-Z]\w+",
            (errors.__doc__ or "").partition("AutomicroError")[1]
            + (errors.__doc__ or "").partition("AutomicroError")[2],
        )
    )
    real = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.AutomicroError | KeyboardInterrupt)
    }
    assert real <= drawn
    assert sorted(real) == errors.__all__


def test_every_package_is_importable() -> None:
    for path in SOURCES:
        if path.name == "__init__.py" and "plugins" not in path.parts:
            importlib.import_module(".".join(path.parent.relative_to(ROOT).parts))
