"""Damaged files: the verdict of the runtime is that of the package, and no access is out of bounds."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import drawn
import numpy as np

from automicro.errors import ArtifactError
from automicro.program import pack, unpack

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "fuzz_artifacts.py"
CASES = 1500


def _script():
    spec = importlib.util.spec_from_file_location("fuzz_artifacts", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _is_read(data: bytes) -> bool:
    try:
        unpack(data)
    except ArtifactError:
        return False
    return True


def test_the_verdict_on_mutated_files_is_that_of_the_package(statuses):
    rng, mutated = np.random.default_rng(5), _script().mutated
    seeds = [pack(drawn.program(seed) if seed % 4 else drawn.graph_program(seed)) for seed in range(60)]
    seeds = [each for each in seeds if len(each) < 200]
    files = [mutated(rng, seeds) for _ in range(CASES)]
    files = [each for each in files if each[:1] != b"\xb6"]
    read = [_is_read(each) for each in files]
    assert [status == "0" for status, *_ in statuses(files)] == read
    assert CASES // 50 < sum(read) < CASES // 2


def test_every_truncation(statuses):
    data = pack(drawn.program(12))
    files = [data[:length] for length in range(len(data))]
    assert [status == "0" for status, *_ in statuses(files)] == [_is_read(each) for each in files]
