"""Reads damaged and foreign files of a storage folder: each must be a trial or a note, in little time and memory.

Run with ``python benchmarks/fuzz_storage.py --cases 10000 --searches 40``; ends with status 1 if any file did anything else. Half of the
cases have a checksum that is right. In a search all files of a folder are damaged, half of them with a right checksum: it must end
with an answer or an error of automicro.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import pickle
import resource
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_wine

import automicro
from automicro.discovery import discover
from automicro.errors import AutomicroError
from automicro.search.context import Context, TrialTask
from automicro.search.storage import Store
from automicro.search.storage.record import MAGIC

SLOW_SECONDS = 5.0
ROOM, ROOM_A_BYTE = 4 << 20, 100  # bytes of memory that reading may take: in any case, and for each byte of the file
FOREIGN = (
    b"",
    b"\0" * 4096,
    pickle.dumps({"a": 1}),
    b"cos\nsystem\n(S'touch PWNED'\ntR.",
    b"\x1f\x8b\x08\x00" + b"\0" * 50,
    b"PK\x03\x04" + b"\xff" * 50,
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    "π\x1b[2J".encode() * 1000,
)
STRANGE: tuple[Any, ...] = (
    None, True, -1, 0, 1, 10**9, 10**30, 10**400, 1e308, -1e308, float("nan"), float("inf"), "", "\x1b[31m\0", "x" * 100_000, [], [[]],
    {}, {"shape": [10**12], "float64": ""}, {"shape": [0, 10**18], "float64": ""}, {"shape": [1], "float64": "AAAAAAAAAAA="}, "feasible",
    "taken", [0.5] * 1000, ["nested", [["deep"]]],
)  # fmt: skip


@dataclass
class Seeds:
    """Files of a finished search, by their tasks."""

    context: Context
    tasks: list[TrialTask]
    paths: list[Path]
    contents: list[bytes]
    store: Store


def search(folder: Path) -> automicro.Selection:
    X, y = load_wine(return_X_y=True)
    request = {"metric": "accuracy", "score": 0.7, "families": ("linear", "tree"), "trials": 6, "seed": 3}
    return automicro.select(X[:, :4], y == 1, **request, workers=0, cv=3, storage=folder)


def seeds(folder: Path) -> Seeds:
    """Return what a search keeps."""
    contexts, tasks, put = list[Context](), list[TrialTask](), Store.put

    def noted(self: Store, task: TrialTask, outcome: Any) -> None:
        contexts.append(self._context)
        tasks.append(task)
        put(self, task, outcome)

    Store.put = noted  # type: ignore[method-assign]  # put back below
    search(folder)
    Store.put = put  # type: ignore[method-assign]  # as it was
    store = Store(folder, contexts[0], discover())
    paths = [path for task in tasks if (path := store._path(task)) is not None]
    return Seeds(contexts[0], tasks, paths, [path.read_bytes() for path in paths], store)


def bytes_changed(rng: np.random.Generator, content: bytes, others: list[bytes]) -> bytes:
    """Return content with bits flipped, bytes replaced, inserted, cut out, cut off or taken from another, or other content at all."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at, kind = int(rng.integers(len(data) + 1)), rng.integers(9)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1 and at < len(data):
            data[at] = int(rng.integers(256))
        elif kind == 2:
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 3:
            del data[at : at + int(rng.integers(1, 9))]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            other = others[rng.integers(len(others))]
            data[at:] = other[int(rng.integers(len(other))) :]
        elif kind == 6:
            data = bytearray(FOREIGN[rng.integers(len(FOREIGN))])
        elif kind == 7:
            head, _, body = bytes(data).partition(b"\n")
            data = bytearray(head.rpartition(b" ")[0] + b" %d\n" % 10 ** int(rng.integers(1, 30)) + body)
        else:
            data = bytearray(rng.bytes(int(rng.integers(1, 200))))
    return bytes(data)


def signed(body: bytes) -> bytes:
    return b"%s %s %d\n%s" % (MAGIC, hashlib.sha256(body).hexdigest().encode(), len(body), body)


