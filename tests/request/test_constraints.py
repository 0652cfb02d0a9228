"""Constraints say what must hold; what is impossible is refused with the key, what must hold and what was given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from automicro.errors import ConstraintError, RequestError
from automicro.request import ALIASES, INDICES, LEVELS, METRICS, Constraints, DataSource, Output, SearchRequest, metric
from automicro.request.search_request import set_values

REFUSED = [
    ({}, "score or within must be given, but got neither: without them the smallest model predicts a constant"),
    (
        {"metric": "r2"},
        "score or within must be given, but got neither: without them the smallest model predicts a constant",
    ),
    ({"score": 0.9}, "metric: must be given with score, such as 'roc_auc' or 'r2'"),
    ({"within": 0.1}, "metric: must be given with within, such as 'roc_auc' or 'r2'"),
    ({"metric": "accuracy", "score": 1.2}, "score: must lie in [0, 1] for 'accuracy', but got 1.2"),
    ({"metric": "accuracy", "score": -0.1}, "score: must lie in [0, 1] for 'accuracy', but got -0.1"),
    ({"metric": "r2", "score": 1.01}, "score: must be at most 1 for 'r2', but got 1.01"),
    ({"metric": "max_error", "score": -1}, "score: must be at least 0 for 'max_error', but got -1.0"),
    (
        {"metric": "neg_max_error", "score": 1},
        "score: must be at most 0 for 'neg_max_error', but got 1.0: use -1.0, or metric 'max_error'",
    ),
    ({"metric": "r2", "score": True}, "score: must be a finite number, such as 0.83 or '1%', but got True"),
    ({"metric": "r2", "score": float("nan")}, "score: must be a finite number, such as 0.83 or '1%', but got nan"),
    ({"metric": "r2", "score": float("-inf")}, "score: must be a finite number, such as 0.83 or '1%', but got -inf"),
    ({"metric": "r2", "score": "high"}, "score: must be a finite number, such as 0.83 or '1%', but got 'high'"),
    ({"metric": "r2", "within": -1}, "within: must be a fraction in [0, 1), but got -1.0"),
    ({"metric": "r2", "within": 1}, "within: must be a fraction in [0, 1), but got 1.0"),
    ({"latency": 200}, "latency: must be a time with its unit, such as '200us' or '1.5ms', but got 200"),
    ({"latency": "0us"}, "latency: must be above 0, but got '0us'"),
    ({"size": 0}, "size: must be a whole number of bytes above 0, but got 0"),
    ({"margin": -1}, 'margin: must be "auto" or a number of standard errors, 0 or more, but got -1'),
    ({"margin": "wide"}, "margin: must be \"auto\" or a number of standard errors, 0 or more, but got 'wide'"),
    ({"margin": True}, 'margin: must be "auto" or a number of standard errors, 0 or more, but got True'),
    (
        {"metric": "silhouette", "score": 0.5, "margin": 1},
        "margin: is in standard errors of a score of rows, which clustering has not: leave it out",
    ),
    ({"max_columns": 0}, "max_columns: must be at least 1, but got 0"),
    ({"max_interactions": -1}, "max_interactions: must be at least 0, but got -1"),
    (
        {"monotone": {"age": "up"}},
        "monotone: must name columns with '+' or '-', such as {'age': '+'} or 'age=+,price=-', but got {'age': 'up'}",
    ),
    (
        {"monotone": "age"},
        "monotone: must name columns with '+' or '-', such as {'age': '+'} or 'age=+,price=-', but got 'age'",
    ),
    (
        {"monotone": ["age"]},
        "monotone: must name columns with '+' or '-', such as {'age': '+'} or 'age=+,price=-', but got ['age']",
    ),
    ({"monotone": "age=+,age=-"}, "monotone: must name each column only once, but got 'age' twice"),
    (
        {"metric": "r2", "score": 0, "must_use": ["age"], "must_not_use": ["age", "sex"]},
        "must_not_use: must not name what must_use names, but got ['age']",
    ),
    (
        {"metric": "r2", "score": 0, "monotone": {"age": "+"}, "must_not_use": ["age"]},
        "must_not_use: must not name what monotone names, but got ['age']",
    ),
    (
        {"metric": "r2", "score": 0, "must_use": ["a", "b"], "max_columns": 1},
        "max_columns: must be at least the 2 of must_use, but got 1",
    ),
    ({"metric": "silhouette", "monotone": "a=+"}, "monotone: is of a score, which clustering has not: leave it out"),
    ({"metric": "f1", "score": 95}, "score: must lie in [0, 1] for 'f1', but got 95.0: write 0.95, a share"),
    ({"confidence": 95}, "confidence: must lie between 0 and 1, both excluded, but got 95.0: write 0.95, a share"),
    ({"metric": "r2", "within": 5}, "within: must be a fraction in [0, 1), but got 5.0: write 0.05, a share"),
    ({"confidence": 1}, "confidence: must lie between 0 and 1, both excluded, but got 1.0"),
    ({"runtime": "c"}, "runtime: must be 'python', but got 'c'"),
    (
        {"interpretability": "additve"},
        f"interpretability: must be one of {', '.join(LEVELS)}, but got 'additve': did you mean 'additive'",
    ),
    (
        {"metric": "rocc_auc", "score": 1},
        "metric: must be one of scikit-learn's scorer or error names, but got 'rocc_auc': did you mean 'roc_auc'",
    ),
    (
        {"metric": "silhouette", "within": 0.1},
        "within: is relative to models of a target, which clustering has not: give score",
    ),
    (
        {"metric": "accuracy", "score": 0.9, "stability": 0.9},
        "stability: is for clustering, but the metric 'accuracy' is not: leave one of them out",
    ),
    (
        {"metric": "silhouette", "score": 0.5, "silhouette": 0.4},
        "silhouette: must be given once, but is the metric too: give it as score alone",
    ),
    ({"metric": "silhouette", "stability": 1.5}, "stability: must lie in [-1, 1], but got 1.5"),
    ({"silhouette": 0.5, "score": 0.5}, "metric: must be given with score, such as 'roc_auc' or 'r2'"),
    ({"metric": "r2", "score": 0, "latency_quantile": 0.5}, "latency_quantile: needs latency, but none is given"),
]


@pytest.mark.parametrize(("values", "said"), REFUSED)
def test_impossible_values(values: dict[str, object], said: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        Constraints(**values)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"metric": "r2", "scor": 1}, "scor: unknown key, did you mean 'score'"),
        ({"metric": "r2", "max-features": 1}, "max-features: unknown key, use 'max_columns'"),
    ],
)
def test_unknown_keys(values: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        Constraints(**values)
    assert str(caught.value) == said
    assert not isinstance(caught.value, ConstraintError)


def test_constraints_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Constraints(metric="r2", score=0.5).score = 0.4  # type: ignore[misc]  # what must not work


@given(
    name=st.sampled_from(sorted(METRICS.keys() - {*INDICES})),
    reference=st.floats(-100, 100),
    within=st.floats(0, 1, exclude_max=True),
)
def test_within_is_never_better_than_the_reference(name: str, reference: float, within: float) -> None:
    constraints = Constraints(metric=name, within=within)
    assert constraints.measured.meets(reference, constraints.limit(reference))


def test_score_and_within_must_both_hold() -> None:
    assert Constraints(metric="accuracy", score=0.8, within=0.1).limit(0.95) == pytest.approx(0.855)
    assert Constraints(metric="accuracy", score=0.9, within=0.1).limit(0.95) == 0.9
    assert Constraints(metric="mean_absolute_error", score=2, within=0.1).limit(3) == 2
    assert Constraints(metric="mean_absolute_error", score=5, within=0.1).limit(3) == pytest.approx(3.3)
    assert Constraints(metric="neg_mean_absolute_error", within=0.1).limit(-3) == pytest.approx(-3.3)
    with pytest.raises(ConstraintError, match="within: needs the score of a reference"):
        Constraints(metric="accuracy", within=0.1).limit()


def test_indices_of_a_partition_stand_beside_each_other() -> None:
    both = Constraints(metric="silhouette", score=0.5, stability=0.9)
    assert both.measured.name == "silhouette"
    assert both.indices == {"silhouette": 0.5, "stability": 0.9}
    assert Constraints(stability=0.9, density_validity=0.3).measured.name == "density_validity"
    assert Constraints(metric="silhouette").indices == {}
    assert not Constraints(metric="r2", score=0.5).clusters


def test_nan_meets_nothing() -> None:
    assert not any(each.meets(float("nan"), limit) for each in METRICS.values() for limit in (-1.0, 0.0, 1.0))


def test_levels_are_numbers_too() -> None:
    assert [
        Constraints(metric="r2", score=0, interpretability=name).level for name in ("opaque", "simulatable", None)
    ] == [0, 3, 0]


@pytest.mark.parametrize(
    ("name", "task", "classes", "said"),
    [
        (
            "r2",
            "classification",
            2,
            "metric: 'r2' is for regression, but the task is classification: choose among accuracy,",
        ),
        ("f1", "regression", 0, "metric: 'f1' is for classification, but the task is regression: choose among r2,"),
        (
            "roc_auc",
            "classification",
            3,
            "metric: 'roc_auc' is for two classes, but the target has 3: use 'roc_auc_ovr'",
        ),
        (
            "recall",
            "classification",
            4,
            "metric: 'recall' is for two classes, but the target has 4: use 'recall_macro'",
        ),
    ],
)
def test_a_metric_of_another_task(name: str, task: str, classes: int, said: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        Constraints(metric=name, within=0.1).check_task(task, classes)
    assert str(caught.value).startswith(said)
    assert all(metric(instead) for instead in ("roc_auc_ovr", "recall_macro"))


def test_a_metric_of_its_task() -> None:
    Constraints(metric="roc_auc_ovr", within=0.1).check_task("classification", 3)
    Constraints(metric="roc_auc", within=0.1).check_task("classification", 2)
    Constraints(metric="r2", within=0.1).check_task("regression", 0)


FUNCTIONS = {"cohen_kappa", "cohen_kappa_quadratic", "f0.5", "f2"}  # that scikit-learn has, without a scorer's name


def test_metrics_are_scikit_learns() -> None:
    from sklearn.metrics import get_scorer_names

    scorers = set(get_scorer_names())
    for name in METRICS.keys() - {*INDICES}:
        each = METRICS[name]
        if name not in FUNCTIONS:
            assert name in scorers if each.greater_is_better else f"neg_{name}" in scorers
        assert each.low < each.high
        assert each.needs in ({"value"} if "regression" in each.tasks else {"label", "probability"})


def test_an_error_and_its_negation_mirror_each_other() -> None:
    for name, each in METRICS.items():
        if not each.greater_is_better:
            other = METRICS[f"neg_{name}"]
            assert (other.low, other.high, other.sign, other.tasks) == (-each.high, -each.low, 1, each.tasks)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("auc", "roc_auc"),
        ("ROC-AUC", "roc_auc"),
        ("R2", "r2"),
        ("RMSE", "root_mean_squared_error"),
        ("neg_rmse", "neg_root_mean_squared_error"),
        ("f0_5", "f0.5"),
        *((alias, name) for alias, name in ALIASES.items()),
    ],
)
def test_what_people_call_a_metric_is_taken(typed: str, name: str) -> None:
    assert metric(typed).name == name
    assert Constraints(metric=typed, **{"stability": 0.5} if name in INDICES[:2] else {"score": 0}).metric == name


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("root_mean_error", "root_mean_squared_error"),
        ("acuracy", "accuracy"),
        ("neg_mean_abs_error", "neg_mean_absolute_error"),
    ],
)
def test_the_nearest_metric_is_named(wrong: str, right: str) -> None:
    with pytest.raises(RequestError, match=f"did you mean '{right}'$"):
        metric(wrong)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "a.csv"}, "target: must be given for a file, unless the task is 'clustering'"),
        (
            {"source": "a.csv", "target": "y", "time": "y"},
            "time: must be another column than target, but got 'y' for both",
        ),
        (
            {"source": "a.csv", "target": "y", "groups": "g", "weights": "g"},
            "weights: must be another column than groups, but got 'g' for both",
        ),
        ({"source": "a.csv", "target": "y", "columns": ["x", "y"]}, "columns: must not name the target, but got 'y'"),
        (
            {"source": "a.csv", "target": "y", "columns": ["x"], "drop": "x"},
            "drop: must not name what columns names, but got ['x']",
        ),
        ({"source": "sklearn:iris", "format": "csv"}, "format: must not be given with source 'sklearn:iris'"),
        (
            {"source": "a.csv", "target": "y", "format": "xls"},
            "format: must be 'csv', 'tsv', 'parquet' or 'jsonl', but got 'xls'",
        ),
        ({"target": "y"}, "source: must be given"),
        ({"source": "a.csv", "target": 7}, "target: must be a text that is not empty (in quotes), but got 7"),
    ],
)
def test_impossible_sources(values: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        DataSource(**values)
    assert str(caught.value) == said


def test_impossible_outputs() -> None:
    with pytest.raises(RequestError, match="strip: needs model, but no file is given"):
        Output(strip=True)
    with pytest.raises(RequestError, match="must write to different files, but got a, a"):
        Output(model="a", trace="a")


def test_a_request_names_section_and_key() -> None:
    for values, said in [
        ({"constraints": {"metric": "r2", "score": 2}}, "constraints.score: must be at most 1 for 'r2', but got 2.0"),
        ({"constraints": {"metric": "r2", "scor": 2}}, "constraints.scor: unknown key, did you mean 'score'"),
        ({"constraint": {}}, "constraint: unknown key, did you mean 'constraints'"),
        ({"constraints": 3}, "constraints: must be a table of keys and values, but got 3"),
        ({}, "constraints: must be given"),
    ]:
        with pytest.raises(RequestError) as caught:
            SearchRequest(**values)
        assert str(caught.value) == said


def test_one_request_from_keywords_tables_and_settings() -> None:
    keywords = SearchRequest(
        data=DataSource(source="sklearn:iris"), constraints=Constraints(metric="accuracy", score=0.9)
    )
    tables = SearchRequest(data={"source": "sklearn:iris"}, constraints={"metric": "accuracy", "score": 0.9})
    settings = SearchRequest(
        **set_values({}, ["data.source=sklearn:iris", "constraints.metric=accuracy", "constraints.score=0.9"])
    )
    assert keywords == tables == settings


def test_directions_read_as_people_write_them() -> None:
    for written in ({"age": "+", "price=": "-"}, "age=+, price==-"):
        assert Constraints(metric="r2", score=0, monotone=written).monotone == {"age": "+", "price=": "-"}


@pytest.mark.parametrize("given", ["leave", 1, 0.5, True, np.int64(1), np.str_("leave")])
def test_a_positive_class_keeps_its_type(given: object) -> None:
    kept = Constraints(metric="recall", score=0.5, pos_label=given).pos_label
    assert kept == given
    assert type(kept) in {str, int, float, bool}


@pytest.mark.parametrize("given", ["", [1], float("nan")])
def test_what_cannot_be_a_label_is_refused(given: object) -> None:
    with pytest.raises(ConstraintError, match="pos_label: must be a label of the target"):
        Constraints(metric="recall", score=0.5, pos_label=given)


def test_numbers_have_no_positive_class() -> None:
    with pytest.raises(ConstraintError, match="pos_label: needs a metric of classes, but the metric is 'r2'"):
        Constraints(metric="r2", score=0.5, pos_label=1)
