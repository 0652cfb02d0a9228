"""Which of two classes is the positive one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from automicro.data import labelled_as, load_problem, positive_of, with_positive
from automicro.errors import ConstraintError

X = [[float(i)] for i in range(8)]


def problem_of(first, second):
    return load_problem(X, [first, second] * 4, task="classification")


@pytest.mark.parametrize(
    ("negative", "positive"),
    [(0, 1), (-1, 1), (False, True), (0.0, 1.0), ("0", "1"), ("no", "yes"), ("NO", "yes"), ("no", "YES"), ("N", "Y")],
)
def test_some_names_say_which_class_is_positive(negative, positive):
    problem = with_positive(problem_of(negative, positive), None)
    assert problem.labels == (negative, positive)
    assert positive_of(problem) == positive
    assert problem.target.tolist() == [0, 1] * 4


@pytest.mark.parametrize("labels", [("leave", "stay"), ("bad", "good"), (1, 2), ("no", "n")])
def test_other_names_do_not(labels):
    assert positive_of(with_positive(problem_of(*labels), None)) is None


@pytest.mark.parametrize(
    ("labels", "given", "meant"),
    [
        (("leave", "stay"), "leave", "leave"),
        ((1, 2), 1, 1),
        ((1, 2), "1", 1),
        ((False, True), False, False),
        ((False, True), "false", False),
        ((0.5, 1.5), np.float64(0.5), 0.5),
        (("no", "yes"), "no", "no"),
    ],
)
def test_the_positive_class_that_is_given_has_code_1(labels, given, meant):
    problem = with_positive(problem_of(*labels), given)
    assert positive_of(problem) == problem.labels[1] == meant
    assert [problem.labels[code] for code in problem.target] == list(labels) * 4


@pytest.mark.parametrize(
    ("labels", "given", "said"),
    [
        (("leave", "stay"), "leaves", "did you mean 'leave'"),
        (("no", "yes"), True, r"did you mean 'yes' \(in quotes\)"),
        (("no", "yes"), False, r"did you mean 'no' \(in quotes\)"),
        ((1, 2), 3, "one of the labels 1 and 2"),
        (("1", "2"), 1, "one of the labels '1' and '2'"),
    ],
)
def test_what_is_no_label_is_refused(labels, given, said):
    with pytest.raises(ConstraintError, match=said):
        with_positive(problem_of(*labels), given)


def test_more_classes_have_no_positive_one():
    with pytest.raises(ConstraintError, match="pos_label: needs a target of two classes, but the target has 3"):
        with_positive(load_problem([*X, [9.0]], list("abc") * 3), "a")


@pytest.mark.parametrize("library", ["pandas", "pyarrow"])
def test_the_last_level_of_an_ordered_categorical_is_positive(library):
    y = pd.Series(pd.Categorical(["stay", "leave"] * 4, categories=["stay", "leave"], ordered=True))
    target = y if library == "pandas" else pa.Array.from_pandas(y)
    problem = with_positive(
        load_problem(pd.DataFrame(X), pa.chunked_array([target]) if library == "pyarrow" else y), None
    )
    assert problem.labels == ("stay", "leave")
    assert positive_of(problem) == "leave"


def test_the_levels_of_a_categorical_without_order_are_not():
    y = pd.Series(pd.Categorical(["stay", "leave"] * 4, categories=["stay", "leave"]))
    problem = with_positive(load_problem(pd.DataFrame(X), y), None)
    assert problem.labels == ("leave", "stay")
    assert positive_of(problem) is None


def test_rows_that_are_read_again_take_the_order_of_a_model():
    read = problem_of("leave", "stay")
    assert labelled_as(read, ("stay", "leave")).target.tolist() == [1, 0] * 4
    assert labelled_as(read, ("stay", "leaves")) is read
