"""The runtime as WebAssembly: the same bytes in, the same numbers out, in wasmtime and in node."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from base64 import b64encode

import drawn
import numpy as np
import pytest

from automicro.program import (
    Batch,
    Numeric,
    Topology,
    columns_of,
    evaluate,
    pack,
    reads_graphs,
    unpack,
    write_artifact,
)
from automicro.program.inputs.rows import columns_read

MOST_BYTES = 20 * 1024

SCRIPT = """
import { readFileSync } from "node:fs";
import { load } from "./automicro_runtime.mjs";
const revive = (_, value) => (value && value.number ? Number(value.number) : value);
for (const { file, rows, graph } of JSON.parse(readFileSync(0, "utf8"), revive)) {
  const model = await load(Uint8Array.from(Buffer.from(file, "base64")));
  const made = graph ? model.graphProbabilities({ rows, ...graph }) : rows.map((row) => model.probabilities(row));
  const predicted = made.map((row) => model.named(row));
  console.log(JSON.stringify({ made: made.map((row) => row.map(String)), labels: model.labels, predicted }));
}
"""


def test_it_is_small(wasm):
    assert len(gzip.compress((wasm / "automicro_runtime.wasm").read_bytes(), 9)) <= MOST_BYTES


def test_in_wasmtime(wasm, runtime):
    wasmtime = pytest.importorskip("wasmtime")
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, str(wasm / "automicro_runtime.wasm"))
    exports = wasmtime.Instance(store, module, []).exports(store)
    memory, base = exports["memory"], exports["__heap_base"].value(store)
    memory.grow(store, 80)
    model, data_at, arena = base, base + 4096, base + 65536
    for seed in range(25):
        data = pack(drawn.program(seed))
        memory.write(store, data, data_at)
        status = exports["automicro_open"](store, model, data_at, len(data), arena, 1 << 22, 0)
        opened = runtime.open(data)
        assert status == opened.status == 0
        assert exports["automicro_inputs"](store, model) == opened.call("inputs")
        assert exports["automicro_prediction_count"](store, model) == opened.call("prediction_count")
        for place, (_, kind) in enumerate(opened.inputs()):
            assert exports["automicro_input_kind"](store, model, place) == kind
        width = opened.call("prediction_count")
        cells = bytes(16 * opened.call("inputs"))  # all of them missing
        memory.write(store, cells, data_at)
        assert exports["automicro_predict"](store, model, data_at, data_at + 8192) == 0
        got = np.frombuffer(memory.read(store, data_at + 8192, data_at + 8192 + 8 * width), dtype=np.float64)
        expected = opened.evaluate(
            opened.cells([[None]] * (1 + max([c for c, _ in opened.inputs()], default=0))), 1, predict=True
        )[0]
        assert np.array_equal(got, expected, equal_nan=True)


def _json(value, numeric):
    if isinstance(value, np.ndarray):
        return [_json(step, numeric) for step in value.tolist()]
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and (not np.isfinite(value) or numeric):
        return {"number": str(value).replace("inf", "Infinity")}
    return value


def _case(seed):
    program = unpack(pack(drawn.program(seed) if seed % 4 else drawn.graph_program(seed)))
    columns = drawn.rows(program, seed, 6)
    names = {"columns": [{"name": f"c{place}"} for place in range(program.columns)]}
    numeric = {d.column for d in program.decoders if isinstance(d, Numeric)}
    rows = [{f"c{at}": _json(columns[at][row], at in numeric) for at in columns_read(program)} for row in range(6)]
    case = {"file": write_artifact(program, names), "rows": rows}
    batch = Batch(tuple(columns_of(program, columns)))
    if reads_graphs(program.body):
        edges = np.array([[0, 1, 4, 5, 5], [1, 0, 5, 5, 2]])
        attributes = np.array([[1, 2], [0, 1], [-1, 0.5], [2, 2], [1, 1]], dtype=np.float32)
        batch = Batch(batch.columns, Topology(edges, attributes, np.array([0, 3, 6])))
        case["graph"] = {"edges": edges.tolist(), "attributes": attributes.tolist(), "starts": [0, 3, 6]}
    with np.errstate(all="ignore"):
        expected = evaluate(program, batch)
    return program, case, expected


def test_in_node(wasm):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    cases = [_case(seed) for seed in range(1, 40)]
    (wasm / "run.mjs").write_text(SCRIPT)
    sent = json.dumps([case | {"file": b64encode(case["file"]).decode()} for _, case, _ in cases])
    done = subprocess.run(
        [node, "run.mjs"], check=False, cwd=wasm, input=sent, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(cases)
    for line, (program, _, reference) in zip(lines, cases, strict=True):
        told = json.loads(line)
        got = np.array(told["made"], dtype=np.float64)
        expected = np.asarray(reference).reshape(len(got), -1)
        assert np.allclose(got, expected, rtol=1e-5, atol=0, equal_nan=True)
        assert told["labels"] == (None if program.labels is None else list(program.labels))
        if program.labels is not None:
            assert told["predicted"] == [program.labels[k] for k in np.argmax(expected, axis=1)]
