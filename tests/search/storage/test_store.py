"""A file in the folder is a trial or a note, whether damaged, foreign, too large, a link or a pipe; a folder that fails costs itself."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from automicro.discovery import discover
from automicro.errors import DataError
from automicro.search.storage import Store, store
from automicro.search.storage.record import MAGIC, write_record
from automicro.values import same

from .conftest import Kept, Search


def signed(key: str, outcome: object) -> bytes:
    """Return a record of any content with a checksum that is right."""
    body = json.dumps([key, outcome]).encode()
    return b"%s %s %d\n%s" % (MAGIC, hashlib.sha256(body).hexdigest().encode(), len(body), body)


def plain(path: Path) -> dict[str, object]:
    outcome: dict[str, object] = json.loads(path.read_bytes().partition(b"\n")[2])[1]
    return outcome


def test_what_is_kept_comes_back_exactly(kept: Kept, tmp_path: Path) -> None:
    made = kept.store(tmp_path)
    for task, outcome in kept.trials:
        found = made.get(task)
        assert found is not None
        assert same(asdict(found), asdict(outcome))
        assert write_record("k", found) == write_record("k", outcome)
    assert made.notes == []


def changed(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda old: b"", "is not a trial of this version"),
        (lambda old: pickle.dumps(["another"]), "is not a trial of this version"),
        (lambda old: old.replace(MAGIC, b"automicro trial 3"), "is not a trial of this version"),
        (lambda old: old[:-1], "is damaged"),
        (lambda old: old + b" ", "is damaged"),
        (lambda old: changed(old, 40), "is damaged"),
        (lambda old: changed(old, len(old) // 2), "is damaged"),
        (lambda old: signed("k", {"number": 1}), "does not hold a trial"),
        (lambda old: signed("k", "[" * 10_000), "does not hold a trial"),
    ],
)
def test_a_damaged_or_foreign_file_is_a_note(
    kept: Kept, tmp_path: Path, content: Callable[[bytes], bytes], why: str
) -> None:
    made = kept.store(tmp_path, filled=False)
    task, outcome = kept.trials[0]
    made.put(task, outcome)
    (only,) = tmp_path.glob("*.trial")
    only.write_bytes(content(only.read_bytes()))
    assert made.get(task) is None
    assert made.get(task) is None
    assert made.notes == [f"search.storage: 1 file is not used, so that the trials were run again: {only.name} {why}"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"number": 999}, "holds a trial of another number"),
        ({"status": "skipped"}, "does not hold a finished trial"),
        ({"artifact": None}, "holds an incomplete trial"),
        ({"artifact": base64.b64encode(b"nonsense").decode()}, "holds a trial of other data"),
        ({"out_of_fold": {"shape": [1, 1], "float64": "AAAAAAAAAAA="}}, "holds a trial of other data"),
        ({"out_of_fold": {"shape": [10**12], "float64": ""}}, "does not hold a trial"),
        ({"out_of_fold": {"shape": [1], "float64": "?"}}, "does not hold a trial"),
        ({"folds_run": 10**9}, "holds a trial of other data"),
        ({"folds_run": 10**400}, "holds a trial of other data"),
        ({"more": 1}, "does not hold a trial"),
        ({"form": {"key": 1}}, "does not hold a trial"),
    ],
)
def test_content_with_a_right_checksum_is_checked_all_the_same(
    kept: Kept, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    made = kept.store(tmp_path, filled=False)
    task, outcome = next((task, outcome) for task, outcome in kept.trials if outcome.status == "feasible")
    made.put(task, outcome)
    (only,) = tmp_path.glob("*.trial")
    only.write_bytes(signed(only.stem, {**plain(only), **changes}))
    assert made.get(task) is None
    assert why in made.notes[0]


def test_a_trial_under_the_name_of_another_is_not_taken_for_it(kept: Kept, tmp_path: Path) -> None:
    made = kept.store(tmp_path)
    first, second = sorted(tmp_path.glob("*.trial"))[:2]
    first.write_bytes(second.read_bytes())
    assert sum(made.get(task) is None for task, _ in kept.trials) == 1
    assert "holds another trial" in made.notes[0]


@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder", "sparse"])
def test_what_is_no_regular_file_is_neither_followed_nor_waited_for(kept: Kept, tmp_path: Path, kind: str) -> None:
    made = kept.store(tmp_path / "trials", filled=False)
    task, outcome = kept.trials[0]
    made.put(task, outcome)
    (only,) = (tmp_path / "trials").glob("*.trial")
    other = tmp_path / "other"
    other.write_bytes(only.read_bytes())
    only.unlink()
    match kind:
        case "link":
            only.symlink_to(other)
        case "dangling":
            only.symlink_to("nowhere")
        case "fifo":
            os.mkfifo(only)
        case "folder":
            only.mkdir()
        case "sparse":
            with only.open("wb") as file:
                file.truncate(1 << 40)
    assert made.get(task) is None
    assert len(made.notes) == 1
    before = other.read_bytes()
    made.put(task, replace(outcome, seconds=9.0))
    assert other.read_bytes() == before  # a link is replaced, not written through
    assert ("could not be kept" in made.notes[-1]) == (kind == "folder")


def test_files_that_are_not_used_are_counted(kept: Kept, tmp_path: Path) -> None:
    made = kept.store(tmp_path)
    for path in tmp_path.glob("*.trial"):
        path.write_bytes(b"")
    for task, _ in kept.trials:
        made.get(task)
    (note,) = made.notes
    assert note.startswith(
        f"search.storage: {len(kept.trials)} files are not used, so that the trials were run again: "
    )
    assert note.endswith(f" and {len(kept.trials) - 3} more")


@pytest.mark.parametrize(
    "place", ["postgresql://svc:S3cret@db/automicro", "a file", "a file/inside", "n" * 300, "a\0b"]
)
def test_a_path_that_is_no_folder_is_refused(kept: Kept, tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(DataError, match=r"search\.storage must be a folder") as refused:
        Store(place if "://" in place else tmp_path / place, kept.context, discover())
    assert "S3cret" not in str(refused.value)


def test_a_full_disk_costs_the_storage_alone(run: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = run(storage=None)
    calls = 0
    real = store.put_file

    def full(path: Path, content: bytes, part: Path) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, content, part)

    monkeypatch.setattr(store, "put_file", full)
    found = run()
    assert found.model.to_bytes() == expected.model.to_bytes()
    assert f"of {calls} trials could not be kept in {tmp_path / 'trials'}: {os.strerror(errno.ENOSPC)}" in " ".join(
        found.notes
    )
    assert {path.suffix for path in (tmp_path / "trials").iterdir()} == {".trial"}


def test_a_folder_that_cannot_be_written_to_is_read(
    run: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = run()

    def refused(within: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(store, "OwnedFolder", refused)
    again, longer = run(), run(trials=7)
    assert again.model.to_bytes() == first.model.to_bytes()
    total = len(again.trace)
    assert f"{total} of {total} trials came from storage" in again.notes
    assert any("finished trials could not be kept" in note for note in longer.notes)


def test_storage_that_is_removed_meanwhile_is_a_note(kept: Kept, tmp_path: Path) -> None:
    made = kept.store(tmp_path / "trials", filled=False)
    made.close()
    (tmp_path / "trials").rmdir()
    made.put(*kept.trials[0])
    assert os.strerror(errno.ENOENT) in made.notes[0]


def test_two_processes_write_one_trial_at_a_time_where_a_rename_is_slow(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = kept.store(tmp_path, filled=False), kept.store(tmp_path, filled=False)
    task, outcome = kept.trials[0]
    begun, go_on, real = threading.Event(), threading.Event(), Path.replace

    def slow(self: Path, target: Path) -> Path:
        begun.set()
        assert go_on.wait(60)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", slow)
    writer = threading.Thread(target=one.put, args=(task, outcome))
    writer.start()
    assert begun.wait(60)
    monkeypatch.setattr(Path, "replace", real)
    assert other.get(task) is None
    other.put(task, replace(outcome, seconds=9.0))
    go_on.set()
    writer.join()
    found = other.get(task)
    assert found is not None
    assert found.seconds == outcome.seconds
    assert one.notes == other.notes == []
    one.close()
    other.close()
    assert len(list(tmp_path.iterdir())) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from automicro.folder import OwnedFolder
made = OwnedFolder(Path(sys.argv[1]))
(made.path / "a.part").write_bytes(b"half a trial")
(made.path / "a.running").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_has_left_is_removed_by_the_next_run(run: Search, tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    command = [sys.executable, "-c", KILLED, str(tmp_path / "trials")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("trials/automicro-*/a.*"))) == 2
    run()
    assert {path.suffix for path in (tmp_path / "trials").iterdir()} == {".trial"}


def test_arrays_come_back_with_every_bit() -> None:
    from automicro.search.context import Outcome, QuantisedVariant, State
    from automicro.search.storage.record import read_record

    odd = np.array([[np.nan, -0.0, np.inf, 5e-324, 1 / 3]])
    outcome = Outcome(
        1,
        State.FAILED,
        "é\n\x1b",
        QuantisedVariant("k", "p", -np.inf, 3, (1 / 3, np.nan)),
        out_of_fold=odd,
        traceback="line\nline",
    )
    found = read_record(write_record("k", outcome), "k")
    assert found.out_of_fold is not None
    assert found.out_of_fold.tobytes() == odd.tobytes()
    assert found.reason == outcome.reason
    assert found.form is not None
    assert found.form.utility == -np.inf
    assert found.out_of_fold.flags.writeable
