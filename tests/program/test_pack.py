"""Programs to bytes and back: the same meaning bit for bit, the same bytes again, and the sizes that are promised."""

from __future__ import annotations

from dataclasses import replace

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import ArtifactError, PluginError
from automicro.program import (
    PRECISIONS,
    Activation,
    Affine,
    Chain,
    Forest,
    Lookup,
    Numeric,
    OneHot,
    Program,
    StepTables,
    Sum,
    Tree,
    Weights,
    columns_of,
    evaluate,
    pack,
    quantise,
    scores,
    simplify,
    size_by_part,
    unpack,
    validate,
)
from automicro.program.encodings import Fixed
from automicro.program.weights import round_to

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SEEDS)
def test_what_is_unpacked_is_what_was_packed(seed):
    program = drawn.program(seed)
    data = pack(program)
    again = unpack(data)
    assert pack(again) == data
    columns = columns_of(program, drawn.rows(program, seed))
    with np.errstate(all="ignore"):
        assert scores(again, columns).tobytes() == scores(program, columns).tobytes()
    assert (again.columns, again.link, again.labels) == (program.columns, program.link, program.labels)
    assert again.limits == program.limits
    assert [type(label) for label in again.labels or ()] == [type(label) for label in program.labels or ()]
    parts = size_by_part(program)
    assert sum(parts.values()) == pytest.approx(len(data))
    assert min(parts.values()) >= 0


def linear(inputs, weights, columns=None):
    decoders = tuple(Numeric(column) for column in range(inputs))
    return Program(columns or inputs, decoders, Affine(weights, Weights.of([1.25])), "sigmoid", (0, 1))


def test_a_logistic_regression_of_ten_inputs_and_int8_weights_is_small():
    rng = np.random.default_rng(0)
    sizes = [len(pack(linear(10, round_to(rng.normal(size=(1, 10)), Fixed(8, 2.0**-5, -128))))) for _ in range(20)]
    assert max(sizes) <= 25  # the promise is 40


def test_a_sparse_linear_model_takes_about_a_byte_a_weight():
    rng = np.random.default_rng(0)
    for inputs in (4, 16, 40):
        weights = round_to(rng.normal(size=(1, inputs)), Fixed(6, 2.0**-3, -32))
        used = tuple(Numeric(int(c)) for c in np.sort(rng.choice(100, inputs, replace=False)))
        program = replace(linear(inputs, weights, 100), decoders=used)
        assert len(pack(program)) <= 1.45 * inputs + 12  # six bits a weight, five for which of 100 columns it has


