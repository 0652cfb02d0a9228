"""Reads mutated and truncated artifacts: each must give a program or an `ArtifactError`, in little time and memory.

Run with ``python benchmarks/fuzz_artifacts.py --cases 100000``; ends with status 1 if any artifact did anything else.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

from automicro.errors import ArtifactError
from automicro.program import read_artifact, write_artifact

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "program"))

import drawn

SLOW_SECONDS = 5.0
ROOM, ROOM_A_BYTE = 1 << 20, 8_000  # bytes of memory that reading may take: in any case, and for each byte of the file


def mutated(rng: np.random.Generator, seeds: list[bytes]) -> bytes:
    """Return an artifact with some bytes flipped, replaced, inserted, cut out, cut off or taken from another."""
    data = bytearray(seeds[rng.integers(len(seeds))])
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(data) + 1))
        kind = rng.integers(7)
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
            other = seeds[rng.integers(len(seeds))]
            data[at:] = other[int(rng.integers(len(other))) :]
        else:
            data = bytearray(data[:2] + rng.bytes(int(rng.integers(1, 60))))
    return bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    programs = [drawn.program(seed) for seed in range(200)]
    seeds = [write_artifact(p, {"names": ["a", "b"], "n": i} if i % 10 == 0 else None) for i, p in enumerate(programs)]
    read = refused = 0
    worst: dict[str, tuple[float, bytes]] = {"seconds": (0.0, b""), "bytes": (0.0, b""), "bytes over room": (0.0, b"")}
    failures: list[str] = []
    started = time.perf_counter()
    tracemalloc.start()
    for _ in range(options.cases):
        data = mutated(rng, seeds)
        tracemalloc.reset_peak()
        before, begin = tracemalloc.get_traced_memory()[0], time.perf_counter()
        try:
            read_artifact(data)
            read += 1
        except ArtifactError:
            refused += 1
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}: {data.hex()}")
        took, peak = time.perf_counter() - begin, tracemalloc.get_traced_memory()[1] - before
        room = ROOM + ROOM_A_BYTE * len(data)
        for name, value in (("seconds", took), ("bytes", peak), ("bytes over room", peak / room)):
            if value > worst[name][0]:
                worst[name] = (value, data)
        if peak > room or took > SLOW_SECONDS:
            failures.append(f"{took:.2f} s, {peak} bytes: {data.hex()}")
    print(f"{options.cases} artifacts in {time.perf_counter() - started:.0f} s: {read} read, {refused} refused")
    for name, (value, data) in worst.items():
        print(f"most {name}: {value:.4g}, for a file of {len(data)} bytes")
    print(f"largest resident set: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    for failure in failures[:10]:
        print(f"FAILED {failure}")
    print(f"{len(failures)} failed")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
