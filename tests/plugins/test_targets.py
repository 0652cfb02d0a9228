"""The targets python and javascript compute what the reference evaluator computes, whatever names and cells look like."""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import automicro
from automicro.discovery import discover
from automicro.program import Affine, Chain, Numeric, Pool, Program, Weights
from automicro.runtime.model import Model
from automicro.testing import Answer, Exported, check_target, draw_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run_python(cases: Sequence[Exported]) -> Iterator[list[Answer]]:
    for case in cases:
        module: dict[str, Any] = {}
        exec(case.export.files[case.export.entry], module)
        proba = module.get("predict_proba", lambda **_: None)
        yield [Answer(module["predict"](**row), proba(**row)) for row in case.rows]


def as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, float) and (not math.isfinite(value) or str(value) == "-0.0"):
        return {"number": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), str(value).replace("nan", "NaN"))}
    return {"integer": str(value)} if type(value) is int and abs(value) > 2**53 else value


def from_json(value: Any) -> Any:
    return float(value["number"].replace("Infinity", "inf")) if isinstance(value, dict) else value


def run_javascript(cases: Sequence[Exported]) -> list[list[Answer]]:
    """Run all cases in one process."""
    given = [
        {
            "code": case.export.files[case.export.entry],
            "rows": [[[name, as_json(value)] for name, value in row.items()] for row in case.rows],
        }
        for case in cases
    ]
    script = Path(__file__).parent / "answers.mjs"
    done = subprocess.run([str(NODE), script], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [
        [Answer(from_json(label), proba and [from_json(p) for p in proba]) for label, proba in rows]
        for rows in json.loads(done.stdout)
    ]


def test_python_computes_what_the_reference_computes() -> None:
    assert check_target(discover().target("python"), run_python, models=108) == {}


@needs_node
def test_javascript_computes_what_the_reference_computes() -> None:
    assert check_target(discover().target("javascript"), run_javascript, models=108) == {}


@pytest.mark.parametrize("target", ["python", "javascript"])
def test_graphs_are_declined(target: str) -> None:
    body = Chain((Pool(("sum",), (0,)), Affine(Weights.of([[1.0]]), Weights.of([0.0]))))
    model = Model(Program(1, (Numeric(0, 0.0),), body, "identity"))
    with pytest.raises(automicro.NotExported, match=f"target '{target}' needs rows, but the model reads graphs"):
        model.export(target)


DATED = {
    "kind": "moment",
    "form": "year-month-day",
    "source": "day",
}
PARTS = ("days", "year", "month", "weekday", "hour")
DAYS = [
    "1969-12-31 23:59:59",
    "1970-01-01",
    "2000-02-29T12:30",
    "2016-01-22 23:15:10.5+02:00",
    "1899-03-01 00:00Z",
    "2100-02-28 11:00 pm",
    "0001-01-01",
    None,
]


def dated_model() -> Model:
    """Return a model that reads all parts of one date."""
    body = Affine(Weights.of(np.array([[1.0, 1e3, 1e5, 1e7, 1e8]])), Weights.of([0.0]))
    program = Program(5, tuple(Numeric(place, 0.0) for place in range(5)), body, "identity")
    readings = [{**DATED, "part": part, **({"origin": "2016-01-22"} if part == "days" else {})} for part in PARTS]
    names = ["day", *(f"{part} of day" for part in PARTS[1:])]
    columns = [
        {"name": name, "kind": "numeric", "reading": reading} for name, reading in zip(names, readings, strict=True)
    ]
    return Model(program, {"columns": columns})


@pytest.mark.parametrize("target", ["python", pytest.param("javascript", marks=needs_node)])
def test_parts_of_a_date_come_from_one_value(target: str) -> None:
    model, rows = dated_model(), [{"day": day} for day in DAYS]
    run = {"python": run_python, "javascript": run_javascript}[target]
    (answers,) = run([Exported(model.export(target), rows)])
    assert [answer.prediction for answer in answers] == pytest.approx(model.predict(rows).tolist(), rel=1e-9)


def test_python_takes_objects_with_a_date() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    days = [dt.date(2016, 1, 22), dt.datetime(2016, 1, 22, 18, 30), dt.datetime(2020, 3, 1, 1, 0, tzinfo=zone)]  # noqa: DTZ001 - one without a zone, too
    model, rows = dated_model(), [{"day": day} for day in days]
    (answers,) = run_python([Exported(model.export("python"), rows)])
    assert [answer.prediction for answer in answers] == pytest.approx(model.predict(rows).tolist())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "column 'day' must be given"),
        ({"day": "2016-02-30"}, "a date must be given"),
        ({"day": 3.5}, "a date must"),
    ],
)
def test_python_refuses_what_predict_refuses(row: dict[str, Any], said: str) -> None:
    model = dated_model()
    module: dict[str, Any] = {}
    exec(model.export("python").files["model.py"], module)
    with pytest.raises(TypeError, match=said):
        module["predict"](**row)
    with pytest.raises(automicro.DataError):
        model.predict([row])


