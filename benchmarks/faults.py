"""What a search leaves where one call of the system fails, or a signal comes, at every such point in turn: ``python benchmarks/faults.py``.

Each run is a tiny search in a process of its own (a fork of this one) in a new folder with older outputs. One call of it, the n-th of its
kind, raises what a full disk or a busy machine raises; or a signal comes at its n-th call. The run passes if it ends in time, with an
exit code of `docs/reference/shell.md`, without a traceback; if what had been found is in a file; if each older output is whole or
replaced by a whole new one; and if the next run removes what is left. ``--every 5`` runs each fifth point.
"""

from __future__ import annotations

import argparse
import base64
import builtins
import contextlib
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "faults.md"
CODES = (0, 2, 3, 4, 5, 6, 7, 130)
NEVER = 70  # an exit code that tells a fault of this script
HUNG_SECONDS = 90
FILES = ("m.micro", "r.txt", "t.jsonl")
TOML = (
    "[data]\nsource = 'p.csv'\ntarget = 'species'\n[constraints]\nmetric = 'accuracy'\nscore = 0.9\n"
    "[search]\ntrials = 2\nworkers = {workers}\nfamilies = ['linear']\n{storage}"
    "[output]\nmodel = 'm.micro'\nreport = 'r.txt'\ntrace = 't.jsonl'\n"
)
FAULTS = {
    "open": (errno.EMFILE, errno.EACCES),
    "write": (errno.ENOSPC, errno.EIO),
    "fsync": (errno.EIO,),
    "rename": (errno.ENOSPC, errno.EXDEV),
    "mkdir": (errno.ENOSPC,),
    "process": (errno.EAGAIN, errno.ENOMEM),
}


@dataclass(frozen=True)
class Kind:
    """A search: how it is called, and whether it has workers and a folder of trials."""

    name: str
    workers: int = 0
    storage: bool = False
    python: bool = False
    moments: int = 0  # at which signals come


@dataclass(frozen=True)
class Fault:
    """What goes wrong: at the n-th call of a kind an error; or signals at the n-th call of any function of automicro."""

    call: str
    number: int
    error: int = 0
    signals: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = " and ".join(f"SIG{name}" for name in self.signals) or errno.errorcode.get(self.error, "nothing")
        return f"{what} at {self.call} {self.number}"


@dataclass
class Shim:
    """Counts calls of this process and makes one of them fail."""

    fault: Fault
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)

    def point(self, call: str) -> None:
        """Count a call, and fail if it is the one."""
        self.counts[call] += 1
        if self.fault.error and (call, self.counts[call]) == (self.fault.call, self.fault.number):
            raise OSError(self.fault.error, os.strerror(self.fault.error))

    def install(self) -> None:
        """Put counting calls in the place of those of the system."""
        for name, call in (
            ("fsync", "fsync"),
            ("mkdir", "mkdir"),
            ("rename", "rename"),
            ("replace", "rename"),
            ("write", "write"),
        ):
            setattr(os, name, self._counted(getattr(os, name), call))
        opened = os.open
        os.open = lambda path, flags, *rest, **more: (  # type: ignore[assignment]
            self.point("open") if flags & (os.O_WRONLY | os.O_RDWR) else None,
            opened(path, flags, *rest, **more),
        )[1]
        builtins.open = io.open = self._open  # type: ignore[assignment]
        start = subprocess.Popen.__init__
        shim = self

        def started(self: Any, *words: Any, **more: Any) -> None:
            self._child_created = False
            shim.point("process")
            start(self, *words, **more)

        subprocess.Popen.__init__ = started  # type: ignore[method-assign]
        if self.fault.signals or self.fault.call == "call":
            sys.setprofile(self._profile)

    def _counted(self, function: Any, call: str) -> Any:
        def counted(*words: Any, **more: Any) -> Any:
            self.point(call)
            return function(*words, **more)

        return counted

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **more: Any) -> Any:
        if not set(mode) & set("wxa+") or isinstance(file, int):
            return _OPEN(file, mode, buffering, *rest, **more)
        self.point("open")
        shim = self

        class Raw(io.FileIO):
            def write(self, content: Any) -> int:
                shim.point("write")
                return super().write(content)

        raw = Raw(file, mode.replace("b", "").replace("t", ""), opener=more.pop("opener", None))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **more)

    def _profile(self, frame: Any, event: str, _: Any) -> None:
        if event != "call" or "automicro" not in frame.f_code.co_filename or "benchmarks" in frame.f_code.co_filename:
            return
        if frame.f_code.co_name == "main":
            return  # a signal here comes before the command: Python itself ends it
        self.counts["call"] += 1
        if self.counts["call"] == self.fault.number:
            for name in self.fault.signals:
                os.kill(os.getpid(), getattr(signal, f"SIG{name}"))


