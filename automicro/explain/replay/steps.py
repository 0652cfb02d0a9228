"""Whether the steps that explain a row are in the global card: a list of parts that adds up proves nothing by itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.explain.decision.local import explain
from automicro.explain.replay.interpreter import NotFollowed
from automicro.explain.replay.probes import cells
from automicro.program import Batch, take
from automicro.words.features import input_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.explain.decision.explanation import Explanation, Part
    from automicro.explain.replay.interpreter import Interpreter, Step
    from automicro.program import Program

__all__ = ["trace_faults"]

CLOSE = 1e-6

Expected = list[tuple[str | None, float]]


def trace_faults(
    program: Program, interpreter: Interpreter, batch: Batch, names: Sequence[str], rows: range
) -> list[str]:
    """Return a sentence for every step of the explanations of some rows that the card does not have, and the other way round."""
    if len({isinstance(c, np.ndarray) and c.ndim == 2 for c in batch.columns if c is not None}) > 1:
        return []  # nobody can hand over rows that mix series and cells
    card = {"columns": [{"name": name} for name in names]}
    found: list[str] = []
    for row in rows:
        one = Batch(tuple(None if column is None else take(column, np.array([row])) for column in batch.columns))
        (values,) = cells(program, one, names)
        found += _faults(explain(program, card, _given(one, values, names)), interpreter, values)
    return found


def _given(one: Batch, values: dict[str, Any], names: Sequence[str]) -> Any:
    """Return a row as `explain` takes it: cells by place, or the channels of a series."""
    series = [column for column in one.columns if isinstance(column, np.ndarray) and column.ndim == 2]
    if not series:
        return [values.get(name) for name in names]
    absent = np.full(series[0].shape[1], np.nan)
    return np.stack([absent if column is None else np.asarray(column)[0] for column in one.columns])[None]


def _faults(trace: Explanation, interpreter: Interpreter, values: dict[str, Any]) -> Iterator[str]:
    (scores,) = interpreter.scores([values])
    of = _factors(scores, labels=interpreter.card["labels"])
    score = sum(factor * value for factor, value in zip(of, scores, strict=True) if factor)
    if not math.isfinite(score):
        return
    limit = CLOSE * max(1.0, abs(trace.constant), *(abs(part.contribution) for part in trace.parts), *map(abs, scores))
    total = trace.constant + sum(part.contribution for part in trace.parts)
    if abs(total - score) > limit * (1 + len(trace.parts)):
        yield f"the steps of a row add up to {total:.7g}, the card gives {score:.7g}"
    try:
        expected = _expected(interpreter.steps(values), of, interpreter.card["inputs"])
    except NotFollowed:
        return  # messages on a graph, or a projection: no sum of named inputs
    if trace.kind == "posthoc":
        yield "the explanation of a row is an approximation, though the card is a sum of steps"
        return
    yield from _differences(trace.parts, expected, limit)


def _differences(parts: Sequence[Part], expected: Expected, limit: float) -> Iterator[str]:
    """Give a sentence for every part that is not among the steps of a card, and for every step that is no part."""
    unmatched = []
    for part in parts:
        match = next((e for e in expected if _is(e, part, limit)), None)
        if match is not None:
            expected.remove(match)
        elif abs(part.contribution) > limit:
            unmatched.append(part)
    left = [(text, value) for text, value in expected if abs(value) > limit]
    absent = sum(
        value for text, value in left if text is None
    )  # buckets of which a text has no gram are listed together
    if len(unmatched) == 1 and abs(unmatched[0].contribution - absent) <= limit:
        unmatched, left = [], [entry for entry in left if entry[0] is not None]
    for part in unmatched:
        yield f"the step {part.name} {part.because} ({part.contribution:+.6g}) of a row is not in the card"
    for text, value in left:
        yield f"the card has a step {text or 'of a gram'} ({value:+.6g}) that the explanation of a row leaves out"


def _is(expected: tuple[str | None, float], part: Part, limit: float) -> bool:
    text, value = expected
    return abs(value - part.contribution) <= limit and text in {None, part.name, part.because}


def _factors(scores: Sequence[float], labels: Any) -> list[float]:
    """Return what is explained of scores: of several classes the best less the second, else the first."""
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    of = [0.0] * len(scores)
    of[order[0]] = 1.0
    if labels is not None and len(scores) > 1:
        of[order[1]] = -1.0
    return of


def _expected(steps: Sequence[Step], of: Sequence[float], inputs: Sequence[dict[str, Any]]) -> Expected:
    """Return what a card adds to the score: by tree, and by column, or by input where there are trees; of grams without a text."""
    trees = any(step.tree is not None for step in steps)
    total: dict[tuple[str | None, int, int], float] = {}
    for step in steps:
        if step.point is not None:
            key: tuple[str | None, int, int] = (f"prototype {step.point + 1}", step.point, 0)
        elif step.tree is not None:
            conditions = [_condition(input_text(inputs[i]), cut, holds=holds) for i, cut, holds in step.conditions]
            key = (" and ".join(conditions), step.tree, step.part)
        elif step.input is None:
            continue
        elif trees:
            key = (input_text(inputs[step.input]).name, step.input, step.part)
        else:
            values = inputs[step.input]
            key = (None, step.input, 0) if values["kind"] == "grams" else (values["column"], -1, 0)
        total[key] = total.get(key, 0.0) + of[step.to] * step.value
    return [(text, value) for (text, _, _), value in total.items()]


def _condition(values: Any, cut: float, *, holds: bool) -> str:
    return values.at_most(cut) if holds else f"not ({values.at_most(cut)})"
