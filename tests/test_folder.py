"""A folder that a kill has left is removed by the next search; any other is left alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from automicro.folder import OwnedFolder, remove_left, remove_own

MAKE = "import sys; from automicro.folder import OwnedFolder\nmade = OwnedFolder(); print(made.path, flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_process_that_lives_stays_and_that_of_a_killed_one_goes(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        (folder / "context.pickle").write_bytes(b"rows")
        remove_left(temporary)
        assert (folder / "context.pickle").exists()
        other.kill()
        other.wait()
    assert (folder / "context.pickle").exists()
    own = OwnedFolder()
    assert list(temporary.iterdir()) == [own.path]
    own.cleanup()
    assert list(temporary.iterdir()) == []


def test_what_belongs_to_nobody_or_is_a_link_is_left_alone(temporary: Path) -> None:
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / "owner").touch()
    (temporary / "automicro-link").symlink_to("elsewhere")
    (temporary / "automicro-mine").mkdir()  # without an owner's file
    (temporary / "automicro-file").touch()
    OwnedFolder().cleanup()
    assert (temporary / "elsewhere" / "owner").exists()
    assert {path.name for path in temporary.iterdir()} == {
        "elsewhere",
        "automicro-link",
        "automicro-mine",
        "automicro-file",
    }


def test_all_of_a_process_are_removed_at_once_and_twice_is_harmless(temporary: Path) -> None:
    folders = [OwnedFolder(), OwnedFolder()]
    remove_own()
    assert list(temporary.iterdir()) == []
    folders[0].cleanup()
    remove_left(temporary / "none")
