"""Reads mutated and truncated artifacts: each must give a model or an `ArtifactError`, in little time and memory.

A quarter of them have a whole card of which some values are others. Of one in forty, the model that is read is told in words and judged.

Run with ``python benchmarks/fuzz_artifacts.py --cases 100000``; ends with status 1 if any artifact did anything else.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import resource
import sys
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from automicro.errors import ArtifactError, AutomicroError
from automicro.explain import global_card
from automicro.measure import verified_level
from automicro.program import Program, pack
from automicro.program.inputs.rows import column_kinds
from automicro.program.wire.file import CARD_MAGIC
from automicro.report import card_text, model_text
from automicro.runtime.model import Model

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "program"))

import drawn

SLOW_SECONDS = 5.0
TRACED = 10  # of so many files the memory of one is measured
CLOSELY = 40  # of so many files one model is looked at closely
READINGS = (
    None,
    {"kind": "level", "words": ["", "?"], "levels": ["strip", "fold"]},
    {"kind": "number", "form": "1,234.5", "numbers": [-1.0]},
    {"kind": "moment", "form": "year-month-day", "part": "days", "origin": "2020-01-01"},
)
VALUES = (
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    1e308,
    -1e308,
    "",
    "x\x1b",
    [],
    {},
    [None],
    [[1]],
    {"a": 1},
    ["a"],
    "0" * 64,
    {"c0": 1},
)
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


def card_of(program: Program, number: int) -> dict[str, Any]:
    """Return a card as a search would write it."""
    kinds = column_kinds(program.decoders)
    names = {"category": "category", "text": "text", "series": "series"}
    columns = [
        {
            "name": f"c{place}",
            "kind": names.get(kinds.get(place, ""), "numeric"),
            "minimum": -1.0,
            "maximum": 2.0,
            "reading": READINGS[(number + place) % len(READINGS)],
        }
        for place in range(program.columns)
    ]
    card = {
        "columns": columns,
        "task": "classification" if program.labels else "regression",
        "target": "y",
        "labels": program.labels and list(program.labels),
        "metric": "accuracy" if program.labels else "r2",
        "score": 0.9,
        "score_interval": [0.8, 1.0],
        "family": "tree",
        "parameters": {"depth": 3, "own": [1, {"a": None}]},
        "interpretability": "opaque",
        "size_bytes": 100,
        "outlier_distance": 2.0,
        "versions": {"automicro": "1"},
    }
    return card | {"explanation": global_card(program, card)}


def altered(rng: np.random.Generator, card: dict[str, Any]) -> dict[str, Any]:
    """Return a card of which up to three values are taken away, repeated or others."""
    card = copy.deepcopy(card)
    for _ in range(rng.integers(1, 4)):
        holder: Any = card
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = keys[rng.integers(len(keys))]
            if not (isinstance(holder[key], dict | list) and holder[key]) or rng.random() < 0.3:
                break
            holder = holder[key]
        kind = rng.integers(4)
        if kind == 0 and (holder is not card or len(card) > 1):
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    return card


def with_card(payload: bytes, card: dict[str, Any]) -> bytes:
    """Return a file of a packed program and a card, as `write_artifact` makes it."""
    sealed = json.dumps({"card": card, "sha256": hashlib.sha256(payload).hexdigest()}).encode()
    return CARD_MAGIC + len(payload).to_bytes(4, "big") + payload + zlib.compress(sealed)


def used(data: bytes, *, closely: bool) -> bool:
    """Whether data are read as a model; told in words, explained and judged if `closely`."""
    try:
        model = Model.from_bytes(data)
    except ArtifactError:
        return False
    if closely and model.card is not None:
        try:
            model_text(model.program, model.card)
            card_text(model.card)
            verified_level(model)
        except AutomicroError:
            pass
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    programs = [drawn.program(seed) if seed % 5 else drawn.graph_program(seed) for seed in range(250)]
    cards = [card_of(program, number) for number, program in enumerate(programs)]
    payloads = [pack(program) for program in programs]
    pairs = list(zip(payloads, cards, strict=True))
    seeds = [with_card(payload, card) if i % 4 == 0 else payload for i, (payload, card) in enumerate(pairs)]
    read = refused = 0
    worst: dict[str, tuple[float, bytes]] = {"seconds": (0.0, b""), "bytes": (0.0, b""), "bytes over room": (0.0, b"")}
    failures: list[str] = []
    started = time.perf_counter()
    for number in range(options.cases):
        data = mutated(rng, seeds)
        if number % 4 == 0:
            place = rng.integers(len(pairs))
            data = with_card(payloads[place], altered(rng, cards[place]))
        if number % TRACED == 0:
            tracemalloc.start()
        begin = time.process_time()
        try:
            is_read = used(data, closely=number % CLOSELY == 0)
            read, refused = read + is_read, refused + (not is_read)
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}: {data.hex()}")
        took, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
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
