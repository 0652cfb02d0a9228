"""Which procedure certifies more: ours, or one of MAPIE's BinaryClassificationController, on the same models and held-out rows?

    AUTOMICRO_DATA=DATA python benchmarks/controllers.py [--runs 100] [--only SETTING ...] [--table]

MAPIE is not among the requirements: `pip install mapie` first. A setting is that of simulation.py, with accuracy. In each run rows are
drawn and searched with certify=True. The models that automicro tests on the held-out rows are given to MAPIE as its parameters, from the
largest to the smallest, with the same rows, target and confidence. Each of its four procedures calls some of them valid; the smallest of
these is its answer. Its split procedure learns its order from half of the held-out rows, and tests on the other half. A model is a miss
if its accuracy in the whole population is below the target. Runs are kept in benchmarks/results/controllers.jsonl; controllers.md is
written from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from in_process import searching_in_process
from populations import population
from quick_families import QUICK
from simulation import SETTINGS, TRIALS, Setting

import automicro

RESULTS = Path(__file__).parent / "results"
PROCEDURES = ("bonferroni", "bonferroni_holm", "fixed_sequence", "split_fixed_sequence")
CONFIDENCE = 0.95
OF_ACCURACY = [
    *(SETTINGS[name] for name in ("two classes, 300", "keel_letter, 1000", "keel_letter, 5000")),
    replace(SETTINGS["two classes, 1000"], target=0.738),
    replace(SETTINGS["two classes, 5000"], target=0.755),
]
Run = dict[str, Any]


def one_run(setting: Setting, number: int) -> Run:
    """Return bytes and true accuracy of what each procedure certifies, None where it certifies nothing."""
    people = population(setting.source)
    X, y = people.draw(setting.rows, [zlib.crc32(str(setting).encode()), number])
    search = automicro.Search(trials=TRIALS, seed=number, progress=False)
    asked = {"task": people.task, "metric": people.metric, "score": setting.target, "confidence": CONFIDENCE}
    with searching_in_process(QUICK) as results, contextlib.suppress(automicro.Infeasible):
        automicro.select(X, y, certify=True, search=search, **asked)
    tested = results[0].certified
    artifacts = [step.outcome.artifact or b"" for step in tested.steps]
    right = [_right(tested.certification, people.metric, artifact) for artifact in artifacts]
    chosen: dict[str, int | None] = {"automicro": tested.place}
    for procedure in PROCEDURES:
        chosen[procedure] = _smallest_valid(right, setting.target, procedure) if artifacts else None
    found = {
        name: None if place is None else [len(artifacts[place]), people.truth(artifacts[place])]
        for name, place in chosen.items()
    }
    return {"setting": str(setting), "target": setting.target, "run": number, "models": len(artifacts), "found": found}


def _right(certification: Any, metric: str, artifact: bytes) -> np.ndarray:
    """Return for each held-out row whether a model is right."""
    checked = certification.checked(metric, certification.predict(artifact))
    return np.asarray(checked.prediction.argmax(axis=1) == checked.y)


def _smallest_valid(right: Sequence[np.ndarray], target: float, procedure: str) -> int | None:
    """Return the place of the smallest model that a procedure of MAPIE calls valid."""
    from mapie.risk_control import BinaryClassificationController, control_fwer  # noqa: PLC0415 - not among the requirements

    table = np.array(right).T.astype(
        int
    )  # a row and a model: 1 where the model is right, which is the label of every row
    places = np.array([[place, 0] for place in range(len(right))])
    sequential = (
        procedure == "fixed_sequence"
    )  # which the controller permits for thresholds alone: its p-values, tested in our order
    controller = BinaryClassificationController(
        lambda rows, place, _zero: rows[:, int(place)],
        "accuracy",
        target,
        confidence_level=CONFIDENCE,
        list_predict_params=places,
        fwer_method="bonferroni" if sequential else procedure,
    )
    half = len(table) // 2 if procedure.startswith("split") else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is valid
        if half:
            controller.learn_fixed_sequence_order(table[:half], np.ones(half, dtype=int), binary=True)
        controller.calibrate(table[half:], np.ones(len(table) - half, dtype=int))
    if sequential:
        valid = control_fwer(np.ravel(controller.p_values), 1 - CONFIDENCE, procedure)
    else:
        valid = [place for place, _zero in controller.valid_predict_params]
    return max(map(int, valid), default=None)


def markdown(runs: Sequence[Run]) -> str:
    """Return the table of all runs."""
    from simulation_table import counted  # noqa: PLC0415 - beside this file

    lines = [
        "# Certificates of accuracy beside those of MAPIE's BinaryClassificationController",
        "",
        "The same models, held-out rows, target and confidence (95 %). A miss is certified and truly below the target; its share is",
        "of those certified, with the exact upper 99% limit. Bytes are medians of what is certified.",
        "",
        "| setting | target | runs | procedure | certified | misses | bytes |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for setting in dict.fromkeys(run["setting"] for run in runs):
        those = [run for run in runs if run["setting"] == setting]
        target = those[0]["target"]
        for name in those[0]["found"]:
            found = [run["found"][name] for run in those if run["found"][name] is not None]
            missed = counted([truth < target for _, truth in found])
            median = f"{np.median([size for size, _ in found]):.0f}" if found else ""
            lines.append(
                f"| {setting} | {target:g} | {len(those)} | {name} | {len(found) / len(those):.0%} | {missed} | {median} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="of each setting (default: 100)")
    parser.add_argument("--only", nargs="+", choices=[str(s) for s in OF_ACCURACY], metavar="SETTING")
    parser.add_argument("--table", action="store_true", help="only write controllers.md from what is there")
    asked = parser.parse_args()
    path = RESULTS / "controllers.jsonl"
    read = partial(_read, path)
    done = {(run["setting"], run["run"]) for run in read()}
    for number in range(0 if asked.table else asked.runs):
        for setting in OF_ACCURACY:
            if (str(setting), number) not in done and str(setting) in (asked.only or [str(setting)]):
                with path.open("a") as file:
                    file.write(json.dumps(one_run(setting, number), separators=(",", ":")) + "\n")
    path.with_suffix(".md").write_text(markdown(read()))


def _read(path: Path) -> list[Run]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
