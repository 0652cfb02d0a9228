"""Every example and every code block of the documents runs, and the commands that the README names exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from automicro.request.files import read_request

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def blocks(language: str) -> list[tuple[str, str]]:
    pattern = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}
    return [(name, block) for name, text in texts.items() for block in pattern.findall(text)]


@pytest.mark.parametrize(("name", "code"), blocks("python"), ids=lambda value: value[:30].splitlines()[0])
def test_python_blocks_run(name: str, code: str, tmp_path: Path) -> None:
    if "import plots" in code:
        pytest.importorskip("matplotlib")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr}"


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
    subcommands = set(re.findall(r"^automicro (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    shown = subprocess.run(
        [sys.executable, "-m", "automicro.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(command in shown for command in subcommands)
