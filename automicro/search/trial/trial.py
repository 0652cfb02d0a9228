"""One trial: train a candidate fold by fold, find its smallest form that passes, train that on all rows and pack it."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from automicro.discovery import built_in
from automicro.plugin import Declined
from automicro.program import evaluate, pack, quantise, unpack
from automicro.search.context import Outcome, OwnTask, QuantisedVariant, RefitTask, State, TrialTask
from automicro.search.decide.frontier import better_of, rank, unbeaten
from automicro.search.requirements.scores import STABILITY, Index, OtherScore, Score
from automicro.search.requirements.structure import Monotone, MostColumns, NotConstant
from automicro.search.strongest import StrongestOutcome, StrongestTask, run_strongest
from automicro.search.trial.agreement import agreement, with_training_utilities
from automicro.search.trial.beside import beside_as_shipped
from automicro.search.trial.hopeless import folds_together, hopeless_below
from automicro.search.trial.measures import Measures
from automicro.search.trial.partition_scores import PartitionTable
from automicro.search.trial.robustness import without_a_column
from automicro.search.trial.training import every_row, train
from automicro.search.trial.variant_scores import (
    UNTOUCHED,
    Scored,
    VariantScores,
    check_finite,
    mean_utility,
    undominated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from automicro.plugin import Family
    from automicro.program import Program
    from automicro.search.context import Context, Target, Variants
    from automicro.search.requirements.requirements import Requirements

__all__ = ["load", "run"]

VARIANTS_AT_ONCE = 10  # variants whose quantised forms are scored
OWN = "full"  # the variant of a strongest setting
FORMS_REFIT = 3  # passing forms that are trained on all rows, smallest first
FORMS_BARRED = 40  # forms that reach the score but miss a constraint on structure before the trial gives up
RESTARTS = 2  # of a training on all rows that does not agree with those of the folds
NEAR = 0.01  # a variant this fraction below the target may pass once quantised


def run(context: Context, task: TrialTask | StrongestTask | OwnTask | RefitTask) -> Outcome | StrongestOutcome:
    """Run a task; called in a worker process.

    Whatever the family raises passes through, except `Declined`.
    """
    started = time.monotonic()
    candidate = task.task.candidate if isinstance(task, OwnTask) else task.candidate
    try:
        family = context.plugins.get(candidate.family) or built_in().families[candidate.family]
        if isinstance(task, StrongestTask):
            outcome: Outcome | StrongestOutcome = run_strongest(context, family, task)
        elif isinstance(task, OwnTask):
            trial = _Trial(context, family, task.task)
            outcome = trial.told(trial.own(task))
        elif isinstance(task, RefitTask):
            outcome = _Trial(context, family, TrialTask(task.candidate, task.target)).refit(task.form)
        else:
            outcome = _tried(context, family, task)
    except Declined as declined:
        outcome = Outcome(candidate.number, State.DECLINED, str(declined))
    return replace(outcome, seconds=time.monotonic() - started)


def _tried(context: Context, family: Family, task: TrialTask) -> Outcome:
    """Try a candidate as if columns were not limited, then within the limit if that bars the smallest forms or a form that is too large.

    A model that reads no more columns than are allowed is therefore found again. A family that is slow to start is trained once, limited.
    """
    if context.requirements.max_columns is None or family.start_seconds:
        trial = _Trial(context, family, task)
        return trial.told(trial.run())
    trial = _Trial(context, family, task, limited=False)
    free = trial.told(trial.run())
    if not trial.limit_bars(free):
        return free
    aimed = replace(task, target=trial.target, aim=task.aim if free.aim is None else None)
    within = _Trial(context, family, aimed)
    try:
        return better_of(free, within.told(within.run()), within.target.utility)
    except Declined:
        return free


def load() -> None:
    """Import what every task needs, before there is one."""
    built_in()
    import_module("sklearn.linear_model")  # half a second, which each family would take


class _Trial:
    """The state of one trial."""

    def __init__(self, context: Context, family: Family, task: TrialTask, *, limited: bool = True) -> None:
        self.context, self.family, self.task, self.limited = context, family, task, limited
        self.smallest_barred = False  # whether the smallest form that reaches the target reads too many columns
        self.target: Target = task.target
        self.table = PartitionTable(context) if context.problem.task == "clustering" else VariantScores(context)
        self.reused = ""
        self.measures = Measures(context, self.table, task.target)

    @property
    def required(self) -> Requirements:
        """The requirements at the score that the trial aims at."""
        return self.measures.required

    def run(self) -> Outcome:
        """Train on the folds, then judge the forms."""
        small: tuple[str, ...] = ()
        screened: dict[str, float] = {}
        for together in folds_together(self.context):
            first = not self.table.folds
            for fold in together:
                trained = train(self.context, self.family, self.task.candidate, fold.train, limited=self.limited)
                self.reused = trained.reused
                self.table.add_fold(fold, trained.programs)
            if first:
                found = self._small_enough()
                if isinstance(found, Outcome):
                    return found
                small = found
            keys = [key for key in small if key in self.table.keys]
            if not keys:
                return self._outcome(State.FAILED, "no variant came out of every fold")
            screened = self.table.screen(keys)
            best = max(screened.values())
            undefined = best == -math.inf  # the metric, on these rows
            if not undefined and best < hopeless_below(self.context, self.target, self.table):
                return self._given_up(best)
        return self._judge(screened)

    def limit_bars(self, outcome: Outcome) -> bool:
        """Whether a form that may be smaller within the limit on columns reads too many."""
        if outcome.status != State.TOO_LARGE or outcome.form is None:
            return self.smallest_barred
        return self.smallest_barred or MostColumns.key in self.required.violations(self.measures.of_folds(outcome.form))

    def own(self, task: OwnTask) -> Outcome:
        """Evaluate the reference's own model, which is finished and scored."""
        for fold, artifact, prediction in zip(self.context.folds, task.fold_artifacts, task.predictions, strict=True):
            self.table.add_predicted(fold, OWN, unpack(artifact), prediction)
        form = replace(self.table.form(OWN, UNTOUCHED, task.fold_utilities), size_bytes=len(task.artifact))
        values = {**self.measures.held_out(form), Score.key: form.utility}  # an absolute score may be required as well
        outcome = self._packed(form, task.fold_utilities, unpack(task.artifact), (form,))
        form = with_training_utilities(self.context, self.table, form)
        agreed = agreement(self.context, unpack(task.artifact), form)  # for its interval: it is as good as itself
        outcome = replace(outcome, form=form, implied_utility=None if agreed is None else agreed.utility)
        if not self.required.missed(values):
            return outcome
        return self._infeasible(form, task.fold_utilities, self.required.worse(values, outcome.values), (form,))

    def told(self, outcome: Outcome) -> Outcome:
        """Return an outcome that says how high to aim, and with which columns the score does not go as asked."""
        form = outcome.form
        if self.task.aim is not None and form is not None and outcome.out_of_fold is not None:
            self._aim_by(form)
            outcome = replace(outcome, aim=None if self.target.floor is None else self.target.utility)
        missed = self.required.violations(outcome.values)
        constant, monotone = self.required.one(NotConstant), self.required.one(Monotone)
        if form is None or not {NotConstant.key, Monotone.key} & missed.keys():
            return outcome
        shipped, problem = outcome.artifact, self.context.problem
        program = self.table.program(form.key, form.precision) if shipped is None else unpack(shipped)
        if constant is not None and constant.name in missed:
            return replace(outcome, reason=constant.shown_against(problem, program, self.context.metric))
        shown = "" if monotone is None else monotone.shown_against(problem, program)
        return replace(outcome, reason=f"{outcome.reason}: {shown}")

    def _aim_by(self, form: QuantisedVariant) -> None:
        """Aim above the target by what a form's predictions tell of its error, once, where the search does not know it yet."""
        if self.task.aim is not None and self.target.floor is None:
            self.target = self.task.aim.raised(self.target, self.context, self.table.out_of_fold(form))
            self.measures.aim_at(self.target)

    def _outcome(self, status: State, reason: str, **facts: object) -> Outcome:
        number, done = self.task.candidate.number, self.table.folds
        return Outcome(number, status, reason, folds_run=done, reused=self.reused, **facts)  # type: ignore[arg-type]  # passed through

    def _small_enough(self) -> tuple[str, ...] | Outcome:
        """Return the variants that may beat the incumbent in bytes, judged on the first fold at the coarsest precision."""
        keys, limit = self.table.keys, self.task.incumbent_bytes
        if not keys:
            return self._outcome(State.FAILED, "the family gave no variant")
        if limit is None:
            return keys
        coarsest = list(self.table.precisions)[-1]
        sizes = {key: self.table.size_bytes(key, coarsest) for key in keys}
        if small := tuple(key for key, size in sizes.items() if size < limit):
            return small
        key = min(keys, key=lambda name: sizes[name])
        form = QuantisedVariant(key, coarsest, float("nan"), sizes[key])
        return self._outcome(State.TOO_LARGE, f"takes at least {sizes[key]} bytes, the incumbent {limit}", form=form)

    def _given_up(self, best: float) -> Outcome:
        form, folds = QuantisedVariant("", UNTOUCHED, best, 0), self.table.folds
        if folds == len(self.context.folds):
            return self._judge_shortfall()
        needed = self.target.expected(folds)
        reason = (
            f"at best {best:.4g} after {folds} of {len(self.context.folds)} folds, about {needed:.4g} is needed there"
        )
        values = {Score.key: best - (needed - self.target.least_utility)}  # less what these folds are easier than all
        return self._outcome(
            State.GIVEN_UP, reason, form=form, values=values, missed=(needed - best) / self.target.scale
        )

    def _judge_shortfall(self) -> Outcome:
        """Report the form that scores best where none reaches the score in less than the incumbent's bytes."""
        keys = list(self.table.keys)
        screened = self.table.screen(keys)
        key = max(screened, key=lambda k: screened[k])
        utilities = self.table.utilities(key, UNTOUCHED)
        form = self.table.form(key, UNTOUCHED, utilities)
        values = {
            **self.measures.of_program(self.measures.examined(self.table.program(key, UNTOUCHED)), form),
            Score.key: form.utility,
        }
        if self.required.missed(values):
            return self._infeasible(form, utilities, values, (form,))
        if self.target.short_of_margin(form.utility):
            return self._outcome(State.BELOW_MARGIN, "", form=form, forms=(form,), fold_utilities=utilities)
        reason = "reaches the score in no form " + (
            "that is rounded"
            if self.task.incumbent_bytes is None
            else f"smaller than the incumbent of {self.task.incumbent_bytes} bytes"
        )
        return self._outcome(State.TOO_LARGE, reason, form=form, forms=(form,), fold_utilities=utilities)

    def _judge(self, screened: dict[str, float]) -> Outcome:
        """Find the forms that meet the target, smallest first, and train those that may be returned on all rows."""
        floor = self.target.least_utility - NEAR * self.target.scale
        near = [key for key, utility in screened.items() if utility >= floor]
        coarsest = list(self.table.precisions)[-1]
        near.sort(key=lambda key: self.table.size_bytes(key, coarsest))
        forms: list[QuantisedVariant] = []
        passing: list[Scored] = []
        below: list[Scored] = []  # meet the target, not the margin
        barred: list[Outcome] = []
        for size, key, precision in self._in_turn(near, passing):
            if len(passing) >= FORMS_REFIT or len(barred) >= FORMS_BARRED:
                break
            utilities = self.table.utilities(key, precision, self.target.least_utility)
            if len(utilities) < self.table.folds:
                continue
            form = QuantisedVariant(key, precision, mean_utility(utilities), size, utilities, limited=self.limited)
            if form.utility < self.target.least_utility:
                forms.append(form)
                continue
            form = with_training_utilities(self.context, self.table, form)
            forms.append(form)
            self._aim_by(form)
            values = self.measures.of_folds(form)
            if not self.required.missed(values):
                values |= self.measures.held_out(form)
            if missed := self.required.violations(values):
                self.smallest_barred |= not passing and MostColumns.key in missed
                barred.append(self._infeasible(form, utilities, values, tuple(forms)))
            else:
                (passing if form.utility >= self.target.utility else below).append((form, utilities))
        unbeaten = undominated(below, self.task.known)
        if passing or unbeaten:
            return self._refit(passing, unbeaten, tuple(forms))
        if below:
            form, utilities = max(below, key=lambda pair: pair[0].utility)
            return self._outcome(State.BELOW_MARGIN, "", form=form, forms=tuple(forms), fold_utilities=utilities)
        return min(barred, key=lambda o: o.missed) if barred else self._judge_shortfall()

    def _infeasible(
        self,
        form: QuantisedVariant,
        utilities: tuple[float, ...],
        values: dict[str, float],
        forms: tuple[QuantisedVariant, ...],
    ) -> Outcome:
        return self._outcome(
            State.INFEASIBLE,
            self._said_of(values),
            form=form,
            forms=forms,
            fold_utilities=utilities,
            values=values,
            missed=self.required.missed(values),
            out_of_fold=self.table.out_of_fold(form),
            robustness=self.measures.robustness(form),
        )

    def _said_of(self, values: Mapping[str, float]) -> str:
        missed = self.required.violations(values)
        return "misses " + ", ".join(f"{name} by {share:.1%}" for name, share in missed.items())

    def _in_turn(self, keys: Sequence[str], passing: Sequence[object]) -> Iterator[tuple[int, str, str]]:
        """Give the forms of some variants by their bytes, then those of the next ones as long as none has passed."""
        for start in range(0, len(keys), VARIANTS_AT_ONCE):
            if not passing:
                yield from self.table.by_size(keys[start : start + VARIANTS_AT_ONCE], self.task.incumbent_bytes)

    def _refit(self, passing: list[Scored], below: list[Scored], forms: Variants) -> Outcome:
        """Train on all rows; return the smallest artifact that meets all that the trial can check, and others beside it."""
        limit = self.task.incumbent_bytes
        if passing and limit is not None and passing[0][0].size_bytes >= limit + max(2, limit // 16):
            form, utilities = passing[0]
            reason = f"takes {form.size_bytes} bytes, the incumbent {limit}"
            larger = self._outcome(State.TOO_LARGE, reason, form=form, forms=forms, fold_utilities=utilities)
            return replace(larger, others=unbeaten(self._trained_on_all(below, forms)))
        outcomes = self._trained_on_all([*passing, *below], forms)
        return replace(outcomes[0], others=unbeaten(outcomes[1:])) if outcomes else self._not_trained(forms)

    def _not_trained(self, forms: tuple[QuantisedVariant, ...]) -> Outcome:
        return self._outcome(State.FAILED, "no variant that passes came out of the training on all rows", forms=forms)

    def refit(self, form: QuantisedVariant) -> Outcome:
        """Return the artifact of a form that was scored before, trained on all rows."""
        self.limited = form.limited
        outcomes = self._trained_on_all([(form, ())], ())
        return outcomes[0] if outcomes else self._not_trained(())

    def _trained_on_all(self, wanted: Sequence[Scored], forms: Variants) -> list[Outcome]:
        """Return artifacts of forms, the best first; training that does not agree with the folds' is repeated from other random numbers."""
        candidate, outcomes = self.task.candidate, list[Outcome]()
        for restart in range(1 + RESTARTS if wanted else 0):
            again = replace(candidate, seed=candidate.seed + restart)
            programs = train(self.context, self.family, again, every_row(self.context), limited=self.limited).programs
            made = [
                self._packed(form, utilities, programs[form.key], forms)
                for form, utilities in wanted
                if form.key in programs
            ]
            outcomes = sorted(made, key=lambda outcome: rank(outcome, self.target.utility))
            if not outcomes or STABILITY not in outcomes[0].values:
                break
        return outcomes

    def _packed(
        self, form: QuantisedVariant, utilities: tuple[float, ...], program: Program, forms: Variants
    ) -> Outcome:
        if form.precision != UNTOUCHED:
            program = quantise(program, self.table.precisions[form.precision])
        payload = pack(program)
        program = unpack(payload)  # what is measured is what ships
        check_finite(evaluate(program, self.context.problem.batch(self.context.folds[0].validation)))
        form = replace(form, size_bytes=len(payload))
        examined = self.measures.examined(program)
        values = self.measures.of_program(examined, form)
        agreed = agreement(self.context, program, form)
        if agreed is not None:
            form = replace(form, utility=min(form.utility, agreed.utility))
            values |= agreed.values(Score.key, form.utility, self.target.scale)
        beside = beside_as_shipped(self.context, self.table, form, program, self.required.of_kind(OtherScore))
        values |= beside.values
        partitions = self.table if isinstance(self.table, PartitionTable) else None
        if partitions is not None:
            indices = partitions.indices_as_shipped(program, [each.name for each in self.required.of_kind(Index)])
            values = self.required.worse(values, indices)
        values |= self.measures.under_stress(form)
        outcome = self._outcome(
            State.FEASIBLE,
            "",
            form=form,
            forms=forms,
            fold_utilities=utilities,
            artifact=payload,
            values=values,
            missed=self.required.missed(values),
            structure=examined.structure,
            indices=None if partitions is None else partitions.indices(form.key, form.precision),
            implied_utility=None if agreed is None else agreed.utility,
            implied_beside=beside.utilities,
            out_of_fold=self.table.out_of_fold(form) if self.table.folds else None,
            robustness={**without_a_column(self.table, form), **self.measures.robustness(form)},
        )
        outcome = outcome if outcome.missed else self._timed(outcome, program)
        if outcome.missed:
            return replace(outcome, status=State.INFEASIBLE, reason=self._said_of(outcome.values))
        limit = self.task.incumbent_bytes
        if limit is not None and len(payload) > limit:
            return replace(outcome, status=State.TOO_LARGE, reason=f"takes {len(payload)} bytes, the incumbent {limit}")
        return outcome

    def _timed(self, outcome: Outcome, program: Program) -> Outcome:
        """Refuse what is too slow at the median already; the quantile is decided where no other process disturbs."""
        median, values = self.measures.latency(program)
        values = {**outcome.values, **values}
        return replace(outcome, latency_us=median, values=values, missed=self.required.missed(values))
