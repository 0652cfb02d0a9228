"""What a command leaves in its folders after a signal of any kind: nothing, or what the next search removes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automicro.folder import OwnedFolder

ROWS = "a,b,y\n" + "".join(f"{n},{n * 7 % 11},{'yes' if n % 40 < 20 else 'no'}\n" for n in range(200))
COMMAND = "select rows.csv --target y --metric accuracy --score 0.99 --seconds 60 --workers 1 --families tree,linear"
LEAVES_NOTHING = ("SIGINT", "SIGTERM", "SIGHUP")
WAIT_SECONDS = 120


def heeding() -> None:
    """Heed signals in the new process also where this one ignores some, as under nohup and in the background of a shell."""
    for name in (*LEAVES_NOTHING, "SIGQUIT"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="needs the signals of a shell")
@pytest.mark.parametrize("name", [*LEAVES_NOTHING, "SIGQUIT", "SIGKILL"])
def test_nothing_is_left_or_the_next_search_removes_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (tmp_path / "rows.csv").write_text(ROWS)
    words = [*COMMAND.split(), "--model", "m.micro", "--trace", "t.jsonl"]
    with (tmp_path / "err").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "automicro.cli", *words],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=heeding,  # noqa: PLW1509 - the test has no other thread
        )
        until = time.monotonic() + WAIT_SECONDS
        while not list(temporary.glob("automicro-*/context.pickle")) and time.monotonic() < until:
            assert process.poll() is None, (tmp_path / "err").read_text()
            time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        process.wait(WAIT_SECONDS)
    if name in LEAVES_NOTHING:
        assert process.returncode in (7, 130)
        assert list(temporary.iterdir()) == []
    else:
        assert process.returncode == -getattr(signal, name)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    OwnedFolder().cleanup()  # as the next search makes it
    assert list(temporary.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"tmp", "rows.csv", "err", "m.micro", "t.jsonl"}
