"""What a search returns to the user: the model with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from automicro.measure import Interpretability, Latency
    from automicro.model import Model
    from automicro.request import Certificate, Constraints, Price

__all__ = ["RecordTable", "ReferenceScore", "Selection"]

Row = TypeVar("Row")
WIDEST = 44


class RecordTable(Sequence[Row], Generic[Row]):
    """A sequence of records that prints as a table.

    Examples
    --------
    >>> from types import SimpleNamespace as Record
    >>> print(RecordTable([Record(family="linear", size_bytes=31), Record(family="tree", size_bytes=44)]))
    family  size_bytes
    linear          31
    tree            44
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> RecordTable[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | RecordTable[Row]:
        return RecordTable(self._rows[place]) if isinstance(place, slice) else self._rows[place]

    def __len__(self) -> int:
        return len(self._rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the records as plain dicts."""
        return [row.model_dump() if hasattr(row, "model_dump") else dict(vars(row)) for row in self._rows]

    def to_pandas(self) -> Any:
        """Return the records as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.to_dicts())

    def __repr__(self) -> str:
        records = self.to_dicts()
        if not records:
            return "(no rows)"
        names = list(records[0])
        cells = [[_cell(record[name]) for name in names] for record in records]
        widths = [max(len(row[j]) for row in [names, *cells]) for j in range(len(names))]
        right = [all(isinstance(record[name], int | float | None) for record in records) for name in names]
        lines = [_line(row, widths, right) for row in [names, *cells]]
        return "\n".join(lines)

    __str__ = __repr__


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "  ".join(padded).rstrip()


@dataclass(frozen=True)
class ReferenceScore:
    """The best score that a strong portfolio reached on the same rows.

    Parameters
    ----------
    family : str
        Whose strongest setting it was.
    score : float
    members : dict of str to float or str
        The score of each member, or why it has none.
    """

    family: str
    score: float
    members: dict[str, float | str]


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """The smallest model found that meets the constraints, and the evidence.

    Parameters
    ----------
    model : Model
    family : str
        Name of the family that won.
    parameters : dict
        Its setting.
    verdict : {"certified", "estimated"}
        How sure the score is: tested on rows that the search never saw, or estimated by cross-validation.
    metric : str
    score : float
        Certified: on the held-out rows. Estimated: the metric's mean over the folds, on rows that the folds' models were not trained on.
    expected_score : float
        What to expect of new rows: `score`, of an estimated one without the optimism of having selected the smallest above the target.
    score_interval : (float, float)
        One-sided bounds of `expected_score`, each at the constraint's confidence.
    indices : dict of str to float, or None
        For clustering: silhouette, density-based validity and stability of the partition, whichever was asked for.
    target : float
        What `score` had to reach.
    prices : tuple of Price
        What less of a constraint would buy, and what more would cost, as far as the search has seen.
    certificate : Certificate or None
        The tests of a certified verdict.
    rows_needed : int or None
        Held-out rows with which a margin like the expected one would be certified four times in five; None where there is no margin.
    robustness : mapping of str to float
        On held-out rows: what the worst column that goes missing takes from the score (``"column_lost"``), and what was asked for.
    size_bytes : int
        Size of the stripped file.
    latency : Latency
        One row, warm, in a fresh process.
    interpretability : str
        Level of the program.
    structure : Interpretability
        What the level follows from: operations, constants, interactions.
    constraints : Constraints
    reference : ReferenceScore or None
        What ``within`` was measured against.
    frontier : RecordTable of Point
        What no other form beat in both size and score.
    trace : RecordTable of TrialRecord
        Every candidate: why it was taken, skipped or rejected, and by how much.
    out_of_fold : dict of int to array
        By trial number: predictions on held-out rows, (repeats, rows) or (repeats, rows, classes).
    notes : tuple of str
        What the user should know of the data and of families that took no part.
    seconds : float
    interrupted : bool
        Whether Ctrl-C ended the search early.
    """

    model: Model
    family: str
    parameters: dict[str, Any]
    verdict: str
    metric: str
    score: float
    expected_score: float
    score_interval: tuple[float, float]
    target: float
    size_bytes: int
    latency: Latency
    interpretability: str
    structure: Interpretability
    constraints: Constraints
    reference: ReferenceScore | None
    frontier: RecordTable[Any]
    trace: RecordTable[Any]
    out_of_fold: dict[int, NDArray[np.float64]]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    indices: dict[str, float] | None = None
    variant: str = ""
    precision: str = ""
    certificate: Certificate | None = None
    prices: tuple[Price, ...] = ()
    rows_needed: int | None = None
    robustness: Mapping[str, float] = field(default_factory=dict)

    @property
    def latency_us(self) -> float:
        """The latency's quantile in microseconds."""
        return self.latency.quantile_us

    def __repr__(self) -> str:
        from automicro.report import summary

        return summary(self)
