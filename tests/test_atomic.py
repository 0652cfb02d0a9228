"""Files are written whole or not at all, whatever fails, and whatever stands at the path."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from automicro import atomic
from automicro.atomic import write_file

NEW = b"new" * 1000


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"old")
    return tmp_path / "file"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(old: Path) -> None:
    old.chmod(0o640)
    write_file(old, NEW)
    assert (old.read_bytes(), stat.S_IMODE(old.stat().st_mode)) == (NEW, 0o640)
    write_file(old.with_name("other"), b"")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(old.with_name("other").stat().st_mode) == 0o666 & ~mask
    assert names(old.parent) == ["file", "other"]


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_the_old_file_stays_where_the_new_one_cannot_be_finished(
    old: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fails(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        write_file(old, NEW)
    assert raised.value.filename == str(old)
    assert (old.read_bytes(), names(old.parent)) == (b"old", ["file"])


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC])
def test_the_old_file_stays_where_it_cannot_be_replaced(
    old: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fails(*_: Any) -> None:
        assert old.read_bytes() == b"old"
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match=os.strerror(number)):
        write_file(old, NEW)
    assert (old.read_bytes(), names(old.parent)) == (b"old", ["file"])


def test_an_interrupt_leaves_the_old_file_and_nothing_beside_it(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(old, NEW)
    assert (old.read_bytes(), names(old.parent)) == (b"old", ["file"])


def test_a_file_that_is_mounted_by_itself_is_written_in_place(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(Path, "replace", busy)
    inode = old.stat().st_ino
    write_file(old, NEW)
    assert (old.read_bytes(), old.stat().st_ino, names(old.parent)) == (NEW, inode, ["file"])


def test_a_flush_that_the_system_does_not_know_is_no_failure(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", unknown)
    write_file(old, NEW)
    assert old.read_bytes() == NEW


def test_links_stay_and_what_they_lead_to_is_written(old: Path) -> None:
    (old.parent / "folder").mkdir()
    first, second = old.parent / "folder" / "first", old.parent / "second"
    first.symlink_to("../file")
    second.symlink_to("folder/first")
    write_file(second, NEW)
    assert old.read_bytes() == NEW
    assert second.is_symlink()
    assert first.is_symlink()
    (old.parent / "nowhere").symlink_to("made")
    write_file(old.parent / "nowhere", NEW)
    assert (old.parent / "made").read_bytes() == NEW
    (old.parent / "round").symlink_to("round")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        write_file(old.parent / "round", NEW)


def test_a_pipe_is_written_to_its_reader_and_refused_without_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):
        write_file(tmp_path / "pipe", NEW)
    many, got = NEW * 100, []  # more than a pipe holds
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    writer = threading.Thread(target=write_file, args=(tmp_path / "pipe", many))
    writer.start()
    while (part := os.read(reader, 1 << 16)) or writer.is_alive():  # nothing is read until it has opened the pipe
        got.append(part)
    os.close(reader)
    assert b"".join(got) == many
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("mode", ["w", "a"])
def test_standard_output_as_a_file_is_written_where_it_stands(tmp_path: Path, mode: str) -> None:
    code = (
        "import sys; from automicro.atomic import write_file\n"
        "print('before', flush=True); write_file('/dev/stdout', b'written\\n'); print('after')"
    )
    (tmp_path / "out").write_text("earlier\n")
    with (tmp_path / "out").open(mode) as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    earlier = "earlier\n" if mode == "a" else ""
    assert (tmp_path / "out").read_text() == f"{earlier}before\nwritten\nafter\n"


def test_devices_are_written_in_place_and_a_full_one_is_told() -> None:
    write_file("/dev/null", NEW)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as raised:
        write_file("/dev/full", NEW)
    assert raised.value.filename == "/dev/full"


def test_no_temporary_name_is_longer_than_a_system_allows(tmp_path: Path) -> None:
    write_file(tmp_path / ("n" * 255), NEW)
    with pytest.raises(OSError, match=os.strerror(errno.ENAMETOOLONG)):
        write_file(tmp_path / ("n" * 256), NEW)
    with pytest.raises(OSError, match="null"):
        write_file(f"{tmp_path}/a\0b", NEW)


def test_short_writes_go_on(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(atomic.os, "write", lambda number, rest: write(number, bytes(rest[:700])))
    write_file(old, NEW)
    assert old.read_bytes() == NEW