def test_a_tree_of_four_leaves_is_small():
    tree = Tree(
        np.array([4, 0, -1, -1, 7, -1, -1], np.int32),
        np.array([31.4, 0.125, 0, 0, 1234.5, 0, 0], np.float32),
        np.zeros(7, dtype=np.bool_),
        np.array([0, 0, 0, 1, 0, 2, 3], np.int32),
    )
    decoders = tuple(Numeric(column) for column in (1, 3, 5, 7, 9, 11, 13, 20))
    exact = Forest((tree,), Weights.of([[0.9123], [-0.44123], [0.118], [-1.7123]]), Weights.of([0]))
    program = Program(30, decoders, exact, "sigmoid", ("no", "yes"))
    by_name = {precision.name: quantise(program, precision) for precision in PRECISIONS}
    assert len(pack(by_name["float16"])) <= 34
    assert len(pack(by_name["8-bit"])) <= 28  # the promise is 40
    assert len(pack(by_name["5-bit"])) <= 25


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"columns": 0}, "columns must lie in"),
        ({"link": "probit"}, "the link must be one of"),
        ({"labels": (0, 1, 2)}, "2 classes must have as many labels"),
        ({"labels": (0, 0)}, "labels must differ"),
        ({"labels": (0, True)}, "labels must"),
        ({"labels": (0, "a")}, "labels must all be"),
        ({"decoders": (Numeric(9), Numeric(1))}, "must read one of 2 columns"),
        ({"decoders": (Numeric(0, np.nan), Numeric(1))}, "must be a finite float32 number"),
        ({"decoders": (Numeric(0, 0.1), Numeric(1))}, "must be a finite float32 number"),
        ({"decoders": (Numeric(0), OneHot(0, ("a",)))}, "numbers or as levels"),
        ({"decoders": (OneHot(0, ("a", "a")),)}, "levels of column 0 must differ"),
        ({"decoders": (Numeric(0), Lookup(1, ("a",), Weights.of([1, 2]), 0.0))}, "must have shape"),
        ({"body": Affine(Weights.of([[1]]), Weights.of([0]))}, "weights of an affine map must have shape"),
        ({"body": Affine(Weights(np.array([[1, np.nan]], np.float32)), Weights.of([0]))}, "must be finite"),
        ({"body": Affine(Weights.of([[1, 2], [3, 4]]), Weights.of([0, 0]))}, "sigmoid goes with one score"),
        ({"body": Chain((Activation("gelu"),))}, "an activation must be"),
        ({"body": Sum(())}, "must have at least one node"),
        ({"body": StepTables((5,), (0,), (1,), Weights.of([]), Weights.of([1]), Weights.of([0]))}, "read one of 2"),
        (
            {"body": StepTables((0,), (0,), (3,), Weights.of([2, 1]), Weights.of([1, 2, 3]), Weights.of([0]))},
            "cuts of a step table must ascend",
        ),
        (
            {
                "body": Forest(
                    (
                        Tree(
                            np.zeros(2, np.int32), np.zeros(2, np.float32), np.zeros(2, np.bool_), np.zeros(2, np.int32)
                        ),
                    ),
                    Weights.of([[1]]),
                    Weights.of([0]),
                )
            },
            "tree 0: every split must be followed by two subtrees",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_not_packed(wrong, sentence):
    program = replace(linear(2, Weights.of([[1, 2]])), **wrong)
    with pytest.raises(PluginError, match=sentence):
        pack(program)
    with pytest.raises(ArtifactError, match=sentence):
        validate(program, ArtifactError)


def test_endless_repetition_is_refused_as_no_reader_could_tell_it_from_an_attack():
    program = Program(200_000, tuple(map(Numeric, range(100_000))), Activation("relu"), "identity")
    with pytest.raises(PluginError, match="must not repeat itself endlessly"):
        pack(program)


def test_other_bytes_are_no_model():
    for data in (b"", b"\0", b"PK\x03\x04", b"\xb6"):
        with pytest.raises(ArtifactError):
            unpack(data)
    data = pack(linear(2, Weights.of([[1, 2]])))
    for more in (b"\0", b"x", b"\0\0\0\0\0"):
        with pytest.raises(ArtifactError, match="other bytes follow"):
            unpack(data + more)


def test_the_large_ensemble_takes_at_most_two_bytes_a_node():
    lightgbm = pytest.importorskip("lightgbm")
    data = pytest.importorskip("sklearn.datasets").load_breast_cancer()
    from automicro_boosting.lower import forest, read_model

    X = data.data.astype(np.float32)
    model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, min_child_samples=3, n_jobs=1, verbose=-1)
    model.fit(X.astype(np.float64), data.target)
    lowered = forest(read_model(model.booster_.model_to_string(), 1, "sigmoid"))
    nodes = sum(len(tree.feature) for tree in lowered.body.trees)
    assert nodes > 5000
    program = Program(30, tuple(map(Numeric, range(30))), lowered.body, "sigmoid", (0, 1))
    columns = columns_of(program, X)
    assert np.allclose(evaluate(program, columns), model.predict_proba(X.astype(np.float64)), atol=1e-6)
    for name, most in (("float16", 2.0), ("8-bit", 1.0)):
        precision = next(p for p in PRECISIONS if p.name == name)
        coarse = quantise(simplify(program), precision)
        packed = pack(coarse)
        assert len(packed) <= most * nodes
        assert evaluate(unpack(packed), columns).tobytes() == evaluate(coarse, columns).tobytes()
