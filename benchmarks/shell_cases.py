"""What a command leaves where its outputs, its consoles or a signal go wrong: ``python benchmarks/shell_cases.py``.

Each case is run in a folder of its own, with a small search on penguins; `results/shell_cases.md` says what came before this was
mended (as it was found from the shell), and what comes now. Cases of a full disk need the right to mount a file system in memory.
"""

# ruff: noqa: E501 - a case is one line, as it is in the table

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shell_messages import REFUSED, SEARCHED

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "shell_cases.md"
TOML = (
    "[data]\nsource = 'p.csv'\ntarget = 'species'\n[constraints]\nmetric = 'accuracy'\nscore = 0.9\n"
    "[search]\ntrials = 1\nworkers = 0\nfamilies = ['linear']\n"
)
LONG = "select p.csv --target species --metric accuracy --score 0.97 --seconds 120 --workers 1 --storage st"
FILES = "--model m.micro --report r.txt --trace t.jsonl"
COMMAND = f"{sys.executable} -m automicro.cli"


@dataclass(frozen=True)
class Case:
    """A command with what came before; `watched` are files of which it is told whether they are as they were."""

    words: str
    before: str
    watched: str = ""
    setup: str = ""
    sent: tuple[str, ...] = ()
    trials: int = 1


CASES = [
    Case(
        "run ok.toml --set data.source=p2.csv --model p2.csv", "exit 0, the table is gone", "p2.csv", "cp p.csv p2.csv"
    ),
    Case("run ok.toml --report ok.toml --trace p.csv", "exit 0, search file and data are gone", "ok.toml p.csv"),
    Case("run ok.toml --trace link.csv", "exit 0, what the link leads to is gone", "p.csv", "ln -s p.csv link.csv"),
    Case("run ok.toml --trace hard.csv", "exit 0, the data are gone", "p.csv", "ln p.csv hard.csv"),
    Case(
        "predict m1 p.csv --output p.csv",
        "exit 0, input replaced by predictions",
        "p.csv m1",
        "{cli} run ok.toml --model m1",
    ),
    Case("predict m1 p.csv --output m1", "exit 0, the model is a CSV", "p.csv m1", "{cli} run ok.toml --model m1"),
    Case("run ok.toml --model x --trace ./x", "exit 0, one file for both"),
    Case("run ok.toml --storage sdir --model sdir", "found out after the search, exit 2, result lost"),
    Case("run ok.toml --model /proc/x.micro", "found out after the search, exit 2, result lost"),
    Case("run ok.toml --model $(printf 'n%.0s' $(seq 300))", "traceback, exit 1, after the search"),
    Case(
        "run ok.toml --model /dev/full --trace zz.jsonl --report zz.txt",
        "exit 2, nothing on standard output, no file",
        "zz.jsonl zz.txt",
    ),
    Case(
        "run ok.toml --model tiny/m.micro --report zz.txt",
        "exit 2, nothing on standard output, no file",
        "tiny/m.micro zz.txt",
        "{tiny} tiny",
    ),
    Case(
        "run ok.toml --model m.micro --trace tiny/t.jsonl",
        "exit 2, 'None: No space left on device', 0 bytes, the old trace is lost",
        "tiny/t.jsonl",
        "{tiny} tiny",
    ),
    Case(
        "run ok.toml --model m.micro --report tiny/t.jsonl",
        "exit 2, 'None: No space left on device', 0 bytes",
        "tiny/t.jsonl",
        "{tiny} tiny",
    ),
    Case("run ok.toml --model m.micro >&-", "traceback, exit 1", "m.micro"),
    Case("run ok.toml --model m.micro >/dev/full", "traceback, exit 1", "m.micro"),
    Case("run ok.toml --model m.micro --report r.txt 2>&-", "exit 0", "m.micro r.txt"),
    Case("run ok.toml --model m.micro --progress 2>/dev/full", "traceback, the search is lost", "m.micro"),
    Case(
        "run ok.toml --set data.target=Drëam --set constraints.score=0.2",
        "UnicodeEncodeError after the search (ascii)",
        "",
        "export PYTHONIOENCODING=ascii; sed -i 1s/species/Drëam/ p.csv",
    ),
    Case(
        "run ok.toml --set search.workers=1 --set search.trial_memory=1MB", "exit 3, 'no model meets the constraints'"
    ),
    Case("run ok.toml --set search.trials= --seconds 0.01", "exit 3"),
    Case("run ok.toml --certify true --score 0.985", "exit 3"),
    Case(f"{LONG} {FILES}", "exit 0, no word that it was cut short", "m.micro r.txt t.jsonl", sent=("TERM",)),
    Case(f"{LONG} {FILES}", "exit 0, no word that it was cut short", "m.micro r.txt t.jsonl", sent=("INT",)),
    Case(
        f"{LONG} {FILES}",
        "exit 130, 'interrupted before a model was found', nothing written",
        "m.micro r.txt t.jsonl",
        sent=("INT", "INT"),
    ),
    Case(
        f"{LONG} {FILES}", "killed by the signal, nothing written, folder left", "m.micro r.txt t.jsonl", sent=("HUP",)
    ),
    Case(
        f"{LONG} {FILES} --latency 40us",
        "exit 130 after 157 s, or killed after 30 s; nothing written",
        "m.micro r.txt t.jsonl",
        sent=("TERM",),
    ),
    Case(f"{LONG} {FILES} --size 5", "exit 130, neither trace nor report", "r.txt t.jsonl", sent=("TERM",)),
    Case(f"{LONG} {FILES}", "traceback", sent=("INT",), trials=0),
    Case(f"{LONG} {FILES}", "killed by the signal", sent=("HUP",), trials=0),
    Case(
        f"{LONG} {FILES}; {COMMAND} run ok.toml --workers 1",
        "all training data stay in the folder of temporary files",
        sent=("KILL",),
    ),
]
CASES += [Case(words, before, "", setup) for words, before, setup in (*SEARCHED, *REFUSED)]


