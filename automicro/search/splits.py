"""Which rows of a search train and validate, and which are held out for a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.data import folds, given_folds, is_in_order
from automicro.errors import ConstraintError
from automicro.search.decide.certify import hold_out_for_certification
from automicro.search.defined import checked_folds

if TYPE_CHECKING:
    from automicro.data import Fold, Problem
    from automicro.request import Constraints, Search
    from automicro.search.decide.certify import CertificationSplit

__all__ = ["held_out", "splits_of"]


def held_out(
    problem: Problem, constraints: Constraints, settings: Search, notes: list[str]
) -> CertificationSplit | None:
    """Return the rows that are held out for a certificate; None where the verdict is to be estimated.

    Splits in the order of the rows say that the order is one of time, which rows drawn at random would not keep: where no time was
    passed, nothing is held out, and a note says so.

    Raises
    ------
    ConstraintError
        If a certificate is required, and the splits are in the order of the rows without a time.
    DataError
        Where a certificate is required and the rows cannot be split.
    """
    certification = hold_out_for_certification(problem, constraints, settings.seed)
    if certification is None or problem.order is not None or not is_in_order(problem, settings.cv):
        return certification
    remedy = "pass time, such as time=range(len(X)), so that the latest rows are held out"
    if constraints.certify is True:
        raise ConstraintError(f"certify: the splits of search.cv are in the order of the rows: {remedy}")
    notes.append(
        f"no rows are held out for a certificate, because the splits of search.cv are in the order of the rows: {remedy}"
    )
    return None


def splits_of(problem: Problem, constraints: Constraints, settings: Search, notes: list[str]) -> tuple[Fold, ...]:
    """Return the folds of the search; sentences about them are added to `notes`."""
    if settings.cv is None:
        made = folds(problem, settings.seed)
    else:
        made, said = given_folds(problem, settings.cv, settings.seed)
        notes += said
    if problem.task != "clustering":
        are_given = settings.cv is not None and not isinstance(settings.cv, int)
        notes += checked_folds(problem, made, constraints.measured.name, are_given=are_given)
    return made
