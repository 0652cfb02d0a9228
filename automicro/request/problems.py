"""What is wrong with a request, said in sentences that name the key."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar, LiteralString, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from automicro.errors import ConstraintError, RequestError
from automicro.values import hash_of, same

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Section", "as_share", "did_you_mean", "problem", "problems", "rejected"]


OF_VALUE, UNKNOWN_KEY = "request", "unknown_key"  # types of pydantic's errors
LONGEST, TAIL = 2000, 300  # characters of a sentence, and of its end
# Names that other libraries have for the options here.
SYNONYMS = {
    "workers": "n_jobs n_workers num_workers jobs processes max_workers nthread num_threads",
    "seconds": "time_budget time_limit max_time timeout budget max_runtime_secs total_time_limit time_left_for_this_task max_time_mins",
    "trial_seconds": "per_run_time_limit max_eval_time_mins trial_timeout",
    "trial_memory": "memory_limit max_memory memory",
    "trials": "n_trials max_trials n_iter max_iter max_evals iterations n_calls max_models",
    "seed": "random_state random_seed",
    "families": "estimator_list estimators models algorithms include include_algos included_model_types",
    "exclude": "exclude_algos excluded_model_types exclude_estimators",
    "cv": "folds n_folds num_folds k_folds n_splits splitter split_type eval_method resampling_strategy validation cross_validation",
    "progress": "verbose verbosity show_progress",
    "metric": "scoring eval_metric scorer loss objective measure",
    "score": "min_score target_score threshold",
    "max_columns": "max_features n_features max_cols",
    "size": "max_size size_bytes max_bytes model_size",
    "weights": "sample_weight sample_weights class_weight weight_column",
    "groups": "group group_column cv_groups",
    "time": "time_column date date_column",
    "task": "problem_type ml_task task_type",
    "monotone": "monotone_constraints monotonic_cst",
    "start_from": "warm_start initial_model",
    "boosting": "xgboost lightgbm lgbm catboost gbm xgb",
    "linear": "logistic logistic_regression ridge lasso glm svm",
    "tree": "decision_tree cart",
    "cluster": "kmeans k_means gmm knn prototypes",
    "mlp": "neural_network nn neural dnn",
}
_OURS = {word: name for name, words in SYNONYMS.items() for word in words.split()}


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return ``use 'workers'`` for another library's word, ``did you mean 'score'`` for a near one, or all options."""
    names = sorted(options)
    ours = _OURS.get(word.casefold().replace("-", "_"))
    if ours in names:
        return f"use {ours!r}"
    folded = {name.casefold().replace("-", "_"): name for name in names}
    near = difflib.get_close_matches(word.casefold().replace("-", "_"), folded, n=1)
    if near:
        return f"did you mean {folded[near[0]]!r}"
    return f"choose among {', '.join(names)}" if names else "there is none to choose"


def problem(sentence: str, key: str = "", kind: LiteralString = OF_VALUE) -> PydanticCustomError:
    """Return what a validator raises: a sentence about the value, and the key if it is not the validated field."""
    return PydanticCustomError(kind, "{sentence}", {"sentence": sentence, "key": key})


def as_share(value: float) -> str:
    """Return how a number that was probably meant as a percentage is written: ``: write 0.95, a share``; nothing for others."""
    return f": write {value / 100:g}, a share" if 1 < value < 100 else ""


class Found(NamedTuple):
    """The path of keys and the sentence of a problem, and whether the last key is unknown."""

    path: tuple[str, ...]
    sentence: str
    is_unknown_key: bool = False


def problems(error: ValidationError) -> list[Found]:
    """Return every problem that pydantic found."""
    found = []
    for detail in error.errors(include_url=False):
        path = tuple(str(part) for part in detail["loc"])
        key = detail.get("ctx", {}).get("key")
        sentence = _shortened(_sentence(dict(detail)))
        found.append(Found((*path, key) if key else path, sentence, detail["type"] == UNKNOWN_KEY))
    return found


def _shortened(sentence: str) -> str:
    """Return a sentence without the middle of a long value; its remedy, at the end, stays."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - TAIL]} ... {sentence[-TAIL:]}"


def rejected(found: list[Found], kind: type[RequestError] = RequestError, between: str = "; ") -> RequestError:
    """Return one error for all problems: a `ConstraintError` where a value in section ``constraints`` is impossible."""
    if any(each.path[:1] == ("constraints",) and len(each.path) > 1 for each in found):
        kind = ConstraintError
    if any(each.is_unknown_key for each in found):
        kind = RequestError
    return kind(between.join(f"{'.'.join(path)}: {text}" if path else text for path, text, _ in found))


def _sentence(detail: dict[str, Any]) -> str:
    if detail["type"] in (OF_VALUE, UNKNOWN_KEY):
        return str(detail["msg"])
    if detail["type"] == "missing":
        return "must be given"
    said = str(detail["msg"]).replace("Input should be", "must be")
    return f"{said[0].lower()}{said[1:]}, but got {detail['input']!r}"


class Section(BaseModel):
    """One frozen part of a request; whatever is wrong with it is raised as one sentence about the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    _error: ClassVar[type[RequestError]] = RequestError

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise rejected(problems(error), self._error) from None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and same(vars(self), vars(other))

    def __hash__(self) -> int:
        return hash((type(self), hash_of(vars(self))))

    # A section inside another is then validated in place, so that its problems keep the whole path of keys.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined] # an attribute that pydantic reads from functions

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            if unknown := [key for key in values if key not in cls.model_fields]:
                raise ValidationError.from_exception_data(cls.__name__, cls._all_problems(values, unknown))
        elif not isinstance(values, cls):
            raise problem(f"must be a table of keys and values, but got {values!r}")
        return values

    @classmethod
    def _all_problems(cls, values: dict[Any, Any], unknown: list[Any]) -> list[InitErrorDetails]:
        """Return what is wrong with unknown keys, and with the values of the others; not what is missing, which they may have meant."""
        sentences = [(str(key), f"unknown key, {did_you_mean(str(key), cls.model_fields)}") for key in unknown]
        found = [
            InitErrorDetails(type=problem(said, kind=UNKNOWN_KEY), loc=(key,), input=key) for key, said in sentences
        ]
        try:
            cls.model_validate({key: value for key, value in values.items() if key in cls.model_fields})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                if detail["loc"] and detail["type"] != "missing":
                    kind = UNKNOWN_KEY if detail["type"] == UNKNOWN_KEY else OF_VALUE
                    again = problem(_sentence(dict(detail)), detail.get("ctx", {}).get("key", ""), kind)
                    found.append(InitErrorDetails(type=again, loc=detail["loc"], input=detail["input"]))
        return found
