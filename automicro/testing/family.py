"""The checks: what a family promises held against what it does, on small problems of every kind that it serves."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data import profile
from automicro.discovery.declarations import fault
from automicro.explain import global_card, replay
from automicro.measure import interpretability
from automicro.plugin import Choice, Declined, Float, Integer
from automicro.program import PRECISIONS, Categories, columns_read, decode, evaluate, pack, quantise, unpack
from automicro.search.context import Candidate, Context
from automicro.search.propose.budget import artifact_budget
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.structure import MostColumns
from automicro.search.trial.training import train
from automicro.testing.cases import cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Family, Space
    from automicro.program import Column, Program
    from automicro.testing.cases import Case

__all__ = ["check_family"]

FEW_COLUMNS = 2
REPLAYED = 200
MISSING = "missing values"


def check_family(family: Family, *, settings: int = 2, drawn: int = 1, seed: int = 7) -> None:
    """Raise `AssertionError`, a sentence for every broken promise, unless a family keeps the protocol.

    Which problems are posed follows from the tasks and kinds of data that the family says it serves. On each, the first `settings` of the
    portfolio and `drawn` others are trained: twice with the same seed, which must give the same bytes; with weights; and
    with at most two columns. Every variant must keep its size budget, be the same after packing and unpacking, and predict
    numbers for rows that are missing, extreme or of unseen categories; what a
    reader is shown of a program that is not opaque must replay. A family that declines has kept its promise.

    Parameters
    ----------
    family : Family
        The family under test.
    settings : int
        Number of settings of the portfolio that are trained.
    drawn : int
        Number of further settings, drawn from the space.
    seed : int
        Seed of what is drawn, and of the family.

    Returns
    -------
    None

    Raises
    ------
    AssertionError
        If a promise is broken, with a sentence for each.

    Examples
    --------
    >>> from automicro.discovery import discover
    >>> check_family(discover().families["tree"], settings=1, drawn=0)
    """
    if isinstance(family, type):
        name = family.__name__
        raise AssertionError(f"check_family takes an instance, but got the class {name}: pass {name}()")  # noqa: TRY004 - as for all faults
    if said := fault(family):
        raise AssertionError(said)
    found = [
        f"{family.name}: {sentence}"
        for case in cases(family)
        for sentence in _case_faults(family, case, settings, drawn, seed)
    ]
    if found:
        raise AssertionError("\n".join(found))


def _case_faults(family: Family, case: Case, settings: int, drawn: int, seed: int) -> Iterator[str]:
    known = profile(case.problem)
    try:
        space = candidate_space(family, known)
    except Declined:
        return
    except Exception as error:  # noqa: BLE001 - whatever a family raises is its fault
        yield f"space and needs must return a Space and Needs or decline, but raised {type(error).__name__}: {error} ({case.name})"
        return
    try:
        json.dumps([dict(setting) for setting in space.portfolio])
    except TypeError as error:
        yield f"the portfolio must hold plain values, but {error} ({case.name})"
    rng = np.random.default_rng(seed)
    for setting in (*space.portfolio[:settings], *(_drawn(space, rng) for _ in range(drawn))):
        preparation = preparation_settings(family, setting)
        check = _Check(family, case, Candidate(0, family.name, own_parameters(setting), preparation, seed))
        where = f"(seed {seed}, {case.name}, {dict(check.candidate.parameters)})"
        try:
            yield from [f"{sentence} {where}" for sentence in check.faults()]
        except Exception as error:  # noqa: BLE001 - whatever a family raises is its fault
            yield f"size_budget, fit, variants and lower must work or decline, but one raised {type(error).__name__}: {error} {where}"


def _drawn(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Return a setting of a space."""
    setting: dict[str, Any] = {}
    for parameter in space.parameters:
        if any(setting.get(name) not in values for name, values in parameter.when.items()):
            continue
        match parameter:
            case Choice():
                setting[parameter.name] = parameter.options[int(rng.integers(len(parameter.options)))]
            case Integer():
                setting[parameter.name] = int(rng.integers(parameter.low, parameter.high, endpoint=True))
            case Float():
                ends = (
                    np.log([parameter.low, parameter.high])
                    if parameter.log
                    else np.array([parameter.low, parameter.high])
                )
                value = float(rng.uniform(*ends))
                setting[parameter.name] = float(
                    np.clip(np.exp(value) if parameter.log else value, parameter.low, parameter.high)
                )
    return setting


