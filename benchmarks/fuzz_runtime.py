"""Passes mutated files to the runtime in C, compiled with sanitizers: each must get the verdict that the package makes.

Run with ``python benchmarks/fuzz_runtime.py --cases 100000``; ends with status 1 if one differs or the runtime fails. Needs cc.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from automicro.errors import ArtifactError
from automicro.program import pack, unpack
from automicro_runtime.files import FOLDER

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "program"), str(ROOT / "benchmarks")]

import drawn  # noqa: E402 - found in the folder that was just added
from fuzz_artifacts import mutated  # noqa: E402 - as above

DRIVER = ROOT / "tests" / "plugins" / "runtime" / "driver.c"
FLAGS = ("-std=c99", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
CARD = 16  # every so many files have something in the place of a card, which the runtime does not read


def is_read(data: bytes) -> bool:
    """Whether the package reads the program of a file."""
    if data[:1] == b"\xb6":
        end = 5 + int.from_bytes(data[1:5], "big")
        if len(data) <= max(5, end):
            return False
        data = data[5:end]
    try:
        unpack(data)
    except ArtifactError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=77)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    seeds = [pack(drawn.program(seed) if seed % 5 else drawn.graph_program(seed)) for seed in range(250)]
    files = [mutated(rng, seeds) for _ in range(options.cases)]
    files = [_with_card(each) if place % CARD == 0 else each for place, each in enumerate(files)]
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "driver"
        command = ["cc", *FLAGS, f"-I{FOLDER}", "-o", str(built), str(FOLDER / "automicro_runtime.c"), str(DRIVER)]
        subprocess.run(command, check=True)
        started = time.perf_counter()
        sent = b"".join(len(each).to_bytes(4, "little") + each for each in files)
        done = subprocess.run([str(built)], input=sent, capture_output=True, check=False)
    accepted = [line.split()[0] == b"0" for line in done.stdout.splitlines()]
    print(f"{len(accepted)} of {len(files)} files in {time.perf_counter() - started:.0f} s, {sum(accepted)} opened")
    print(done.stderr.decode()[:2000])
    differ = [data for data, opened in zip(files, accepted, strict=False) if opened != is_read(data)]
    for data in differ[:10]:
        print(f"DIFFERS {data.hex()}")
    print(f"{len(differ)} differ")
    return int(bool(differ) or done.returncode != 0)


def _with_card(data: bytes) -> bytes:
    return b"\xb6" + len(data).to_bytes(4, "big") + data + b"card"


if __name__ == "__main__":
    sys.exit(main())
