"""Models measured on parts, in emulators that are installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import automicro
from automicro.parts.emulator import Emulator
from automicro.parts.image import compiled, linked
from automicro.parts.known import PARTS
from automicro.parts.measuring import Measured, _Code, measure_on_part
from automicro.program import (
    Activation,
    Affine,
    Chain,
    Forest,
    Grams,
    Lookup,
    Missing,
    Numeric,
    OneHot,
    Program,
    Summary,
    Tree,
    Weights,
)
from automicro.runtime.model import Model

NEEDS = ("ziglang", "unicorn", "elftools", "wasmtime")
LACKING = [name for name in NEEDS if importlib.util.find_spec(name) is None]
needs_edge = pytest.mark.skipif(bool(LACKING), reason=f"the extra edge is not installed: {', '.join(LACKING)}")
WITHOUT_FPU = ("cortex-m0plus", "rv32imc")


def linear() -> Model:
    """Return a classifier of numbers, of which some are missing, and of categories."""
    decoders = (
        Numeric(0, fill=0.5),
        Missing(0),
        OneHot(1, ("red", None)),
        Lookup(1, ("red", "blue"), Weights.of([0.5, 2.0]), -1.0),
    )
    body = Affine(Weights.of([[2.0, 1.0, -3.0, 0.25, 1.5]]), Weights.of([-1.0]))
    columns = [{"name": "size", "kind": "numeric"}, {"name": "colour", "kind": "category"}]
    return Model(Program(2, decoders, body, "sigmoid", ("no", "yes")), {"columns": columns})


def forest() -> Model:
    """Return a model of three classes with a tree for each."""
    trees = tuple(
        Tree(
            feature=np.array([0, 1, -1, -1, -1], np.int32),
            threshold=np.array([k, 0.5, 0, 0, 0], np.float32),
            default_left=np.zeros(5, np.bool_),
            leaf=np.array([0, 0, 0, 1, k], np.int32),
            output=k,
        )
        for k in range(3)
    )
    body = Forest(trees, Weights.of([[0.5], [-1.0], [2.0]]), Weights.of([0.0, 0.25, 0.5]))
    return Model(Program(2, (Numeric(0), Numeric(1)), body, "softmax", (0, 1, 2)))


def network() -> Model:
    """Return a network that predicts numbers, with an offset."""
    generator = np.random.default_rng(0)
    layers = (
        Affine(Weights.of(generator.normal(size=(4, 2)).astype(np.float32)), Weights.of(np.zeros(4))),
        Activation("tanh"),
        Affine(Weights.of(generator.normal(size=(1, 4)).astype(np.float32)), Weights.of([3.0])),
    )
    return Model(Program(2, (Numeric(0, offset=1000.0), Numeric(1)), Chain(layers), "identity"))


def numbers(rows: int = 25) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, 2)) * 2 + 1


def rows_of(model: Model) -> object:
    if model.card is not None:
        sizes = (None if k % 5 == 0 else k / 4 - 2 for k in range(25))
        return [[size, ("red", "blue", None, "green")[k % 4]] for k, size in enumerate(sizes)]
    return numbers() + ([1000, 0] if model.program.labels is None else [0, 0])


@needs_edge
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("make", [linear, forest, network])
def test_rows_are_as_the_reference(make, part):
    model = make()
    found = measure_on_part(model, rows_of(model), part)
    assert found.agrees, str(found)
    assert found.flash_bytes == found.code_bytes + found.table_bytes + found.support_bytes >= found.code_bytes > 0
    assert 0 < found.instructions_median <= found.instructions_worst
    assert found.rows == 25
    assert found.us_median is None
    if part in WITHOUT_FPU:
        assert found.support_bytes > 100
        assert found.stack_bytes > 0


@needs_edge
@pytest.mark.parametrize("part", ["cortex-m4f", "wasm"])
def test_counts_repeat(part):
    model = linear()
    found = measure_on_part(model, rows_of(model), part)
    assert found == measure_on_part(model, rows_of(model), part)
    assert found.table_bytes > 0
    assert (found.ram_bytes > 0) == (part == "wasm")  # where constants are in memory


@needs_edge
@pytest.mark.parametrize("part", ["cortex-m0plus", "wasm"])
def test_options_reach_the_target(part):
    model, X = forest(), numbers()
    whole = measure_on_part(model, X, part, arithmetic="integer", scale=0.01)
    written = measure_on_part(model, X, part, layout="branches", mhz=64, cycles=1.5)
    assert whole.agrees
    assert written.agrees
    assert written.us_worst == written.instructions_worst * 1.5 / 64
    assert whole.flash_bytes < written.flash_bytes
    doubles = measure_on_part(network(), rows_of(network()), part, arithmetic="double")
    assert doubles.agrees


@needs_edge
@pytest.mark.parametrize("part", ["cortex-m0plus", "rv32imc"])  # which have no instructions with a condition
def test_blocks_have_the_instructions_that_a_hook_of_each_counts(part, tmp_path):
    import unicorn

    model = forest()
    code = _Code.of(model, {})
    compiled(code.files, "model.c", PARTS[part], tmp_path)
    rows = code.struct.rows(model.read(rows_of(model)))
    image = linked(PARTS[part], tmp_path, code.function.name)
    machine = Emulator(PARTS[part], image, code.function, rows.itemsize, counts=True)
    each: list[int] = []
    machine._uc.hook_add(unicorn.UC_HOOK_CODE, lambda *_: each.append(0))
    for row in rows:
        machine.call(row.tobytes())
        assert machine.instructions == len(each)


@needs_edge
def test_rows_that_differ_are_counted():
    body = Affine(Weights.of([[1e8, -1e8]]), Weights.of([0.0]))
    X = [[1.0, 1.0], [2.0, 2.0], [np.nextafter(np.float32(1), np.float32(2)), 1.0]]
    found = measure_on_part(Model(Program(2, (Numeric(0), Numeric(1)), body, "identity")), X, "cortex-m4f")
    assert (found.differing_rows, found.first_differing_row) == (1, 2)
    assert str(found).endswith("parity: 1 of 3 rows differ from the reference, the first is row 2")


@needs_edge
def test_code_that_does_not_compile_is_named(tmp_path):
    with pytest.raises(automicro.NotCompiled, match=r"zig must compile the model, but failed and said: .*error"):
        compiled({"model.c": "int x = ;"}, "model.c", PARTS["wasm"], tmp_path)


def test_what_is_wrong_is_named(monkeypatch):
    model, X = forest(), numbers()
    for arguments, sentence in (
        (
            {"part": "cortex_m4f"},
            "part: must be one that can be measured, but got 'cortex_m4f': did you mean 'cortex-m4f'",
        ),
        ({"part": 4}, "part: .* choose among cortex-m4f, cortex-m0plus, rv32imc, wasm"),
        ({"part": "wasm", "mhz": 64}, "cycles: must be given too"),
        ({"part": "wasm", "mhz": 64, "cycles": 0}, "cycles: must be a number above 0, but got 0"),
        ({"part": "wasm", "layuot": "packed"}, "target 'c': layuot: unknown key, did you mean 'layout'"),
        ({"part": "wasm", "interface": "arrays"}, "interface: must not be given"),
    ):
        with pytest.raises(automicro.RequestError, match=sentence):
            measure_on_part(model, X, **arguments)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        automicro.RequestError, match=r"needs ziglang, unicorn and pyelftools: pip install 'automicro\[edge\]'"
    ):
        measure_on_part(model, X, "cortex-m0plus")


def test_what_cannot_be_measured_is_declined():
    texts = Program(1, (Grams(0, "word", 1, 1, 4, (1,)),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    with pytest.raises(automicro.NotExported, match=r"target 'c' needs .* but the model reads texts"):
        measure_on_part(Model(texts), [["a"]], "wasm")
    series = Program(1, (Summary(0, "mean", 0, 0),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    with pytest.raises(automicro.NotExported, match="measuring on a part needs columns of numbers and categories"):
        measure_on_part(Model(series), np.zeros((2, 1, 4)), "wasm")
    with pytest.raises(automicro.NotExported, match="target 'c' needs one linear map"):
        measure_on_part(network(), numbers(), "wasm", arithmetic="integer")
    constant = Program(1, (), Affine(Weights.of(np.zeros((1, 0))), Weights.of([1.0])), "identity")
    with pytest.raises(automicro.NotExported, match="needs a model that reads a column"):
        measure_on_part(Model(constant), [[1.0]], "wasm")


def test_the_text_has_one_line_of_each_kind():
    found = Measured("rv32imc", "model_label", 6, 1, 2, 3, 4, 5, 1000, 2000, 9, 0, None, 1.0, 2.0)
    assert str(found).splitlines() == [
        "rv32imc, function model_label",
        "flash: 6 bytes (code 1, tables 2, support 3)",
        "RAM: 4 bytes static, 5 bytes of stack",
        "instructions a row: median 1,000, worst 2,000",
        "microseconds a row: median 1, worst 2",
        "parity: all 9 rows as the reference",
    ]