@needs_node
@pytest.mark.parametrize(
    ("row", "said"), [({}, 'column "day" must be given'), ({"day": "22.1.2016"}, "a date must be given")]
)
def test_javascript_refuses_what_predict_refuses(row: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        run_javascript([Exported(dated_model().export("javascript"), [row])])


@pytest.fixture(scope="module")
def trained() -> automicro.Model:
    X = [[i, i % 7, ("red", "green")[i % 2]] for i in range(80)]
    y = [(i % 2) + (i > 39) > 0 for i in range(80)]
    return automicro.select(X, y, metric="accuracy", score=0.6, trials=1, families=["linear"], workers=0).model


def test_a_module_needs_the_standard_library_alone(trained: automicro.Model, tmp_path: Path) -> None:
    trained.export("python", name="mine").save(tmp_path)
    row = dict(zip(trained.column_names, [50, 3, "green"], strict=True))
    code = f"import mine\nprint(mine.predict(**{row!r}), mine.LABELS)"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(trained.predict([list(row.values())])[0]), "[False,", "True]"]


@pytest.mark.parametrize("seed", range(9))
def test_a_module_is_of_python_3_8_and_runs_nothing_of_newer_ones(seed: int) -> None:
    files = draw_model(seed).model.export("python").files
    code = files["model.py"]
    assert isinstance(code, str)
    assert code.isascii()
    tree = ast.parse(code, feature_version=(3, 8))
    assert not any(
        isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.ClassDef | ast.Match) for node in ast.walk(tree)
    )
    assert not any(isinstance(node, ast.arg) and node.annotation for node in ast.walk(tree))
    assert code.count("\n\n\n\n") == 0


def test_only_the_parts_that_are_used_are_written(trained: automicro.Model) -> None:
    code = str(trained.export("python").files["model.py"])
    assert "def affine(" in code
    assert "def forest(" not in code
    code = str(trained.export("javascript").files["model.js"])
    assert "function affine(" in code
    assert "function forest(" not in code


@needs_node
def test_a_module_and_its_types_have_the_same_names(trained: automicro.Model, tmp_path: Path) -> None:
    export = trained.export("javascript", name="mine")
    export.save(tmp_path)
    assert export.sizes["mine.js"] == (tmp_path / "mine.js").stat().st_size
    code = 'import * as mine from "./mine.js"; console.log(Object.keys(mine).sort().join());'
    (tmp_path / "run.mjs").write_text(code)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run([str(NODE), "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "inputs,labels,predict,predictProba\n"
    types = (tmp_path / "mine.d.ts").read_text()
    assert all(f" {name}" in types for name in ("inputs", "labels", "predict", "predictProba"))
    assert "export type Label = false | true;" in types
