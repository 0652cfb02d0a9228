"""Runs one search in several processes on one storage folder and kills them at random: nothing may be lost or counted twice.

Run with ``python benchmarks/shared_storage.py --processes 2 4 --seconds 300``. In each round all processes run the same request; some are
killed and started again, until all of them have an answer. Each answer must have the bytes and the trace of a search without storage. At
the end of a round every trial that was kept at any time must be there, a further search must train none, and nothing but trials may be
left. Writes a table to `benchmarks/results/shared_storage.md`; ends with status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer

import automicro
from automicro.search.storage import Store

RESULTS = Path(__file__).parent / "results" / "shared_storage.md"
TRIALS = 16
LIVES = (2.0, 20.0)  # seconds after which a process is killed, if it is
KILLED = 0.8  # share of the processes that are killed


def child(seed: int, folder: str | None, log: str) -> None:
    """Search, and print what came of it; each trial that is kept is a line of the log."""
    put = Store._write

    def logged(self: Store, path: Path, outcome: Any) -> None:
        put(self, path, outcome)
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{path.name}\n")

    Store._write = logged  # type: ignore[method-assign]  # of this process alone
    X, y = load_breast_cancer(return_X_y=True)
    found = automicro.select(
        X[:300, :6], y[:300], metric="roc_auc", score=0.9, families=("linear", "tree"), trials=TRIALS, seed=seed, cv=3,
        workers=0, storage=folder,
    )  # fmt: skip
    trace = [(r.number, r.family, r.status, r.reason, r.score, r.size_bytes, r.variant) for r in found.trace]
    told = {"sha256": hashlib.sha256(found.model.to_bytes()).hexdigest(), "trace": trace}
    known = sum(record.from_storage for record in found.trace)
    notes = [note for note in found.notes if "storage" in note]
    print(json.dumps({"told": told, "stored": known, "trials": len(trace), "notes": notes}))


def started(seed: int, folder: Path | None, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", str(seed), "" if folder is None else str(folder), str(log)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate()
    if process.returncode != 0:
        raise AssertionError(f"exit code {process.returncode}: {err[-500:]}")
    found: dict[str, Any] = json.loads(out)
    return found


@dataclass
class Sums:
    rounds: int = 0
    answers: int = 0
    kills: int = 0
    trials: int = 0
    written: int = 0
    taken: int = 0
    faults: list[str] = field(default_factory=list)

    def check(self, sure: object, said: str) -> None:
        if not sure:
            self.faults.append(said)


def one_round(seed: int, processes: int, sums: Sums, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, log = Path(place, "trials"), Path(place, "log")
        expected = answer(started(seed, None, log))["told"]
        running = {number: (started(seed, folder, log), death(chance)) for number in range(processes)}
        while running:
            for number, (process, dies) in list(running.items()):
                if process.poll() is not None:
                    del running[number]
                    checked(answer(process), expected, sums)
                elif time.monotonic() > dies:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    sums.kills += 1
                    running[number] = (started(seed, folder, log), death(chance))
            time.sleep(0.02)
        written = log.read_text(encoding="utf-8").split()
        kept = {path.name for path in folder.iterdir() if path.suffix == ".trial"}
        sums.check(set(written) <= kept, f"seed {seed}: lost {set(written) - kept}")
        sums.check(len(kept) == TRIALS, f"seed {seed}: {len(kept)} files of {TRIALS} trials")
        last = answer(started(seed, folder, log))
        checked(last, expected, sums)
        sums.check(last["stored"] == TRIALS, f"seed {seed}: {last['stored']} of {TRIALS} trials found again")
        left = [path.name for path in folder.iterdir() if path.suffix != ".trial"]
        sums.check(not left, f"seed {seed}: left {left}")
        sums.rounds, sums.trials, sums.written = sums.rounds + 1, sums.trials + TRIALS, sums.written + len(written)


def death(chance: random.Random) -> float:
    """Return when a process is killed, if at all."""
    return time.monotonic() + (chance.uniform(*LIVES) if chance.random() < KILLED else 10_000.0)


def checked(found: dict[str, Any], expected: dict[str, Any], sums: Sums) -> None:
    """Compare an answer with that of a search without storage."""
    numbers = [line[0] for line in found["told"]["trace"]]
    sums.answers, sums.taken = sums.answers + 1, sums.taken + found["stored"]
    sums.check(found["told"] == expected, "another answer or trace than without storage")
    sums.check(len(set(numbers)) == len(numbers), "a trial is counted twice")
    note = f"{found['stored']} of {found['trials']} trials came from storage"
    sums.check(found["notes"] == [note], f"notes {found['notes']} instead of {note!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        seed, folder, log = options.child
        child(int(seed), folder or None, log)
        return 0
    load, rows, faults = os.getloadavg()[0], list[str](), list[str]()
    for processes in options.processes:
        sums, chance, began = Sums(), random.Random(options.seed), time.monotonic()
        while time.monotonic() - began < options.seconds:
            one_round(options.seed + sums.rounds, processes, sums, chance)
        took, taken = time.monotonic() - began, sums.taken / max(sums.answers, 1)
        figures = (sums.rounds, sums.kills, sums.answers, f"{taken:.1f}", sums.trials, sums.written, len(sums.faults))
        rows.append("| " + " | ".join(map(str, (processes, f"{took:.0f} s", *figures))) + " |")
        print(rows[-1], flush=True)
        faults += sums.faults
    head = (
        "Processes on one storage folder that are killed at random (`benchmarks/shared_storage.py`), on "
        f"{os.cpu_count()} processors, with a load of {load:.1f} from other work at the beginning.\n\n"
        f"A round is one request of {TRIALS} trials, run until every process has an answer, and once more. A fault is an answer or a\n"
        "trace other than without storage, a trial that is lost or counted twice, a wrong note, or a file that is left.\n\n"
        "| processes | time | rounds | kills | answers | from storage, mean | different trials | trials written | faults |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    RESULTS.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    for fault in faults[:10]:
        print(f"FAILED {fault}")
    print(f"{len(faults)} failed")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
