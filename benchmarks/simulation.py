"""Are certificates and estimates honest? Thousands of small searches on rows drawn from populations whose every score is known.

    AUTOMICRO_DATA=DATA python benchmarks/simulation.py [--runs 300] [--only SETTING ...] [--minutes M] [--table] [--targets]

A setting is a population, a number of rows, and a target: about the true score of the middle model of the frontier that such
rows give (`--targets` prints these), where "the smallest model that reaches it in cross-validation" is most tempted. In each run
rows are drawn, and searched twice: with certify=True, and without a certificate. Noted are the true scores of

- what was certified, and of every artifact that was tested on the way;
- what was estimated, beside its stated score with and without the selection's optimism, and its interval;
- the naive choice: of the forms that the second search has scored, the smallest whose cross-validated score reaches the target,
  trained on all rows;
- the oracle: of the frontier of these forms, trained on all rows, and all artifacts of the run, the smallest whose true score
  reaches the target.

The families train in milliseconds (quick_families.py), but for the settings that name one of automicro's own, whose training differs
between draws of rows (`--unstable` runs only these); all that chooses, tests and corrects is automicro's own, with its
defaults. Runs are numbered and seeded by their number, and kept, a line each, in benchmarks/results/simulation.jsonl: a second
start goes on from there, in turn over the settings, until each has `--runs`. Several processes may share the work if each
has settings of its own (`--only`). simulation.md is written from that file.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from in_process import searching_in_process
from populations import Population, population
from quick_families import QUICK
from simulation_table import markdown

import automicro
from automicro.discovery import discover
from automicro.discovery.registry import Registry
from automicro.program import PRECISIONS, pack, quantise
from automicro.request import metric
from automicro.search import SearchResult
from automicro.search.context import QuantisedVariant, RefitTask, Target
from automicro.search.trial.training import train
from automicro.search.trial.trial import run as run_task

RESULTS = Path(__file__).parent / "results"
TRIALS, TRIALS_OF_ONE = 6, 3
MOST_REFITS = 12
NOISE = 0.1  # forms whose cross-validated score is this share below the target are no candidates of the oracle
TABLE_SECONDS = 300
ROUNDING = PRECISIONS[3]
BARE = Target(utility=-np.inf)
Run = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """A population, how many rows are drawn, the score that is asked for, and a family of automicro's own in place of the quick ones."""

    source: str
    rows: int
    target: float
    family: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.source, str(self.rows), self.family)))

    @property
    def families(self) -> Registry:
        """The families that search."""
        return Registry({self.family: discover().families[self.family]}) if self.family else QUICK

    @property
    def trials(self) -> int:
        """How many candidates a search trains."""
        return TRIALS_OF_ONE if self.family else TRIALS


SETTINGS = {str(setting): setting for setting in (
    Setting("two classes", 300, 0.742),
    Setting("keel_letter", 1000, 0.324),
    Setting("keel_letter", 5000, 0.349),
    Setting("keel_spambase", 300, 0.904),
    Setting("keel_spambase", 1000, 0.915),
    Setting("two classes, ranked", 5000, 0.836),
    Setting("plotnine_diamonds", 300, 0.882),
    Setting("friedman", 1000, 0.560),
    Setting("plotnine_diamonds", 5000, 0.889),
    Setting("two classes", 1000, 0.0),
    Setting("two classes", 5000, 0.0),
    Setting("two classes, ranked", 300, 0.0),
    Setting("two classes, ranked", 1000, 0.0),
    Setting("keel_spambase", 5000, 0.0),
    Setting("friedman", 300, 0.0),
    Setting("friedman", 5000, 0.0),
    Setting("plotnine_diamonds", 1000, 0.0),
    Setting("plotnine_diamonds, relative", 1000, 0.16, "cluster"),
    Setting("plotnine_diamonds", 1000, 0.90, "cluster"),
    Setting("keel_spambase", 1000, 0.90, "cluster"),
    Setting("two classes", 300, 0.70, "tree"),
    Setting("friedman", 300, 0.55, "tree"),
    Setting("two classes", 1000, 0.75, "mlp"),
)}  # fmt: skip
FIRST = list(SETTINGS)[:9]  # each metric at each number of rows; the others follow
UNSTABLE = [name for name, setting in SETTINGS.items() if setting.family]  # training differs much between draws of rows


def one_run(setting: Setting, number: int) -> Run:
    """Return what one draw of rows gave."""
    people = population(setting.source)
    X, y = people.draw(setting.rows, [zlib.crc32(str(setting).encode()), number])

    def select(certify: bool) -> automicro.Selection | None:
        try:
            return automicro.select(
                X,
                y,
                task=people.task,
                metric=people.metric,
                score=setting.target,
                certify=certify,
                search=automicro.Search(trials=setting.trials, seed=number, progress=False),
            )
        except automicro.Infeasible:
            return None

    started = time.process_time()
    with searching_in_process(setting.families) as results:
        certified, estimated = select(True), select(False)
        artifacts = [step.outcome.artifact or b"" for step in results[0].certified.steps]  # type: ignore[union-attr]
        refits = frontier_artifacts(results[1], people.sign * setting.target)
        naive = naive_artifact(results[1])
    known = [*artifacts, *refits, *([estimated.model.to_bytes(strip=True)] if estimated else [])]
    tests = [(step.tested.p_value, step.score) for step in results[0].certified.steps]  # type: ignore[union-attr]
    return {
        "setting": str(setting),
        "run": number,
        "target": setting.target,
        "certified": None
        if certified is None
        else described(people, certified.model.to_bytes(strip=True), [certified.score, *certified.score_interval]),
        "tests": [described(people, a, test) for a, test in zip(artifacts, tests, strict=True)],
        "estimated": None
        if estimated is None
        else described(
            people,
            estimated.model.to_bytes(strip=True),
            [estimated.score, estimated.expected_score, *estimated.score_interval],
        ),
        "naive": None if naive is None else described(people, *naive),
        "oracle": oracle(people, known, setting.target),
        "sign": people.sign,
        "cpu_seconds": round(time.process_time() - started, 2),
    }


