"""Proposes candidates: one Optuna study per family, and the share of trials each family gets. The one home of Optuna."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import optuna

from automicro.plugin import Choice, Float, Integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Space
    from automicro.plugin.space import Parameter

__all__ = ["FamilyStudy", "Proposal"]

REPEATS_BEFORE_EXHAUSTED = 25


@dataclass(frozen=True)
class Proposal:
    """A setting, and the Optuna trial that wants to hear of it."""

    setting: Mapping[str, Any]
    trial: optuna.Trial


@dataclass
class FamilyStudy:
    """The proposals of one family.

    `propose` never returns a setting twice; it returns None when the space seems exhausted. Every proposal must be told of, in the
    order of proposals, so that a search is a function of its seed.
    """

    space: Space
    seed: int
    sampler: str = "tpe"
    _seen: set[tuple[tuple[str, Any], ...]] = field(default_factory=set)
    _told: dict[tuple[tuple[str, Any], ...], tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(direction="minimize", sampler=_sampler(self.sampler, self.seed))
        settings = {tuple(sorted(setting.items())): dict(setting) for setting in self.space.portfolio}
        for setting in settings.values():
            self._study.enqueue_trial(setting)  # which is quick without a comparison with all the others

    def propose(self) -> Proposal | None:
        """Return the next setting, or None if new ones are not found any more."""
        for _ in range(REPEATS_BEFORE_EXHAUSTED):
            trial = self._study.ask()
            setting: dict[str, Any] = {}
            for parameter in self.space.parameters:
                if all(setting.get(name) in values for name, values in parameter.when.items()):
                    setting[parameter.name] = _suggest(trial, parameter)
            key = tuple(sorted(setting.items()))
            if key not in self._seen:
                self._seen.add(key)
                return Proposal(setting, trial)
            if key in self._told:
                self._tell(trial, *self._told[key])
            else:
                self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return None

    def tell(self, proposal: Proposal, value: float | None, missed: float) -> None:
        """Say what became of a proposal: the logarithm of its bytes, or None if it failed, and by how much it missed the constraints."""
        if value is None:
            self._study.tell(proposal.trial, state=optuna.trial.TrialState.FAIL)
            return
        self._told[tuple(sorted(proposal.setting.items()))] = (value, missed)
        self._tell(proposal.trial, value, missed)

    def _tell(self, trial: optuna.Trial, value: float, missed: float) -> None:
        trial.set_constraint("missed", missed)
        self._study.tell(trial, value)


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # that is what `group` is
        return optuna.samplers.TPESampler(seed=seed, group=True)


def _suggest(trial: optuna.Trial, parameter: Parameter) -> Any:
    match parameter:
        case Float():
            return trial.suggest_float(parameter.name, parameter.low, parameter.high, log=parameter.log)
        case Integer():
            return trial.suggest_int(parameter.name, parameter.low, parameter.high, log=parameter.log)
        case Choice():
            return trial.suggest_categorical(parameter.name, parameter.options)
