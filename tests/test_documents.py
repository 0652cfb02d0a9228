"""Every example and every code block of the documents runs, prints what is shown, and names commands that exist."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import automicro
from automicro.cli.arguments import parse
from automicro.request.files import read_request
from automicro.request.levels import Level
from automicro.request.records import Status, Verdict

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


# One program a page, whose blocks build on each other and show their output
LESSONS = sorted([ROOT / "README.md", *(ROOT / "docs" / "tutorial").glob("*.md")])
SEPARATOR = "end of a block"


def blocks(language: str) -> list[tuple[str, str]]:
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}
    return [(name, block) for name, text in texts.items() for block in pattern.findall(text)]


def recipes() -> list[tuple[str, str]]:
    lessons = {str(path.relative_to(ROOT)) for path in LESSONS}
    return [(name, block) for name, block in blocks("python") if name not in lessons]


def run(code: str, folder: Path) -> str:
    (folder / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "code"), recipes(), ids=lambda value: value[:30].splitlines()[0])
def test_python_blocks_run(name: str, code: str, tmp_path: Path) -> None:
    if "import plots" in code:
        pytest.importorskip("matplotlib")
    run(code, tmp_path)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_lessons_print_what_they_show(path: Path, tmp_path: Path) -> None:
    pairs = re.findall(
        r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?",
        path.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    printed = run(f"print({SEPARATOR!r})\n".join(code for code, _ in pairs), tmp_path).split(f"{SEPARATOR}\n")
    for (code, shown), output in zip(pairs, printed, strict=True):
        if shown:
            assert output.split() == shown.split(), f"{path.name} shows another output than this code prints:\n{code}"


@pytest.mark.parametrize(("name", "text"), blocks("sh"), ids=lambda value: value[:30].splitlines()[0])
def test_commands_of_shell_blocks_exist(name: str, text: str) -> None:
    for command in re.findall(r"^automicro (.*)$", text, re.MULTILINE):
        assert parse(shlex.split(command, comments=True)).command, f"{name}: automicro {command}"


@pytest.mark.parametrize(("name", "text"), blocks("toml"), ids=lambda value: value[:30].splitlines()[0])
def test_toml_blocks_parse(name: str, text: str) -> None:
    assert tomllib.loads(text), name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid_requests(path: Path) -> None:
    request = read_request(path)
    assert request.data is not None
    assert request.data.source.startswith("sklearn:") or Path(request.data.source).exists()


def test_named_files_exist() -> None:
    for path in DOCUMENTS:
        for named in re.findall(
            r"`((?:automicro|plugins|docs|examples|benchmarks|tests)/[\w./-]+)`", path.read_text(encoding="utf-8")
        ):
            assert (ROOT / named).exists(), f"{path.name} names {named}, which does not exist"


def test_the_readme_holds_the_two_commands() -> None:
    commands = re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert "pytest" in commands[1]


def test_the_readme_is_short_and_its_table_is_of_the_results() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    pytest.importorskip("matplotlib")
    figure = runpy.run_path(str(ROOT / "benchmarks" / "figure.py"))
    assert figure["with_table"](text, figure["results"]()) == text, "run: python benchmarks/figure.py"


def test_decisions_are_short_and_listed() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    unlisted = [page.name for page in pages if f"({page.name})" not in index]
    assert not unlisted, f"docs/decisions/README.md must have a row for each of {unlisted}"
    long = [page.name for page in pages if len(page.read_text(encoding="utf-8").splitlines()) > 40]
    assert not long, f"decisions must have at most 40 lines, figures go to benchmarks/notes/: {long}"


def test_the_reference_has_every_public_name() -> None:
    text = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", text, re.MULTILINE)
    assert sorted(listed) == sorted(automicro.__all__)


def test_the_glossary_defines_what_reports_print() -> None:
    text = (ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
    words = (*Status, *get_args(Verdict), *get_args(Level))
    undefined = [word for word in words if f"`{word}`" not in text]
    assert not undefined, f"docs/reference/glossary.md must define {undefined}"
