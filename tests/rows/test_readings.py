"""Columns are read as people write them, and alike in training and in every later file and batch."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automicro.data import load_problem, load_table, read_file, rows_for_prediction, texts_in_files
from automicro.data.read.detect import missing_of
from automicro.errors import DataError
from automicro.program import Affine, Categories, Missing, Numeric, OneHot, Program, Weights
from automicro.rows.reader import reader_of
from automicro.rows.readings import PLAIN, as_entry
from automicro.runtime.model import Model

MANY = [f"{i * 37.25:,.2f}" for i in range(1, 60)]


def card_of(table):
    """Return what of a card says how columns are read."""
    readings = table.readings or (PLAIN,) * len(table.names)
    return {
        "columns": [
            {"name": profile.name, "kind": profile.kind, "reading": as_entry(reading)}
            for profile, reading in zip(table.profiles, readings, strict=True)
        ]
    }


def reader_on(card):
    return reader_of(card, range(len(card["columns"])))


def model_on(table, column=0):
    """Return a model that tells the levels, or the number, of one column."""
    read = table.columns[column]
    levels = read.levels if isinstance(read, Categories) else None
    decoder = Numeric(column, 0.0) if levels is None else OneHot(column, levels)
    weights = Weights.of([[1.0]] if levels is None else [[float(i + 1) for i in range(len(levels))]])
    return Model(Program(len(table.names), (decoder,), Affine(weights, Weights.of([0.0])), "identity"), card_of(table))


DATES = [dt.datetime.fromisoformat("2016-01-22T07:00") + dt.timedelta(days=11 * i, hours=5 * i) for i in range(40)]
FORMS = {
    "pandas": pd.DataFrame({"when": DATES}),
    "polars": pl.DataFrame({"when": DATES}),
    "arrow": pa.table({"when": DATES}),
    "objects": {"when": DATES},
    "zone": pd.DataFrame({"when": pd.Series(DATES).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")}),
    "text": {"when": [moment.isoformat(" ") for moment in DATES]},
    "written": {"when": [moment.strftime("%d/%m/%Y %H:%M") for moment in DATES]},
}


@pytest.mark.parametrize("form", FORMS)
def test_dates_become_days_and_their_parts(form):
    table = load_table(FORMS[form])
    assert table.names == ("when.days", "when.year", "when.month", "when.weekday", "when.hour")
    expected = [
        [(moment - dt.datetime.fromisoformat("2016-01-22")) / dt.timedelta(days=1) for moment in DATES],
        [moment.year for moment in DATES],
        [moment.month for moment in DATES],
        [moment.weekday() for moment in DATES],
        [moment.hour for moment in DATES],
    ]
    np.testing.assert_allclose(np.array(table.columns), expected, rtol=1e-6)
    assert len(table.notes) == 1
    assert "'when' (dates" in table.notes[0]


def test_rows_to_predict_have_the_date_and_not_its_parts():
    table = load_table({"a": list(range(40)), "when": DATES, "b": ["x", "y"] * 20})
    assert table.names[:3] == ("a", "when.days", "b")
    readings = reader_on(card_of(table))
    frame = pd.DataFrame({"b": ["x"], "when": ["2016-03-01 12:00"], "a": [3]})
    read = rows_for_prediction(frame, table.names, len(table.names), None, readings)
    assert [column[0] for column in read] == [3, 39.5, "x", 2016, 3, 1, 12]
    array = np.array([[3, dt.datetime.fromisoformat("2016-03-01T12:00"), "x"]], dtype=object)
    assert [c[0] for c in rows_for_prediction(array, table.names, len(table.names), None, readings)] == [
        c[0] for c in read
    ]
    with pytest.raises(DataError, match=r"must have 3 columns as in training"):
        rows_for_prediction(np.zeros((1, 7)), table.names, len(table.names), None, readings)
    with pytest.raises(DataError, match=r"^column 'when' must hold dates, .* but got 'soon' in row 0"):
        rows_for_prediction({"a": 1, "when": "soon", "b": "x"}, table.names, len(table.names), None, readings)


def test_times_of_day_and_durations_become_numbers():
    table = load_table({"at": ["18:30", "07:15:30"] * 3, "took": [dt.timedelta(hours=6)] * 5 + [None]})
    assert table.columns[0][:2].tolist() == pytest.approx([18.5, 7.2583332])
    assert table.columns[1][0] == 0.25
    assert np.isnan(table.columns[1][5])


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        ([f"${i * 1234.5:,.2f}" for i in range(1, 40)], 1234.5),
        ([f"{i * 1234.5:,.2f}".translate(str.maketrans(",.", ".,")) for i in range(1, 40)], 1234.5),
        ([f"{i}.5%" for i in range(1, 40)], 1.5),
        (["1e3", "2e3", "5e-1"] * 9, 1000.0),
        ([f"({i}.25)" for i in range(1, 40)], -1.25),
        ([*map(str, range(1, 40)), "unknown", "N/A", "-", " "], 1.0),
        ([1, 2.5, "n/a", "?"] * 9, 1.0),
    ],
)
def test_numbers_as_text_are_numbers_in_training_and_at_prediction(cells, first):
    table = load_table({"a": cells})
    assert table.profiles[0].kind == "numeric"
    assert table.columns[0][0] == first
    readings = reader_on(card_of(table))
    for cell, value in zip(cells, table.columns[0], strict=True):
        alone = rows_for_prediction({"a": [cell]}, ("a",), 1, None, readings)[0]
        np.testing.assert_array_equal(np.float32(alone[0] if alone[0] is not None else np.nan), value)
    assert rows_for_prediction({"a": [2.5]}, ("a",), 1, None, readings)[0][0] == 2.5


def test_numbers_beside_words_for_missing_meet_numbers_as_text():
    reader = reader_on(card_of(load_table({"a": [1, 2.5, "n/a", "?"] * 9})))
    assert rows_for_prediction({"a": ["12"]}, ("a",), 1, None, reader)[0].tolist() == [12.0]
    with pytest.raises(DataError, match=r"^column 'a' must hold numbers, .* but got 'many' in row 0"):
        rows_for_prediction({"a": ["many"]}, ("a",), 1, None, reader)


def test_a_cell_that_is_no_such_number_is_refused_by_name():
    readings = reader_on(card_of(load_table({"a": MANY})))
    with pytest.raises(
        DataError, match=r"^column 'a' must hold numbers, in text written like 1,234\.5, but got 'many' in row 0"
    ):
        rows_for_prediction({"a": ["many"]}, ("a",), 1, None, readings)


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (
            ["16,100", "2,350"] * 9,
            "comma of their numbers may separate thousands or decimals: 'a' such as '16,100'",
        ),
        (["03/04/2016", "05/06/2016"] * 9, "the first number of their dates may be the day or the month: 'a'"),
        ([*map(str, range(100, 140)), "lots"], "they hold other texts beside numbers: 'a' .'lots'.; missing="),
        (
            ["CT", "ct", "NY"] * 9,
            "levels that differ only in case or blanks are read as different ones: 'a' .'CT' and 'ct'.",
        ),
        (["New York", "New  York", "x"] * 9, "read as different ones: 'a' .'New  York' and 'New York'."),
        (["CT", "CT ", "NY"] * 9, "differ only in blanks .* are read as one: 'a' .'CT' and 'CT '."),
        (["yes", "Yes", "NO ", "no"] * 9, "the case of yes and no, are read as one: 'a'"),
        (["None", "x", "y"] * 9, "frequent words that may mean missing are read as levels: 'a' .'None' in 33% of rows"),
        (
            [3, 17, 250, 41, 8, 99, 120, 77, 65, 31, 54, -999, -999, -999] * 2,
            "'a' .-999 in 21.4% of rows.; missing=.-999.",
        ),
        ([*range(30, 70), -1, -1, -1], "may mean missing: 'a' .-1 in"),
    ],
)
def test_what_is_not_certain_is_named_once_with_its_remedy(cells, note):
    notes = load_table({"a": cells, "b": [0.5, 1.5] * (len(cells) // 2) + [2.5] * (len(cells) % 2)}).notes
    assert len(notes) == 1
    assert re.search(note, notes[0]), notes


@pytest.mark.parametrize(
    "cells",
    [
        [0, 1, -1] * 9,
        [*range(-5, 30)],
        [99, 98, 97, 96] * 9,
        [float(i % 13) for i in range(60)],
        ["B", "a", "c"] * 9,
    ],
)
def test_what_is_usual_is_not_noted(cells):
    assert not load_table({"a": cells, "b": [0.5, 1.5] * (len(cells) // 2) + [2.5] * (len(cells) % 2)}).notes[1:]


def test_levels_are_read_alike_with_blanks_and_case():
    table = load_table({"a": ["yes", "Yes", "NO ", " no", "?", " "] * 5})
    assert table.columns[0].levels == ("no", "yes")
    assert table.profiles[0].missing == 10
    model = model_on(table)
    assert model.predict(pd.DataFrame({"a": ["YES", "no ", "  ", True]})).tolist() == [2.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("trained", "later", "same"),
    [
        (["1.0", "2.0", "n/k"], 1.0, "1.0"),
        (["true", "false", "unknown"], True, "true"),
    ],
)
def test_numbers_and_booleans_meet_the_levels_that_were_text(trained, later, same):
    model = model_on(load_table({"a": trained * 9}))
    assert model.predict({"a": [later]}).tolist() == model.predict({"a": [same]}).tolist() != [0.0]


@pytest.mark.parametrize("cell", ["?", " ", "NA", "x", None, 7])
def test_words_for_missing_are_missing_in_every_form_of_a_row(cell):
    card = card_of(load_table({"a": ["x", "y"] * 9, "b": [0.5, 1.5, 2.5] * 6}))
    weights = Affine(Weights.of([[1.0, 10.0]]), Weights.of([0.0]))
    model = Model(Program(2, (Missing(0), OneHot(0, ("x",))), weights, "identity"), card)
    frame = pd.DataFrame({"b": [1.0], "a": [cell]})
    expected = [1.0 if cell in ("?", " ", "NA", None) else 10.0 if cell == "x" else 0.0]
    forms = [frame, {"a": cell, "b": 1.0}, [[cell, 1.0]], np.array([[cell, 1.0]], dtype=object), pl.from_pandas(frame)]
    for form in forms:
        assert model.predict(form).tolist() == expected
    assert model.predict(pd.concat([frame] * 2)).tolist() == expected * 2


def test_a_number_where_codes_begin_with_zeros_is_refused():
    model = model_on(load_table({"zip": ["01234", "02139", "94105"] * 9}))
    assert model.predict({"zip": ["01234"]}).tolist() != [0.0]
    with pytest.raises(DataError, match=r"^column 'zip' must hold text, .* zeros, but got the number 1234"):
        model.predict({"zip": [1234]})


def test_the_order_of_categories_is_noted_where_it_is_lost():
    cells = pd.Categorical(["low", "mid", "high"] * 9, ["low", "mid", "high"], ordered=True)
    assert "the order of these categories is not used: 'a'" in load_table(pd.DataFrame({"a": cells})).notes[0]
    assert load_table(pd.DataFrame({"a": cells.as_unordered()})).notes == ()


def test_text_meets_the_levels_that_were_numbers():
    model = model_on(load_table(pd.DataFrame({"a": pd.Categorical([1.0, 2.0, 2.5] * 9)})))
    assert model.predict({"a": ["2.0"]}).tolist() == model.predict({"a": [2]}).tolist() != [0.0]


@pytest.mark.parametrize(
    ("levels", "batch"),
    [
        (["01234", "02139", "A1B 2C3"], ["01234", "02139"]),
        (["01234", "02139", "94105"], ["94105"]),
        (["007", "8", "9"], ["8", "007"]),
        (["true", "false", "unknown"], ["true", "false"]),
        (["1.0", "2.0", "n/k"], ["1.0", "2.0"]),
        (["1e5", "+1", "x"], ["1e5", "+1"]),
        (["2016-01-22", "2017-01-01", "never"], ["2016-01-22"]),
        (["None", "some", "NA"], ["None", "NA"]),
    ],
)
@pytest.mark.parametrize("stripped", [False, True])
def test_a_file_is_read_by_the_card_and_not_by_what_its_cells_look_like(tmp_path, levels, batch, stripped):
    write = pd.DataFrame({"a": levels * 9, "b": range(27)}).to_csv
    write(tmp_path / "train.csv", index=False)
    model = model_on(load_table(read_file(tmp_path / "train.csv")))
    if stripped:
        model = Model(model.program)
    pd.DataFrame({"a": batch, "b": [1] * len(batch)}).to_csv(tmp_path / "batch.csv", index=False)
    table = read_file(tmp_path / "batch.csv", texts=texts_in_files(model.program, model.card))
    assert table.schema.field("a").type == pa.string()
    predicted = model.predict(table).tolist()
    assert predicted == model.predict(pd.DataFrame({"a": batch, "b": 1})).tolist()
    assert 0.0 not in predicted


def test_words_count_as_missing_by_a_list_by_frequency_and_on_demand():
    cells = ["None"] * 30 + ["NA"] * 2 + ["null"] * 3 + ["unknown"] * 5 + ["x", "y"] * 30
    assert sorted(load_table({"a": cells}).columns[0].levels) == ["None", "unknown", "x", "y"]
    assert sorted(load_table({"a": cells}, missing=[]).columns[0].levels) == ["NA", "None", "null", "unknown", "x", "y"]
    named = load_table({"a": cells, "b": [-999, *range(99)]}, missing=["unknown", "None", -999])
    assert sorted(named.columns[0].levels) == ["NA", "null", "x", "y"]
    assert np.isnan(named.columns[1][0])
    later = rows_for_prediction({"a": "x", "b": -999}, named.names, 2, None, reader_on(card_of(named)))
    assert later[1][0] is None
    with pytest.raises(DataError, match="missing must be a list"):
        missing_of("NA")


def test_a_frequent_word_is_a_label_and_a_rare_one_is_refused():
    X = {"a": list(np.arange(100) / 7)}
    frequent = load_problem(X, ["None"] * 50 + ["Apnea"] * 50)
    assert frequent.labels == ("Apnea", "None")
    assert "'None' in 50% of rows" in frequent.notes[0]
    rare = ["NA"] * 2 + ["a"] * 49 + ["b"] * 49
    with pytest.raises(
        DataError, match=r"2 of 100 values are 'NA', which may mean missing: drop .* or pass missing=\[\]"
    ):
        load_problem(X, rare)
    assert load_problem(X, rare, missing=[]).labels == ("NA", "a", "b")
    with pytest.raises(DataError, match="missing in 2 of 100 rows"):
        load_problem(X, rare, missing=["NA"])


def test_labels_with_blanks_are_one_label():
    X = {"a": list(np.arange(40) / 7)}
    problem = load_problem(X, ["yes", "yes ", "no", " no"] * 10)
    assert problem.labels == ("no", "yes")
    assert "blanks" in problem.notes[0]
    assert load_problem(X, [" <=50K", " >50K"] * 20).labels == (" <=50K", " >50K")
    assert "differ only in case" in load_problem(X, ["Yes", "yes", "no", "no"] * 10).notes[0]
    assert "'no one', 'no\\xa0one'" in load_problem(X, ["no one", "no\xa0one", "b", "b"] * 10).notes[0]


def test_a_price_as_text_is_a_target_of_numbers():
    y = [f"${i * 1000:,}" for i in range(1, 41)]
    assert load_problem({"a": list(np.arange(40) / 7)}, y).task == "regression"
    assert load_problem({"a": list(np.arange(40) / 7)}, y).target[3] == 4000


def test_numbers_with_leading_zeros_are_labels_unless_numbers_are_predicted():
    X, y = {"a": list(np.arange(40) / 7)}, ["0012", "0007", "0100", "0099"] * 10
    assert load_problem(X, y).labels == ("0007", "0012", "0099", "0100")
    assert load_problem(X, y, task="regression").target.tolist() == [12, 7, 100, 99] * 10


def test_judging_rows_reads_them_as_the_card_says():
    table = load_table({"a": ["1.0", "2.0", "n/k"] * 9, "b": ["22/01/2016", "03/04/2016", "01/01/2017"] * 9})
    rows = {"a": ["1.0", "2.0"] * 4, "b": ["03/04/2016"] * 8, "c": range(8)}
    read = load_problem({k: list(v) for k, v in rows.items()}, [0, 1] * 4, card=card_of(table)).table
    assert read.profiles[0].kind == "category"
    assert read.columns[read.names.index("b.month")].tolist() == [4.0] * 8


@pytest.mark.parametrize(
    "cell",
    [np.zeros(3), [1, 2], (1,), pd.Series([1.0]), pd.DataFrame({"a": [1]}), {"a": 1}],
    ids=lambda c: type(c).__name__,
)
def test_cells_that_hold_several_values_are_refused_by_column_and_type(cell):
    cells = [cell, cell, cell, cell]
    with pytest.raises(DataError, match=f"^column 'e' must hold .* arrays, lists or records.*{type(cell).__name__}"):
        load_table({"a": [1, 2, 3, 4], "e": cells})
    with pytest.raises(DataError, match="the target must hold numbers, booleans or text, but holds arrays"):
        load_problem({"a": [1, 2, 3, 4]}, cells if not isinstance(cell, pd.DataFrame) else pd.Series(cells))
    model = model_on(load_table({"a": ["x", "y"] * 9}))
    for rows in ([cell], [cell, "x"]):
        with pytest.raises(DataError, match=f"{type(cell).__name__}"):
            model.predict({"a": rows})
