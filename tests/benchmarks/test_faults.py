"""Faults and signals at some points of a tiny search: a result or a sentence, and nothing torn, lost or left."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults.py"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="runs in forks")


@pytest.fixture(scope="module")
def faults() -> Any:
    spec: Any = importlib.util.spec_from_file_location("faults", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["faults"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("call", "number", "error", "signals", "end"),
    [
        ("none", 0, 0, (), "exit 0"),
        ("write", 1, errno.ENOSPC, (), "exit 6"),
        ("fsync", 1, errno.EIO, (), "exit 6"),
        ("rename", 2, errno.ENOSPC, (), "exit 6"),
        ("call", 2000, 0, ("TERM",), "exit 130"),
        ("call", 2000, 0, ("INT", "INT"), "exit 130"),
    ],
)
def test_a_fault_costs_no_more_than_it_must(
    faults: Any, call: str, number: int, error: int, signals: tuple[str, ...], end: str
) -> None:
    ended, wrong, _ = faults.ran(faults.Kind("command"), faults.Fault(call, number, error, signals))
    assert (ended, wrong) == (end, "")
