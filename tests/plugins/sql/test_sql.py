"""The target sql computes in databases what the reference evaluator computes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import databases
import numpy as np
import pytest
from databases import OPTIONS, PostgreSql, answers_of, run_duckdb, run_sqlite, server

import automicro
from automicro.export.exporting import export_to
from automicro.program import (
    Affine,
    Attention,
    Chain,
    Forest,
    Grams,
    Numeric,
    Pool,
    Program,
    Summary,
    Tokens,
    Tree,
    Weights,
    evaluate,
)
from automicro.testing import check_target
from automicro_sql import SqlTarget
from automicro_sql.dialects import DIALECTS
from automicro_sql.target import SqlOptions

ONE = Affine(Weights.of([[2.0]]), Weights.of([1.0]))


def query_of(program, names=None, **options):
    card = None if names is None else {"columns": [{"name": name, "kind": "numeric"} for name in names]}
    return str(export_to(SqlTarget(), program, card, "model", SqlOptions(**options)).files["model.sql"])


def can_start_a_server() -> bool:
    return shutil.which("psql") is not None and bool([*Path("/usr/lib/postgresql").glob("*/bin/initdb")])


def test_duckdb_computes_what_the_reference_computes():
    pytest.importorskip("duckdb")
    declined = check_target(SqlTarget(), run_duckdb, options=OPTIONS, models=54)
    assert all(reason.startswith("needs ") for reason in declined)


def test_sqlite_computes_what_the_reference_computes():
    check_target(SqlTarget(), run_sqlite, options={**OPTIONS, "dialect": "sqlite"}, models=144)


@pytest.mark.skipif(not can_start_a_server(), reason="the programs of a PostgreSQL server are not installed")
def test_postgresql_computes_what_the_reference_computes():
    with server() as command:
        check_target(SqlTarget(), PostgreSql(command), options={**OPTIONS, "dialect": "postgresql"}, models=45)


def test_sqlite_rounds_to_float32_to_the_last_bit():
    rng = np.random.default_rng(0)
    single = rng.integers(0, 2**32, 4000, dtype=np.uint32).view(np.float32)
    single = single[np.isfinite(single)]
    beside = np.nextafter(single, np.float32(np.inf))
    middle = (single.astype(np.float64) + beside) / 2
    tiny = np.array([1e-45, 7e-46, 7.1e-46, 0.0, 3.5e38, 1e300, np.inf, -np.inf])
    x = np.concatenate([single, middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf), tiny])
    layers = DIALECTS["sqlite"].rounding("x", ["a", "b", "c"])
    query = "SELECT ? AS x"
    for items in layers:
        query = f"SELECT *, {items[0][1]} AS {items[0][0]} FROM ({query})"
    connection = sqlite3.connect(":memory:")
    made = [connection.execute(f"SELECT c FROM ({query})", (each,)).fetchone()[0] for each in x.tolist()]
    connection.close()
    largest = float(np.finfo(np.float32).max)
    assert np.array_equal(np.array(made), np.clip(x, -largest, largest).astype(np.float32).astype(np.float64))


def deep() -> Forest:
    """Return a tree that is deeper than a database can nest."""
    splits = 300
    feature = np.array([0] * splits + [-1] * (splits + 1), np.int32)
    zeros = np.zeros(len(feature))
    tree = Tree(feature, zeros.astype(np.float32), zeros.astype(bool), zeros.astype(np.int32))
    return Forest((tree,), Weights.of([[1.0]]), Weights.of([0.0]))


TOKENS = Chain((Tokens((0,), (1,), Weights.of([[1.0]]), Weights.of([[0.0]])), Attention(Weights.of([[1.0]]))))


@pytest.mark.parametrize(
    ("decoder", "body", "said"),
    [
        (Grams(0, "word", 1, 1, 4, (3,)), ONE, "the model reads text"),
        (Summary(0, "mean"), ONE, "the model reads series"),
        (Numeric(0, 0.0), Chain((Pool(("sum",), (0,)), ONE)), "has a node Pool"),
        (Numeric(0), TOKENS, "has a node Tokens"),
        (Numeric(0), deep(), "at most 200 splits"),
    ],
)
def test_what_is_declined(decoder, body, said):
    with pytest.raises(automicro.NotExported, match=f"target 'sql' needs .*{said}"):
        query_of(Program(1, (decoder,), body, "identity"))


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_no_literal_holds_are_declined(name):
    with pytest.raises(automicro.NotExported, match="without NUL"):
        query_of(Program(1, (Numeric(0, 0.0),), ONE, "identity"), [name])


def test_columns_that_differ_in_case_alone_are_declined():
    body = Affine(Weights.of([[1.0, 2.0]]), Weights.of([0.0]))
    program = Program(2, (Numeric(0, 0.0), Numeric(1, 0.0)), body, "identity")
    with pytest.raises(automicro.NotExported, match="differ in more than case"):
        query_of(program, ["age", "Age"])


def test_a_query_reads_a_file(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "people.csv").write_text("id,column 0\n7,1.5\n8,\n")
    program = Program(1, (Numeric(0, 0.0),), ONE, "identity")
    made = query_of(program, table=str(tmp_path / "people.csv"), keep=["id"])
    assert sorted(duckdb.connect().execute(made).fetchall()) == [(7, 4.0), (8, 1.0)]


def test_many_trees_share_thresholds_and_stay_near():
    rng = np.random.default_rng(0)
    feature, leaf = np.array([0, 1, -1, -1, -1], np.int32), np.array([0, 0, 0, 1, 2], np.int32)
    cuts = np.round(rng.normal(size=12), 3).astype(np.float32)
    trees = tuple(Tree(feature, rng.choice(cuts, 5), rng.random(5) < 0.5, leaf + 3 * i) for i in range(200))
    body = Forest(trees, Weights.of(rng.normal(size=(600, 1)) / 10), Weights.of([0.1]))
    program = Program(2, (Numeric(0), Numeric(1)), body, "sigmoid", (0, 1))
    query = query_of(program, dialect="sqlite", keep=("id",))
    assert len(query) < 60 * 200
    x = np.concatenate([rng.normal(size=(100, 2)), np.array([[c, np.nan] for c in cuts])])
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE data (id, "column 0", "column 1")')
    connection.executemany("INSERT INTO data VALUES (?, ?, ?)", [(i, *row) for i, row in enumerate(x.tolist())])
    done = connection.execute(query)
    answers = answers_of([each[0] for each in done.description], done.fetchall())
    connection.close()
    wanted = evaluate(program, [x[:, 0].astype(np.float32), x[:, 1].astype(np.float32)])
    assert np.array([each.probabilities for each in answers]) == pytest.approx(wanted, rel=1e-5)


def test_the_runner_names_rows():
    assert databases.typed([1, "a", None]) == (True, ["1", "a", None])