@dataclass(frozen=True, eq=False)
class _Check:
    """One setting on one case."""

    family: Family
    case: Case
    candidate: Candidate

    def faults(self) -> Iterator[str]:
        """Give a sentence for every promise that is broken."""
        try:
            programs = self._trained()
            again, lowered = self._trained(), self._trained(every_variant=False)
        except Declined:
            return
        if not programs:
            yield "variants must give at least one program, but gave none"
        for key, program in programs.items():
            if key not in again or pack(again[key]) != pack(program):
                yield f"the same seed must give the same bytes, but variant {key!r} differs when trained again"
                break
        for key, program in {**lowered, **programs}.items():
            yield from self._program_faults(key, program)
        for key, program in lowered.items():
            yield from self._replay_faults(key, program)
        yield from self._more_faults()

    def _trained(
        self, *, every_variant: bool = True, max_columns: int | None = None, weighted: bool = False
    ) -> Mapping[str, Program]:
        problem = self.case.weighted if weighted else self.case.problem
        requirements = Requirements(() if max_columns is None else (MostColumns(max_columns),))
        context = Context(problem, (), self.case.metric, requirements)
        rows = np.arange(problem.rows)[: -problem.rows // 4]
        return train(context, self.family, self.candidate, rows, every_variant=every_variant).programs

    def _program_faults(self, key: str, program: Program) -> Iterator[str]:
        budget = artifact_budget(self.family, self.candidate, profile(self.case.problem))
        payload = pack(program)
        if len(payload) > budget.at_most_bytes:
            yield f"promised at most {budget.at_most_bytes:,} bytes, packed {len(payload):,} as variant {key!r}"
        least = min(len(payload), *(len(pack(quantise(program, precision))) for precision in PRECISIONS))
        if least < budget.at_least_bytes:
            yield f"promised at least {budget.at_least_bytes:,} bytes, packed {least:,} as variant {key!r}"
        batch = self.case.problem.batch()
        if evaluate(unpack(payload), batch).tobytes() != evaluate(program, batch).tobytes():
            yield f"a program must be the same after packing and unpacking, but variant {key!r} is not"
        for rows, columns in _odd_rows(batch.columns).items():
            predicted = evaluate(program, replace(batch, columns=columns))
            if np.isnan(predicted).any() or (rows == MISSING and np.isinf(predicted).any()):
                yield f"predictions must be numbers, but variant {key!r} gives NaN or infinity for {rows}"

    def _replay_faults(self, key: str, program: Program) -> Iterator[str]:
        """Hold what a reader would be shown against what ships, where its structure has a level above 0."""
        batch, shipped = self.case.problem.batch(), unpack(pack(program))
        names = self.case.problem.table.names
        if interpretability(shipped, decode(shipped.decoders, batch), topology=batch.topology).level:
            shown = global_card(shipped, {"columns": [{"name": name} for name in names]})
            found = replay(shipped, shown, batch, names, rows=REPLAYED)
            if not found.passed:
                yield f"the global card must give what the artifact gives, but the replay of variant {key!r} {found}"

    def _more_faults(self) -> Iterator[str]:
        """Train with weights and with a cap on columns."""
        try:
            weighted = self._trained(weighted=True)
            few = self._trained(max_columns=FEW_COLUMNS)
        except Declined:
            return
        for key, program in weighted.items():
            if not np.isfinite(evaluate(program, self.case.problem.batch())).all():
                yield f"predictions must be finite, but variant {key!r} trained with weights gives NaN or infinity"
        for key, program in few.items():
            if (read := len(columns_read(program))) > FEW_COLUMNS:
                yield f"data.max_columns was {FEW_COLUMNS}, but variant {key!r} reads {read} columns"


def _odd_rows(columns: Sequence[Column | None]) -> dict[str, tuple[Column | None, ...]]:
    """Return columns as nobody likes them."""

    def of_all(number: float, code: int) -> tuple[Column | None, ...]:
        return tuple(_filled(column, number, code) for column in columns)

    return {
        MISSING: of_all(np.nan, -1),
        "unseen categories and infinity": of_all(np.inf, 0),
        "the largest negative numbers": of_all(-3.4e38, 0),
    }


def _filled(column: Column | None, number: float, code: int) -> Column | None:
    if isinstance(column, Categories):
        return Categories(np.full_like(column.codes, code), ("never seen",))
    if isinstance(column, np.ndarray):
        values: NDArray[np.float32] = np.full_like(column, number)
        return values
    return column  # of another kind, such as text
