"""What a trial measures of its forms and files, by the name of the requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.measure import interpretability
from automicro.program import decode
from automicro.search.decide.latency import median_call
from automicro.search.requirements.file import MostLatency
from automicro.search.requirements.requirement import Examined
from automicro.search.requirements.scores import Index, OtherScore, Robustness
from automicro.search.trial.beside import other_scores
from automicro.search.trial.partition_scores import PartitionTable
from automicro.search.trial.robustness import robustness_of

if TYPE_CHECKING:
    from automicro.measure import Interpretability
    from automicro.program import Program
    from automicro.search.context import Context, QuantisedVariant, Target
    from automicro.search.trial.variant_scores import VariantScores

__all__ = ["Measures"]

STRUCTURE_ROWS = 1000  # on which operations of a decision are counted


class Measures:
    """The values of one candidate's forms, and the requirements at the score that the trial aims at."""

    def __init__(self, context: Context, table: VariantScores, target: Target) -> None:
        self._context, self._table = context, table
        self._robustness: dict[tuple[str, str], dict[str, float]] = {}
        self.aim_at(target)

    def aim_at(self, target: Target) -> None:
        """Require the score of another target."""
        self.required = self._context.required(target)

    def robustness(self, form: QuantisedVariant) -> dict[str, float]:
        """Return what was measured of a form under stress, by stress."""
        return self._robustness.get((form.key, form.precision), {})

    def examined(self, program: Program) -> Examined:
        """Return a program with what requirements are measured on."""
        return Examined(self._context.problem, self._context.metric, program, self._interpretability)

    def of_program(self, examined: Examined, form: QuantisedVariant) -> dict[str, float]:
        """Return the values of a program, and of a form's indices beside the metric."""
        values = self.required.measured(examined)
        indices = [each.name for each in self._context.requirements.of_kind(Index)]
        if indices and isinstance(self._table, PartitionTable):
            values |= self._table.indices(form.key, form.precision, indices)
        return values

    def of_folds(self, form: QuantisedVariant) -> dict[str, float]:
        """Return the values of the fold's model that misses least, up to the first that misses nothing: the file may be as that is."""
        least: dict[str, float] | None = None
        for fold in range(self._table.folds):
            values = self.of_program(self.examined(self._table.program(form.key, form.precision, fold)), form)
            if not (missed := self.required.missed(values)):
                return values
            if least is None or missed < self.required.missed(least):
                least = values
        return least or {}

    def held_out(self, form: QuantisedVariant) -> dict[str, float]:
        """Return the values of a form on held-out rows beside its score: other scores, and robustness if these are met."""
        values = other_scores(self._table, form, self.required.of_kind(OtherScore))
        limits = self.required.of_kind(Robustness)
        if limits and not self.required.missed(values):
            found = robustness_of(self._table, form, [each.stress for each in limits])
            self._robustness[form.key, form.precision] = found
        return values | self.under_stress(form)

    def under_stress(self, form: QuantisedVariant) -> dict[str, float]:
        """Return the values of a form's robustness, as far as it was measured."""
        found = self.robustness(form)
        return {each.name: found[each.stress] for each in self.required.of_kind(Robustness) if each.stress in found}

    def latency(self, program: Program) -> tuple[float | None, dict[str, float]]:
        """Return the median time of a call in microseconds, and the value that decides; nothing without a limit."""
        limit = self.required.one(MostLatency)
        if limit is None:
            return None, {}
        median, sure = median_call(self._context, program, limit.limit)
        return median, {limit.name: sure}

    def _interpretability(self, program: Program) -> Interpretability:
        batch = self._context.problem.batch(self._context.folds[0].validation[:STRUCTURE_ROWS])
        return interpretability(program, decode(program.decoders, batch), topology=batch.topology)
