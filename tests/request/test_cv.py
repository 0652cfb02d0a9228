"""How the splits of a cross-validation are read, and what a file can say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import KFold

from automicro.errors import RequestError
from automicro.request import Search, SearchRequest
from automicro.request.files import dumps, loads

CONSTRAINTS = {"metric": "r2", "score": 0.5}


@pytest.mark.parametrize("given", [5, np.int64(5), "5"])
def test_a_number_of_folds(given: Any) -> None:
    assert Search(cv=given).cv == 5


def test_pairs_of_the_command_line_are_json() -> None:
    assert Search(cv="[[[0, 1], [2]], [[0, 2], [1]]]") == Search(cv=[([0, 1], [2]), ([0, 2], [1])])
    for wrong in ("[[[0, 1], [2]", "{}", "true", "null"):
        with pytest.raises(RequestError, match="cv: must be a number of folds"):
            Search(cv=wrong)


def test_splitters_stay_and_iterables_are_read_once() -> None:
    splitter = KFold(3)
    assert Search(cv=splitter).cv is splitter
    search = Search(cv=splitter.split(np.zeros((6, 1))))
    assert next((train.tolist(), test.tolist()) for train, test in search.cv) == ([2, 3, 4, 5], [0, 1])
    assert search == Search(cv=list(splitter.split(np.zeros((6, 1)))))
    assert search != Search(cv=list(KFold(2).split(np.zeros((6, 1)))))
    mask = np.arange(6) < 4
    ((train, test),) = Search(cv=[(mask, ~mask)]).cv
    assert (train.tolist(), test.tolist()) == (mask.tolist(), (~mask).tolist())  # its length is checked beside the rows
    assert Search(cv=[(mask, ~mask)]).model_dump()["cv"] == [[[0, 1, 2, 3], [4, 5]]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (1, "at least 2"),
        (True, "at least 2"),
        (2.5, "must be a number of folds"),
        ("five", "must be a number of folds"),
        (KFold, "must be a number of folds"),
        ([], "got no pair"),
        ([1, 2], "split 1 is no pair"),
        ([([0], [])], "split 1 has an empty side"),
        ([([True, True], [False, False])], "split 1 has an empty side"),
        ([([0.5, 1.5], [2])], "split 1 are not whole numbers"),
    ],
)
def test_what_is_no_split_is_refused(given: Any, said: str) -> None:
    with pytest.raises(RequestError, match=f"cv: .*{said}"):
        Search(cv=given)


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
@pytest.mark.parametrize("cv", [4, [[[0, 1], [2]], [[0, 2], [1]]]], ids=["number", "pairs"])
def test_files_hold_numbers_and_pairs(form: str, cv: Any) -> None:
    request = SearchRequest(constraints=CONSTRAINTS, search={"cv": cv, "trials": 3})
    assert loads(dumps(request, form), form) == request


def test_no_file_holds_a_splitter() -> None:
    with pytest.raises(RequestError, match=r"search\.cv: a file can hold .* give list\(splitter"):
        dumps(SearchRequest(constraints=CONSTRAINTS, search=Search(cv=KFold(3))), "json")


def test_words_of_other_libraries_name_the_key() -> None:
    with pytest.raises(RequestError, match="n_splits: unknown key, use 'cv'"):
        Search(n_splits=3)
