"""Whether a target keeps its protocol: what it writes is run, and compared with the reference evaluator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from automicro.discovery.declarations import target_fault
from automicro.errors import AutomicroError, NotExported
from automicro.export.exporting import checked_options, export_to
from automicro.testing.models import draw_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from automicro.plugin import Export, Target
    from automicro.testing.models import DrawnModel

__all__ = ["Answer", "Exported", "check_target"]

SHOWN = 20  # sentences of an error
TOLERANCE = 1e-5
NEAR_ZERO = 1e-9  # absolute difference that counts as none


class Answer(NamedTuple):
    """What a written model returns for a row: a label or a number, and probabilities in ascending order of their labels.

    Parameters
    ----------
    prediction : str, int, bool or float
    probabilities : sequence of float or None
        None where numbers are predicted, or the target has none.

    Examples
    --------
    >>> Answer("yes", [0.25, 0.75]).prediction
    'yes'
    """

    prediction: Any
    probabilities: Sequence[float] | None = None


@dataclass(frozen=True)
class Exported:
    """A written model, and the rows that it must answer.

    Parameters
    ----------
    export : Export
    rows : list of dict
        Raw values by the names of columns. Texts, numbers, booleans, None, and lists of numbers for series.

    Examples
    --------
    >>> from automicro.plugin import Export
    >>> Exported(Export("paper", {"a.txt": ""}, "a.txt"), [{"age": 31}]).rows
    [{'age': 31}]
    """

    export: Export
    rows: list[dict[str, Any]]


def check_target(
    target: Target,
    run: Callable[[Sequence[Exported]], Sequence[Sequence[Answer]]],
    *,
    options: Mapping[str, Any] | None = None,
    models: int = 72,
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> dict[str, int]:
    """Compare what a target writes with the reference evaluator, on models and rows that are drawn.

    Models go through every kind of decoder, node, link and label that needs no graph, and have names that try to end a literal or a
    comment. Rows hold missing, infinite and extreme numbers, levels that training has not seen, and numbers on each threshold and beside
    it. Rows of which the evaluator makes NaN are left out. A target may decline models, but not all.

    Parameters
    ----------
    target : Target
    run : callable
        Runs written models: takes a list of `Exported`, and returns a list of `Answer` for each.
    options : mapping, optional
        Options of the target.
    models : int
        How many models are drawn.
    seed : int
        Seed of the first one.
    tolerance : float
        Largest relative difference of a number or a probability.

    Returns
    -------
    dict of str to int
        How many models were declined, by reason.

    Raises
    ------
    AssertionError
        If labels differ, numbers differ by more than the tolerance, or the protocol is broken; with a sentence for each fault.

    Examples
    --------
    >>> from automicro.discovery import discover
    >>> def run(cases):
    ...     for case in cases:
    ...         exec(case.export.files[case.export.entry], module := {})
    ...         proba = module.get("predict_proba", lambda **row: None)
    ...         yield [Answer(module["predict"](**row), proba(**row)) for row in case.rows]
    >>> check_target(discover().target("python"), run, models=9)
    {}
    """
    if said := target_fault(target):
        raise AssertionError(said)
    chosen = checked_options(target, options)
    served: list[tuple[int, DrawnModel, Exported]] = []
    declined, found = Counter[str](), list[str]()
    for number in range(seed, seed + models):
        drawn = draw_model(number)
        given = (drawn.model.program, drawn.model.card, "model", chosen)
        try:
            made = export_to(target, *given)
        except NotExported as refused:
            declined[str(refused).removeprefix(f"target {target.name!r} ")] += 1
            continue
        except AutomicroError as error:
            found.append(f"model {number}: {error}")
            continue
        if made != export_to(target, *given):
            found.append(f"model {number}: export must return the same files for the same model, but returns others")
        served.append((number, drawn, Exported(made, drawn.rows)))
    if not served:
        raise AssertionError("\n".join([f"{target.name}: must serve at least one of {models} models", *found]))
    answers = list(run([case for *_, case in served]))
    for (number, drawn, _), answered in zip(served, answers, strict=True):
        found += [f"model {number}: {sentence}" for sentence in _faults(drawn, list(answered), tolerance)]
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise AssertionError("\n".join([f"{target.name}: {each}" for each in found[:SHOWN]] + more))
    return dict(declined)


def _faults(drawn: DrawnModel, answers: list[Answer], tolerance: float) -> Iterator[str]:
    """Yield a sentence for the first row whose answer differs from that of the reference evaluator."""
    labels = drawn.model.program.labels
    scores = drawn.predictions()
    if len(answers) != len(drawn.rows):
        yield f"{len(drawn.rows)} rows must have as many answers, but have {len(answers)}"
        return
    order = [] if labels is None else sorted(range(len(labels)), key=lambda place: labels[place])
    for row, answer, score in zip(drawn.rows, answers, scores, strict=True):
        if np.isnan(score).any():
            continue  # infinity less infinity, of extreme numbers: no class is the most probable one
        expected = score[0] if labels is None else labels[int(np.argmax(score))]
        said = ""
        if labels is None:
            same = _near([answer.prediction], [expected], tolerance)
        else:
            same = type(answer.prediction) is type(expected) and answer.prediction == expected
            if answer.probabilities is not None and not _near(answer.probabilities, score[order], tolerance):
                said = f"probabilities must be {score[order].tolist()}, but are {list(answer.probabilities)}"
        said = (
            said if same else f"the prediction must be {str(expected)[:80]!r}, but is {str(answer.prediction)[:80]!r}"
        )
        if said:
            shown = {name[:20]: value for name, value in row.items()}
            yield f"{said} for {str(shown)[:400]}"
            return


def _near(given: Sequence[float], expected: Any, tolerance: float) -> bool:
    made = np.asarray(given, dtype=np.float64)
    if made.shape != np.shape(expected):
        return False
    return bool(np.allclose(made, expected, rtol=tolerance, atol=NEAR_ZERO, equal_nan=True))