_OPEN = open


def child(kind: Kind, fault: Fault, folder: Path) -> None:
    """Run the search with its fault, and end the process with its exit code."""
    os.setsid()
    os.chdir(folder)
    os.environ["TMPDIR"], tempfile.tempdir = str(folder / "tmp"), None
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = _OPEN(1, "w", closefd=False), _OPEN(2, "w", closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shim, code = Shim(fault, folder), 1
    from automicro import requested  # noqa: PLC0415 - loaded before the fork

    found = requested.write_results

    def reached(output: Any, result: Any, *read: Any) -> Any:
        if not isinstance(result, BaseException):
            os.close(os.open(folder / "found", os.O_CREAT))
        return found(output, result, *read)

    requested.write_results = reached
    shim.install()
    try:
        code = in_python() if kind.python else in_the_shell()
    except BaseException:
        sys.setprofile(None)
        traceback.print_exc()
    sys.setprofile(None)
    with contextlib.suppress(OSError), _OPEN(folder / "counts", "w") as file:
        json.dump(shim.counts, file)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    from automicro.folder import remove_own  # noqa: PLC0415 - as above

    remove_own()  # as the end of an interpreter does
    os._exit(code)


def in_the_shell() -> int:
    """Run the command."""
    from automicro.cli import main  # noqa: PLC0415 - loaded before the fork

    sys.argv = ["automicro", "run", "ok.toml"]
    return main()


def in_python() -> int:
    """Run the request; errors of automicro end it as they end the command."""
    from automicro import AutomicroError, OutputError, select_request  # noqa: PLC0415 - as above
    from automicro.request.files import read_request  # noqa: PLC0415 - as above

    try:
        select_request(read_request("ok.toml"))
    except OutputError as error:
        sys.stderr.write(f"{error}\n")
        return 6
    except AutomicroError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def ran(kind: Kind, fault: Fault) -> tuple[str, str, dict[str, int]]:
    """Return how a run ended, what is wrong with it (empty if nothing), and how often it called what."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        shutil.copy(ROOT / "examples" / "data" / "penguins.csv", folder / "p.csv")
        (folder / "ok.toml").write_text(
            TOML.format(workers=kind.workers, storage="storage = 'st'\n" if kind.storage else "")
        )
        for each in FILES:
            (folder / each).write_text("old\n")
        process = os.fork()
        if process == 0:
            try:
                child(kind, fault, folder)
            finally:
                os._exit(NEVER)  # nothing of this process is undone there
        code = ended(process)
        said = (folder / "err").read_text(errors="replace") if (folder / "err").exists() else ""
        counts = json.loads((folder / "counts").read_text()) if (folder / "counts").exists() else {}
        if fault.signals and code in (-signal.SIGTERM, -signal.SIGHUP) and not (folder / "found").exists():
            code = 130  # it came before the command heeds signals, and ended it as it ends any process
        return f"exit {code}", wrong(folder, code, said), counts


def ended(process: int) -> int | None:
    """Return the exit code of a process; None if it had to be killed."""
    until = time.monotonic() + HUNG_SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def wrong(folder: Path, code: int | None, said: str) -> str:
    """Return what is wrong with what a run left."""
    from automicro.folder import remove_left  # noqa: PLC0415 - loaded before the forks

    if code is None:
        return "hung"
    if code not in CODES:
        return f"exit {code}: {said.strip().splitlines()[-1:]}"
    if "Traceback" in said:
        return f"a traceback: {said.strip().splitlines()[-1]}"
    if code not in (0, 7) and not said.strip() and code != 130:
        return f"exit {code} without a word"
    if (folder / "found").exists() and not kept(folder, said):
        return "the model is lost"
    if torn := [each for each in FILES if not whole(folder / each, finished=code != 130)]:
        return f"{torn[0]} is neither old nor new"
    remove_left(folder / "tmp")
    left = [path.name for place in (folder, folder / "tmp") for path in place.glob("*automicro-*")]
    return f"left: {left[0]}" if left else ""


def kept(folder: Path, said: str) -> bool:
    """Whether the model is in its file, in the one that is named instead, or in the error."""
    from automicro.errors import ArtifactError  # noqa: PLC0415 - as above
    from automicro.runtime.model import Model  # noqa: PLC0415 - as above

    contents = [path.read_bytes() for path in (*folder.glob("m*.micro"), *(folder / "tmp").glob("m*.micro"))]
    contents += [base64.b64decode(found) for found in re.findall(r"base64 are (\S+)", said)]
    for content in contents:
        with contextlib.suppress(ArtifactError):
            Model.from_bytes(content)
            return True
    return False


def whole(path: Path, *, finished: bool) -> bool:
    """Whether an output is the older one or a whole new one; the trace is empty where no trial has finished."""
    if not path.exists():
        return False
    content = path.read_bytes()
    if content == b"old\n":
        return True
    if path.suffix == ".micro":
        return kept(path.parent, "")
    if not content and path.suffix == ".jsonl":
        return not finished
    return content.endswith(b"\n") and (path.suffix != ".jsonl" or all(map(json.loads, content.splitlines())))


def faults(kind: Kind, every: int) -> list[Fault]:
    """Return every fault of a search, or each one in so many: counted in a run without a fault."""
    end, problem, counts = ran(kind, Fault("none", 0))
    if problem or end != "exit 0":
        raise SystemExit(f"{kind.name}: without a fault: {end} {problem}")
    made = [
        Fault(call, number, error)
        for call, errors in FAULTS.items()
        for number in range(1, counts.get(call, 0) + 1)
        for error in errors
    ]
    if kind.moments:
        _, _, counts = ran(kind, Fault("call", 0))
        step = max(1, counts["call"] // kind.moments)
        made += [
            Fault("call", number, signals=signals)
            for signals in (("INT",), ("TERM",), ("INT", "INT"))
            for number in range(1, counts["call"], step)
        ]
    return made[::every]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="run each fault in so many")
    parser.add_argument("--workers", type=int, default=1, help="workers of the searches that have some")
    options = parser.parse_args()
    warm()
    kinds = [
        Kind("command", moments=24),
        Kind("command with a storage", storage=True),
        Kind("command with a worker", workers=options.workers, moments=8),
        Kind("Python", python=True),
    ]
    lines = [f"{str(__doc__).splitlines()[0].partition(': ``')[0]} (`benchmarks/faults.py`).", ""]
    lines += ["| search | fault | points | ends | wrong |", "|---|---|---|---|---|"]
    problems = 0
    for kind in kinds:
        tables: dict[str, list[tuple[str, str]]] = {}
        for fault in faults(kind, options.every):
            end, problem, _ = ran(kind, fault)
            named = f"{' and '.join(f'SIG{name}' for name in fault.signals) or errno.errorcode[fault.error]} at {fault.call}"
            tables.setdefault(named, []).append((end, problem))
            if problem:
                problems += 1
                print(f"FAILED {kind.name}: {fault}: {problem}", flush=True)
        for named, found in tables.items():
            ends = ", ".join(f"{count} {end}" for end, count in sorted(Counter(end for end, _ in found).items()))
            faulty = sum(bool(problem) for _, problem in found)
            lines.append(f"| {kind.name} | {named} | {len(found)} | {ends} | {faulty or 'none'} |")
            print(lines[-1], flush=True)
    if options.every == 1:
        RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{problems} failed")
    return int(bool(problems))


def warm() -> None:
    """Load and run once what each fork then has already."""
    problem = ran(Kind("command"), Fault("none", 0))[1]  # in a fork, so that a fault here is seen
    if problem:
        raise SystemExit(problem)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(ROOT / "examples" / "data" / "penguins.csv", "p.csv")
        Path("ok.toml").write_text(TOML.format(workers=0, storage=""))
        in_python()


if __name__ == "__main__":
    sys.exit(main())
