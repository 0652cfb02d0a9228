"""Which of two classes is the positive one: the second of the problem's labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import ConstraintError
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.data.problem import Problem

__all__ = ["label_word", "labelled_as", "positive_of", "with_positive"]

POSITIVE_WORDS = {"1": ("0", "-1"), "true": ("false",), "t": ("f",), "yes": ("no",), "y": ("n",)}


def positive_of(problem: Problem) -> Any:
    """Return the positive class of a problem of two classes, where the request, the data or its name say which it is; else None."""
    labels = problem.labels or ()
    if len(labels) != 2:
        return None
    return labels[1] if problem.ordered_labels or _by_name(labels) == labels[1] else None


def with_positive(problem: Problem, pos_label: Any) -> Problem:
    """Return the problem with the positive class as its second label, so that its code is 1.

    Parameters
    ----------
    problem : Problem
    pos_label : str, int, float, bool or None
        None: the last level of an ordered categorical, else 1 of 0/1 or -1/1, true, yes; where labels are none of these they stay in
        ascending order, and `positive_of` is None.

    Raises
    ------
    ConstraintError
        If `pos_label` is given and there are not two classes, or it is none of them.
    """
    labels = problem.labels or ()
    if pos_label is not None:
        if problem.task != "classification" or len(labels) != 2:
            held = f"has {len(labels)}" if problem.task == "classification" else f"is of {problem.task}"
            raise ConstraintError(f"pos_label: needs a target of two classes, but the target {held}: leave it out")
        chosen = _label(labels, pos_label)
        return replace(labelled_as(problem, _last(labels, chosen)), ordered_labels=True)
    if len(labels) == 2 and not problem.ordered_labels and (named := _by_name(labels)) is not None:
        return labelled_as(problem, _last(labels, named))
    return problem


def labelled_as(problem: Problem, labels: Sequence[Any] | None) -> Problem:
    """Return the problem with its labels, and so its codes, in the order of `labels`; as it is where they are not the same labels."""
    own = problem.labels or ()
    if labels is None or tuple(labels) == own or len(labels) != len(own) or set(labels) != set(own):
        return problem
    place = np.array([list(labels).index(label) for label in own], dtype=np.int64)
    return replace(problem, labels=tuple(labels), target=place[problem.target.astype(np.int64)])


def _last(labels: Sequence[Any], chosen: Any) -> tuple[Any, ...]:
    return (*(label for label in labels if label != chosen), chosen)


def _by_name(labels: Sequence[Any]) -> Any:
    """Return the label that is positive by its name; None if neither is."""
    words = [label_word(label) for label in labels]
    for label, word, other in zip(labels, words, reversed(words), strict=True):
        if other in POSITIVE_WORDS.get(word, ()):
            return label
    return None


def label_word(label: Any) -> str:
    """Return a label as a command line would write it, in lower case."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return str(label).strip().casefold()


def _label(labels: Sequence[Any], given: Any) -> Any:
    """Return the label that is meant: the same value or, of a text as a command line has it, the same when written."""
    for label in labels:
        if label == given and isinstance(label, str) == isinstance(given, str):
            return label
    if isinstance(given, str):
        for label in labels:
            if not isinstance(label, str) and label_word(label) == label_word(given):
                return label
    notes = " and ".join(map(repr, labels))
    meant = did_you_mean(str(given), [label for label in labels if isinstance(label, str)])
    if isinstance(given, bool) and (named := _by_name(labels)) is not None:
        meant = f": did you mean {named if given else next(each for each in labels if each != named)!r} (in quotes)"
    raise ConstraintError(f"pos_label: must be one of the labels {notes}, but got {given!r}{meant}")