def fields_changed(rng: np.random.Generator, content: bytes, others: list[bytes]) -> bytes:
    """Return content of which some fields hold something else, or of which bytes are changed, with a right checksum."""
    body = content.partition(b"\n")[2]
    if rng.random() < 0.2:
        return signed(bytes_changed(rng, body, [other.partition(b"\n")[2] for other in others]))
    found = json.loads(body)
    for _ in range(rng.integers(1, 4)):
        place, steps = found, int(rng.integers(1, 5))
        for _ in range(steps):
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = keys[rng.integers(len(keys))]
            if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.7:
                place = place[key]
                continue
            if isinstance(place, dict) and rng.random() < 0.1:
                del place[key]
            elif isinstance(place[key], str) and len(place[key]) > 8 and rng.random() < 0.5:
                at = int(rng.integers(len(place[key])))
                place[key] = place[key][:at] + "Q" + place[key][at + 1 :]  # of base64 of a model or an array
            else:
                place[key] = deepcopy(STRANGE[rng.integers(len(STRANGE))])
            break
    return signed(json.dumps(found).encode())


def case(rng: np.random.Generator, known: Seeds, place: int) -> bytes:
    change: Callable[..., bytes] = fields_changed if rng.random() < 0.5 else bytes_changed
    return change(rng, known.contents[place], known.contents)


def read_one(known: Seeds, place: int, content: bytes) -> tuple[str, float, int]:
    """Return what came of one file, and the seconds and bytes that reading it took."""
    path, store = known.paths[place], known.store
    store._unusable.clear()
    if len(content) % 97 == 0:  # a file of which the system says that it is very large
        with path.open("wb") as file:
            file.truncate(1 << 42)
    else:
        path.write_bytes(content)
    tracemalloc.reset_peak()
    before, begin = tracemalloc.get_traced_memory()[0], time.perf_counter()
    outcome = store.get(known.tasks[place])
    took, peak = time.perf_counter() - begin, tracemalloc.get_traced_memory()[1] - before
    (note,) = store.notes or [""]
    path.write_bytes(known.contents[place])
    if (outcome is None) == (note == ""):
        raise AssertionError("neither a trial nor a note, or both")
    return "a trial" if outcome else note.partition(".trial ")[2], took, peak


def searched(rng: np.random.Generator, known: Seeds) -> str:
    """Return how a search ends all of whose files are damaged."""
    for place, path in enumerate(known.paths):
        path.write_bytes(case(rng, known, place))
    try:
        with contextlib.suppress(AutomicroError):
            search(known.paths[0].parent)
    finally:
        for path in known.paths[0].parent.glob("*.trial"):
            path.unlink()
    return "ended"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, failures, ends = np.random.default_rng(options.seed), list[str](), Counter[str]()
    slowest, largest = 0.0, 0.0
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)  # where a file that is executed would leave something
        known = seeds(Path(place, "trials"))
        started = time.perf_counter()
        tracemalloc.start()
        for _ in range(options.cases):
            of = int(rng.integers(len(known.tasks)))
            content = case(rng, known, of)
            try:
                end, took, peak = read_one(known, of, content)
            except Exception as error:
                failures.append(f"{type(error).__name__}: {error}: {content[:200]!r}")
                continue
            ends[end] += 1
            slowest, largest = max(slowest, took), max(largest, peak / (ROOM + ROOM_A_BYTE * len(content)))
            if took > SLOW_SECONDS or peak > ROOM + ROOM_A_BYTE * len(content):
                failures.append(f"{took:.2f} s, {peak} bytes: {content[:200]!r}")
        tracemalloc.stop()
        print(f"{options.cases} files in {time.perf_counter() - started:.0f} s")
        for end, amount in ends.most_common():
            print(f"{amount:7} {end}")
        print(f"slowest {slowest:.3f} s, at most {largest:.2f} of the memory allowed; ", end="")
        print(f"largest resident set {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        for number in range(options.searches):
            try:
                searched(rng, known)
            except Exception as error:
                failures.append(f"search {number}: {type(error).__name__}: {error}")
        print(f"{options.searches} searches on damaged folders")
        left = [path.name for path in Path(place).iterdir() if path.name != "trials"]
        failures += [f"a file has run code: {name}" for name in left]
    for failure in failures[:10]:
        print(f"FAILED {failure}")
    print(f"{len(failures)} failed")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