def main() -> None:
    """Run every case, and write the table."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # which a job in the background ignores, and its children with it
    load = f"{os.getloadavg()[0]:.0f} runnable processes on {os.cpu_count()} processors"
    title = str(__doc__).splitlines()[0].partition(":")[0]
    lines = [f"{title} (`benchmarks/shell_cases.py`), with {load}:", ""]
    lines += ["| command | before | after |", "|---|---|---|"]
    for case in CASES:
        after = outcome(case)
        sent = "".join(f", then SIG{name}" for name in case.sent)
        when = " at once" if case.trials == 0 else f" after {case.trials} trial" if case.sent else ""
        told = f"`automicro {shown(case.words)}`{sent}{when}"
        setup = f" (after `{shown(case.setup)}`)" if case.setup else ""
        lines.append(f"| {told}{setup} | {case.before} | {after} |")
        print(lines[-1], flush=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def shown(words: str) -> str:
    """Return a command as it is printed."""
    words = words.replace(f"{COMMAND}", "automicro").replace("{cli}", "automicro")
    return (
        words.replace("{tiny} tiny", "full disk at tiny")
        .replace(LONG, "select ... --workers 1 --storage st")
        .replace("|", "\\|")
    )


def outcome(case: Case) -> str:
    """Run a case and return in words what came."""
    with tempfile.TemporaryDirectory(prefix="cases-") as name:
        folder = Path(name)
        for part in ("tmp", "tiny"):
            (folder / part).mkdir()
        shutil.copy(ROOT / "examples" / "data" / "penguins.csv", folder / "p.csv")
        (folder / "ok.toml").write_text(TOML)
        full = f"mount -t tmpfs -o size=4k,nr_inodes=9 tmpfs tiny && printf old > tiny/t.jsonl && cat /dev/zero > tiny/rest 2>/dev/null; cd {name}"
        setup = case.setup.replace("{cli}", f"{COMMAND}").replace("{tiny} tiny", full)
        env = {**os.environ, "TMPDIR": str(folder / "tmp")}
        script = f"{setup or ':'}\nmd5sum {case.watched} > sums 2>/dev/null\n{COMMAND} {case.words}\n"
        try:
            return f"{ran(case, script, folder, env)}{files(case, folder)}{left(folder)}"
        finally:
            subprocess.run(["umount", str(folder / "tiny")], capture_output=True, check=False)


def ran(case: Case, script: str, folder: Path, env: dict[str, str]) -> str:
    """Return the exit code and the first lines of a script; signals go to the command itself."""
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        words = (
            ["bash", "-c", script]
            if not case.sent
            else ["bash", "-c", f"exec {COMMAND} {case.words.partition(';')[0]}"]
        )
        process = subprocess.Popen(words, cwd=folder, env=env, stdout=out, stderr=err)
        took = sends(case, process, folder) if case.sent else ""
        process.wait()
    if case.sent and ";" in case.words:
        held = len(list((folder / "tmp").iterdir()))
        subprocess.run(
            ["bash", "-c", case.words.partition(";")[2]], cwd=folder, env=env, capture_output=True, check=False
        )
        took += f", {held} folder left, then a search that removes it"
    first = [(folder / name).read_text(errors="replace").strip().splitlines()[:1] for name in ("err", "out")]
    said = (
        "; ".join(f"`{line[:170]}`" for lines in first for line in lines if line)
        .replace(str(folder), "DIR")
        .replace("|", "\\|")
    )
    return f"exit {process.returncode}{took}: {said or 'nothing said'}"


def sends(case: Case, process: subprocess.Popen[bytes], folder: Path) -> str:
    """Send the signals once the search has so many trials; return the time until the end."""
    while process.poll() is None and case.trials and len(list(folder.glob("st/*.trial"))) < case.trials:
        time.sleep(0.05)
    if not case.trials:
        time.sleep(0.3)
    started, sent = time.monotonic(), time.time()
    for name in case.sent:
        process.send_signal(getattr(signal, f"SIG{name}"))
        time.sleep(0.2)
    process.wait()
    ended = f", {time.monotonic() - started:.1f} s after the signal"
    written = [(folder / name).stat().st_mtime - sent for name in case.watched.split() if (folder / name).exists()]
    return f"{ended} (files after {max(written):.1f} s)" if written else ended


def files(case: Case, folder: Path) -> str:
    """Return which watched files are there, and which are as they were."""
    sums = (
        dict(reversed(line.split()) for line in (folder / "sums").read_text().splitlines())
        if (folder / "sums").exists()
        else {}
    )
    told = []
    for name in case.watched.split():
        path = folder / name
        if not path.exists():
            told.append(f"no {name}")
        elif name in sums:
            same = subprocess.run(["md5sum", name], cwd=folder, capture_output=True, text=True, check=True)
            told.append(f"{name} {'as before' if same.stdout.split()[0] == sums[name] else 'CHANGED'}")
        else:
            told.append(f"{name} of {path.stat().st_size} bytes")
    return f"; {', '.join(told)}" if told else ""


def left(folder: Path) -> str:
    """Return what is left in the folder of temporary files."""
    names = [path.name for path in (folder / "tmp").iterdir()]
    return f"; LEFT {names}" if names else ""


if __name__ == "__main__":
    main()
