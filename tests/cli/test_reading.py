"""Commands on a model read files by its card."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from automicro.cli import main
from automicro.data import load_table, read_file
from automicro.program import Affine, Numeric, OneHot, Program, Weights
from automicro.rows.readings import as_entry
from automicro.runtime.model import Model


@pytest.fixture
def trained(tmp_path):
    """Return a model that adds 1 for code 01234, 10 for true, the month of a date and the price."""
    rows = {
        "code": ["01234", "A1B 2C3"] * 20,
        "flag": ["true", "unknown"] * 20,
        "issued": ["22/01/2016", "03/04/2016"] * 20,
        "price": ["$1,100.50", "$900"] * 20,
        "y": list(range(40)),
    }
    pd.DataFrame(rows).to_csv(tmp_path / "train.csv", index=False)
    table = load_table(read_file(tmp_path / "train.csv").drop_columns(["y"]))
    columns = [
        {"name": p.name, "kind": p.kind, "minimum": p.minimum, "maximum": p.maximum, "reading": as_entry(reading)}
        for p, reading in zip(table.profiles, table.readings, strict=True)
    ]
    names = table.names
    decoders = (
        OneHot(0, ("01234",)),
        OneHot(1, ("true",)),
        Numeric(names.index("price"), 0.0),
        Numeric(names.index("issued.month"), 0.0),
    )
    body = Affine(Weights.of([[1.0, 10.0, 1.0, 1.0]]), Weights.of([0.0]))
    card = {"columns": columns, "task": "regression", "target": "y", "metric": "r2", "score": 0.5}
    Model(Program(len(names), decoders, body, "identity"), card).save(tmp_path / "m.micro")
    return tmp_path


def write(folder, **cells):
    pd.DataFrame({name: [cell] for name, cell in cells.items()}).to_csv(folder / "batch.csv", index=False)
    return str(folder / "batch.csv")


def test_predict_reads_codes_flags_dates_and_prices_as_in_training(trained, capsys):
    batch = write(trained, price="$1,000", issued="03/04/2016", flag="true", code="01234")
    assert main(["predict", str(trained / "m.micro"), batch]) == 0
    assert capsys.readouterr().out.split() == ["y", str(1.0 + 10.0 + 1000.0 + 4.0)]


def test_explain_reads_the_same_and_names_the_part_of_the_date(trained, capsys):
    batch = write(trained, price="$1,000", issued="03/04/2016", flag="true", code="01234")
    assert main(["explain", str(trained / "m.micro"), batch, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "issued.month" in json.dumps(told)
    assert "1015" in json.dumps(told)


def test_a_cell_that_does_not_fit_is_refused_in_a_sentence(trained, capsys):
    batch = write(trained, price="cheap", issued="03/04/2016", flag="true", code="01234")
    for command in (["predict"], ["explain"]):
        assert main([*command, str(trained / "m.micro"), batch]) == 2
        said = capsys.readouterr().err
        assert (
            f"column 'price' must hold numbers, in text written like 1,234.5, but got 'cheap' in line 2 of {batch}"
            in said
        )


def test_robustness_judges_rows_by_the_card(trained, capsys):
    assert main(["robustness", str(trained / "m.micro"), str(trained / "train.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "r2"