def described(people: Population, artifact: bytes, facts: Any) -> list[float]:
    """Return bytes, true score, and more."""
    return [len(artifact), *(float(f"{value:.5g}") for value in (people.truth(artifact), *facts))]


def scored_forms(result: SearchResult) -> list[tuple[QuantisedVariant, int]]:
    """Return the forms that every fold has scored, smallest first, with their trials."""
    found = {(o.number, f.key, f.precision): (f, o.number) for o in result.found.outcomes for f in o.forms}
    known = [pair for pair in found.values() if pair[0].size_bytes and np.isfinite(pair[0].utility)]
    return sorted(known, key=lambda pair: (pair[0].size_bytes, -pair[0].utility, pair[1]))


def refitted(result: SearchResult, form: QuantisedVariant, trial: int) -> bytes | None:
    """Return the artifact of a form, trained on all rows."""
    outcome = run_task(result.context, RefitTask(result.found.candidates[trial], BARE, form))
    return outcome.artifact  # type: ignore[union-attr]  # a refit gives an outcome


def naive_artifact(result: SearchResult) -> tuple[bytes, list[float]] | None:
    """Return the smallest model whose cross-validated score reaches the target, and that score."""
    for form, trial in scored_forms(result):
        if form.utility >= result.target.utility and (artifact := refitted(result, form, trial)):
            return artifact, [metric(result.context.metric).sign * form.utility]
    return None


def frontier_artifacts(result: SearchResult, utility: float) -> list[bytes]:
    """Return the artifacts of the frontier near the target, the smallest first."""
    made: list[bytes] = []
    best = utility - NOISE * abs(utility)
    for form, trial in scored_forms(result):
        if form.utility > best and len(made) < MOST_REFITS:
            best = form.utility
            made += filter(None, [refitted(result, form, trial)])
    return made


def oracle(people: Population, artifacts: list[bytes], target: float) -> list[float] | None:
    """Return the smallest artifact whose true score reaches the target."""
    for artifact in sorted(set(artifacts), key=len):
        if people.sign * (people.truth(artifact) - target) >= 0:
            return described(people, artifact, [])
    return None


def middle_of_frontier(setting: Setting, pilots: int = 4) -> float:
    """Return the true score of the model in the middle of the frontier, the mean over some draws of rows."""
    people = population(setting.source)
    middles = []
    for pilot in range(pilots):
        X, y = people.draw(setting.rows, [pilot])
        lowest = -1e3 if people.metric == "r2" else 1e-3
        with searching_in_process(QUICK) as results:
            automicro.select(
                X,
                y,
                task=people.task,
                metric=people.metric,
                score=lowest,
                certify=False,
                search=automicro.Search(trials=4, seed=pilot, progress=False),
            )
        artifacts = [a for c in results[0].found.candidates.values() for a in every_artifact(results[0], c)]
        kept: list[float] = []
        for _, truth in sorted((len(artifact), -people.truth(artifact)) for artifact in artifacts):
            if not kept or -truth > kept[-1]:
                kept.append(-truth)
        middles.append(kept[len(kept) // 2])
    return float(np.mean(middles))


def every_artifact(result: SearchResult, candidate: Any) -> list[bytes]:
    """Return every variant of a candidate, trained on all rows, at one rounding."""
    family = QUICK.families[candidate.family]
    trained = train(result.context, family, candidate, np.arange(result.context.problem.rows)).programs
    return [pack(quantise(program, ROUNDING)) for program in trained.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300, help="of each setting (default: 300)")
    parser.add_argument("--only", nargs="+", choices=SETTINGS, metavar="SETTING", help="; ".join(SETTINGS))
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after so long")
    parser.add_argument("--table", action="store_true", help="only write simulation.md from what is there")
    parser.add_argument("--targets", action="store_true", help="only print the targets that the settings should have")
    parser.add_argument("--unstable", action="store_true", help="only the settings that name a family")
    asked = parser.parse_args()
    asked.only = UNSTABLE if asked.unstable else asked.only
    if asked.targets:
        for name in asked.only or SETTINGS:
            print(f"{name}: {middle_of_frontier(SETTINGS[name]):.3f}", flush=True)
        return
    path = RESULTS / "simulation.jsonl"
    if not asked.table:
        ends = time.monotonic() + 60 * asked.minutes
        for names in [asked.only] if asked.only else [FIRST, list(SETTINGS)]:
            fill_up(path, names, asked.runs, ends)
    write_table(path)


def read(path: Path) -> list[Run]:
    """Return the runs that are finished, with the targets that the settings have now."""
    runs = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [run for run in runs if run["setting"] in SETTINGS and run["target"] == SETTINGS[run["setting"]].target]


def write_table(path: Path) -> None:
    path.with_suffix(".md").write_text(markdown(read(path), list(SETTINGS)))


def fill_up(path: Path, names: list[str], runs: int, ends: float) -> None:
    """Run each setting in turn until all have so many runs, or time is up."""
    done = {(run["setting"], run["run"]) for run in read(path)}
    told = time.monotonic()
    for number in range(runs):
        for name in names:
            if time.monotonic() >= ends:
                return
            if (name, number) not in done:
                with path.open("a") as file:
                    file.write(json.dumps(one_run(SETTINGS[name], number), separators=(",", ":")) + "\n")
            if time.monotonic() - told > TABLE_SECONDS:
                told = time.monotonic()
                write_table(path)


if __name__ == "__main__":
    main()
