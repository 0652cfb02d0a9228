"""How long and with what means to search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from automicro.request.class_weights import ClassWeights
from automicro.request.cv import CV
from automicro.request.families import Families
from automicro.request.problems import Section, problem
from automicro.request.quantities import Bytes, Count, Flag, Names, NotNegative, Path, Seconds, Whole
from automicro.request.start import Encoders, Start

__all__ = ["Search"]

_DEFAULT_SECONDS = 60.0
_SEEDS = 2**32


def _seed(value: int) -> int:
    if not 0 <= value < _SEEDS:
        raise problem(f"must lie in 0 to {_SEEDS - 1}, but got {value!r}")
    return value


class Search(Section):
    """How long and with what means to search.

    A run that only `trials` bounds returns the same artifact for the same seed.

    Parameters
    ----------
    trials : int, optional
        At most this many candidates are tried.
    seconds : float or str, optional
        At most this long, such as 120 or ``"2min"``; 60 if neither `trials` nor `seconds` is given.
    seed : int
        The only source of randomness.
    families : list of str or Family, optional
        Families that may take part, by name or as objects (``families=["tree", MyFamily()]``); all that are installed and serve the
        task, if not given.
    exclude : list of str, optional
        Families, or plugins with all their families, that take no part, where `families` is not given.
    workers : int, optional
        Processes that train at the same time. If not given, as many as affinity and control groups allow processors, at most 4,
        and at most one for each gigabyte of memory that they allow. With 0 trials run in this process, one after the other: quicker for
        small tables, but `trial_seconds` and `trial_memory` do not limit them, and the latency, unless it is constrained, is that of one
        measurement in this process.
    trial_seconds : float or str, optional
        A trial that takes longer is stopped and traced as failed. If not given, a quarter of `seconds` (at least 5, and twice what the
        slowest family takes to start), but half of them until a first trial is finished; 120 without `seconds`. The reference of
        `within` may take a third of them, at least 120.
    trial_memory : int or str, optional
        A trial that takes more address space, such as ``"2GB"``, is stopped and traced as failed. If not given, two gigabytes, or one
        where memory is limited to less for each worker. A limit that the process itself has (``ulimit -v``) is never exceeded.
    storage : str, optional
        Folder that keeps every finished trial; a search that finds trials of the same request there goes on from them.
        Several searches may use one folder at the same time. Nothing in it is executed.
    start_from : str, path or Model, optional
        An earlier model on a related task: each family first tries its columns, and may start from its weights. The trace says
        what a trial took over.
    target_transform : {"auto", "none", "log"}
        For regression: whether models are trained on the target, on its logarithm, or both are tried. A model that was trained on
        logarithms ends with the exponential, so that its predictions, scores and explanations are in the target's units. ``"auto"`` tries
        both if every target is above 0 and the targets are skewed, or the metric compares ratios.
        Predictions of an exponential of slopes, which has no bound of its own, are at most the smallest power of two that is not below
        the largest training target.
    class_weight : mapping of label to float, or "balanced", optional
        How much the rows of each class count in training, times their sample weights: ``{"fraud": 10}`` (labels that are not named
        count 1), or ``"balanced"``, which has all classes count alike. Models lean to the heavier class, and their probabilities with
        it; the search then fits the decision threshold for recall and precision only. Scores do not weigh classes: to weigh them
        there, choose another metric or pass sample weights.
    cv : int, splitter or iterable of (train, test), optional
        How rows are split for cross-validation; see ``docs/how-to/validation.md``. A number of folds keeps the shares of classes, groups
        together and the order of time. A splitter of scikit-learn (``TimeSeriesSplit(5)``, ``GroupKFold()``) splits the rows that are
        searched; pairs of arrays of row numbers, and ``PredefinedSplit``, name rows as they were passed. The model that is returned
        is trained on all rows.
    encoders : mapping of str to path or arrays, optional
        Pretrained arrays for a family, by the names that the family reads: ``{"mlp": {"weights_0": ...}}``, or an .npz file of
        them; in a file or on a command line also ``"mlp=weights.npz"``.
    progress : bool, optional
        Whether progress is shown; on a terminal only, if not given.

    Raises
    ------
    RequestError
        If a key is unknown or a value impossible.

    Examples
    --------
    >>> Search(seconds="2min").seconds
    120.0
    """

    trials: Count | None = Field(None, description="at most this many candidates")
    seconds: Seconds | None = Field(None, description="at most this long; 60 if neither trials nor seconds is given")
    seed: Annotated[Whole, AfterValidator(_seed)] = Field(0, description="the only source of randomness")
    families: Families | None = Field(
        None, description="families that may take part, as `automicro plugins` lists them; all, if not given"
    )
    exclude: Names | None = Field(None, description="families or plugins that take no part, out of all")
    workers: NotNegative | None = Field(
        None,
        description="processes that train at the same time; if not given, one for each processor and gigabyte that the system allows,"
        " at most 4; 0: none but this one",
    )
    trial_seconds: Seconds | None = Field(
        None, description="a trial that takes longer is stopped; a quarter of the seconds, if not given, or 120"
    )
    trial_memory: Bytes | None = Field(
        None,
        description="a trial that takes more memory is stopped; 2GB, if not given, or less where the system allows less",
    )
    storage: Path | None = Field(None, description="folder that keeps the finished trials, to resume from")
    start_from: Start | None = Field(
        None, description="model of a related task, whose columns and weights are tried first"
    )
    encoders: Encoders | None = Field(None, description="pretrained arrays of a family, such as mlp=weights.npz")
    target_transform: Literal["auto", "none", "log"] = Field(
        "auto", description="whether regression is trained on the target, on its logarithm, or both are tried (auto)"
    )
    class_weight: ClassWeights | None = Field(
        None, description="how much the rows of each class count in training, such as fraud=10,legit=1, or balanced"
    )
    cv: CV | None = Field(
        None, description="number of folds of the cross-validation, or pairs of lists of row numbers (train, test)"
    )
    progress: Flag | None = Field(None, description="whether progress is shown; on a terminal only, if not given")

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("trials") is None and values.get("seconds") is None:
            return {**values, "seconds": _DEFAULT_SECONDS}
        return values

    @model_validator(mode="after")
    def _either(self) -> Search:
        if self.families is not None and self.exclude is not None:
            raise problem("must not be given together with families, which names all that take part", "exclude")
        return self
