"""A model is written for a target: found by name, with checked options, and saved without leaving its folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automicro import NotExported, OutputError, PluginError, RequestError, TargetUnavailableError
from automicro.cli import main
from automicro.plugin import Export

if TYPE_CHECKING:
    from automicro.runtime.model import Model


def test_a_target_of_a_plugin_gets_the_columns_that_are_read(model: Model, installed: Path, tmp_path: Path) -> None:
    made = model.export("words", times=2)
    assert (made.target, made.entry, made.files) == ("words", "model.txt", {"model.txt": "a\nca\nc"})
    made.save(tmp_path / "out")
    assert (tmp_path / "out" / "model.txt").read_text() == "a\nca\nc"


@pytest.mark.parametrize(
    ("target", "more", "kind", "said"),
    [
        ("word", {}, TargetUnavailableError, "no target is named 'word': : did you mean 'words'"),
        ("words", {"tims": 2}, RequestError, "target 'words': tims: unknown key, did you mean 'times'"),
        ("words", {"times": "x"}, RequestError, "target 'words': times: must be a valid integer"),
        ("words", {"name": "graph"}, NotExported, "target 'words' needs rows, but the model reads graphs"),
        ("words", {"name": "a/b"}, RequestError, "name: must be a letter and at most 39 letters"),
        ("words", {"name": "broken"}, PluginError, "export of target 'words' raised RuntimeError: no idea"),
        ("nothing", {}, PluginError, "export of target 'nothing' must return an Export, but returned None"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    model: Model, installed: Path, target: str, more: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as raised:
        model.export(target, **more)
    assert str(raised.value).startswith(said.replace(": :", ":"))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["", "..", "../a", "/a", "a/../b", "a//b", "a/", "./a", "C:a", "a\\b", "a\nb", "a\0", "é", "a" * 101]
)
def test_a_file_stays_in_its_folder(name: str) -> None:
    with pytest.raises(PluginError, match="a name that stays in its folder"):
        Export("words", {name: ""}, name)


def test_files_may_have_folders(tmp_path: Path) -> None:
    Export("words", {"a/b.txt": "text", "c": b"\xff"}, "c").save(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "a" / "b.txt").read_text() == "text"
    assert (tmp_path / "new" / "folder" / "c").read_bytes() == b"\xff"


def test_an_export_has_its_entry_and_sizes() -> None:
    assert Export("words", {"a": "é"}, "a").sizes == {"a": 2}
    with pytest.raises(PluginError, match="the entry of an export must be one of its files, but is 'b'"):
        Export("words", {"a": ""}, "b")


def test_no_input_is_overwritten_and_a_failure_is_named(tmp_path: Path) -> None:
    kept = tmp_path / "a"
    kept.write_text("kept")
    export = Export("words", {"a": "new"}, "a")
    with pytest.raises(RequestError, match="must differ from"):
        export.save(tmp_path, inputs=[kept])
    assert kept.read_text() == "kept"
    with pytest.raises(OutputError, match="the folder of an export must be one that can be written"):
        export.save(kept)
    (tmp_path / "b").mkdir()
    with pytest.raises(RequestError, match="is a folder"):
        Export("words", {"b": "new"}, "b").save(tmp_path)


def run(*words: str) -> int:
    return main([*words])


def test_the_command(model: Model, installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = str(tmp_path / "model.txt"), str(tmp_path / "out")
    model.save(path)
    assert run("export", path, "--to", "words", "--out", out, "--name", "mine", "--option", "times=3") == 0
    assert capsys.readouterr().out.split("\n")[1:] == ["mine.txt  9", "note: read it aloud", ""]
    assert (tmp_path / "out" / "mine.txt").read_text() == "a\nca\nca\nc"
    assert run("export", path, "--to", "words", "--out", str(tmp_path)) == 2
    assert "must differ from" in capsys.readouterr().err
    assert run("export", path, "--to", "words", "--out", out, "--name", "graph") == 3
    assert capsys.readouterr().err == "target 'words' needs rows, but the model reads graphs\n"
    for wrong in ("times", "times=", "name=a", "=1"):
        assert run("export", path, "--to", "words", "--out", out, "--option", wrong) == 2
        assert capsys.readouterr().err.startswith("--option: ")
    assert run("export", path, "--to", "words", "--out", out, "--option", "times=1", "--option", "times=2") == 2
    assert "give each option once" in capsys.readouterr().err
    assert run("export", path, "--out", out) == 2
    assert "--to" in capsys.readouterr().err


def test_targets_are_listed_with_their_options(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "automicro.cli", "plugins"], capture_output=True, text=True, check=True
    )
    listed = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert listed["words"] == ["times", "words", "automicro-words", "1.0"]
    assert listed["nothing"] == ["-", "words", "automicro-words", "1.0"]
