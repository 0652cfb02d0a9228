"""The runs of simulation.py as two tables: how often certificates and naive choices miss, and how far off estimates are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.stats import beta

__all__ = ["markdown", "upper_limit"]

SURE = 0.99
CERTIFIED = 5  # facts of what was certified: bytes, truth, score, low, high; runs of an earlier rule have no interval
METRICS = {
    "accuracy": ("two classes, ", "keel_letter, "),
    "roc_auc": ("two classes, ranked", "keel_spambase, "),
    "r2": ("friedman, ", "plotnine_diamonds, "),
    "relative error": ("plotnine_diamonds, relative",),
}
Run = dict[str, Any]

CERTIFICATES = (
    "setting", "target", "runs", "certified", "certified below the target, of all runs", "of those certified",
    "naive below the target", "bytes, certified", "naive", "bytes over the oracle's, certified", "naive",
)  # fmt: skip
ESTIMATES = (
    "setting", "estimated", "true score below the target", "bias as it is", "bias corrected", "lower bound holds", "upper bound holds",
    "interval of what was certified does not hold",
)  # fmt: skip
EXPLAINED = """
A count comes with its share and the exact upper {sure:.0%} limit of that share (Clopper and Pearson). Bytes are medians;
bytes over the oracle's are the geometric mean over the runs that have both. A bias is the mean of stated minus true score,
in points, with twice its standard error. Intervals are two-sided, stated for 95 %: each bound should hold in 97.5 %.
"""


def markdown(runs: Sequence[Run], settings: Sequence[str]) -> str:
    """Return both tables."""
    groups = {name: [run for run in runs if run["setting"] == name] for name in settings}
    groups |= {f"all of {metric}": [r for r in runs if metric_of(r["setting"]) == metric] for metric in METRICS}
    groups = {name: mine for name, mine in groups.items() if mine}
    parts = []
    for head, line in ((CERTIFICATES, certificate_line), (ESTIMATES, estimate_line)):
        parts += [head, ["---"] * len(head), *(line(name, mine) for name, mine in groups.items()), None]
    text = "".join("\n" if cells is None else "| " + " | ".join(map(str, cells)) + " |\n" for cells in parts)
    return f"# Certificates and estimates where the truth is known\n{EXPLAINED.format(sure=SURE)}\n{text}"


def metric_of(setting: str) -> str:
    """Return the metric of a setting."""
    longest = max((p for prefixes in METRICS.values() for p in prefixes if setting.startswith(p)), key=len)
    return next(metric for metric, prefixes in METRICS.items() if longest in prefixes)


def upper_limit(misses: int, of: int) -> float:
    """Return the exact upper limit of a share."""
    return 1.0 if misses >= of else float(beta.ppf(SURE, misses + 1, of - misses))


def counted(where: Sequence[bool]) -> str:
    """Return a count with its share and the limit of the share."""
    misses, of = sum(where), len(where)
    return f"{misses} of {of}: {misses / of:.1%}, limit {upper_limit(misses, of):.1%}" if of else "-"


def certificate_line(name: str, runs: Sequence[Run]) -> list[Any]:
    """Return a line of the first table."""
    certified = [missed(run, "certified") for run in runs if run["certified"]]
    targets = {run["target"] for run in runs}
    return [
        name,
        targets.pop() if len(targets) == 1 else "",
        len(runs),
        f"{len(certified) / len(runs):.0%}",
        counted([*certified, *([False] * (len(runs) - len(certified)))]),
        counted(certified),
        counted([missed(run, "naive") for run in runs if run["naive"]]),
        *(median_bytes(runs, kind) for kind in ("certified", "naive")),
        *(over_the_oracle(runs, kind) for kind in ("certified", "naive")),
    ]


def missed(run: Run, kind: str) -> bool:
    """Whether the true score of what was returned is below the target."""
    return bool(run.get("sign", 1) * (run[kind][1] - run["target"]) < 0)


def median_bytes(runs: Sequence[Run], kind: str) -> str:
    """Return the median of the bytes."""
    sizes = [run[kind][0] for run in runs if run[kind]]
    return f"{np.median(sizes):.0f}" if sizes else "-"


def over_the_oracle(runs: Sequence[Run], kind: str) -> str:
    """Return the geometric mean of bytes over those of the oracle."""
    ratios = [run[kind][0] / run["oracle"][0] for run in runs if run[kind] and run["oracle"]]
    return f"{np.exp(np.mean(np.log(ratios))):.2f}" if ratios else "-"


def estimate_line(name: str, runs: Sequence[Run]) -> list[Any]:
    """Return a line of the second table; what was estimated is [bytes, truth, score, corrected score, low, high]."""
    made = [run for run in runs if run["estimated"]]
    with_interval = [run["certified"] for run in runs if len(run["certified"] or ()) == CERTIFIED]

    def share(holds: Callable[[list[float]], bool]) -> str:
        return f"{np.mean([holds(run['estimated']) for run in made]):.0%}" if made else "-"

    return [
        name,
        f"{len(made)} of {len(runs)}",
        counted([missed(run, "estimated") for run in made]),
        *(bias([run["estimated"][place] - run["estimated"][1] for run in made]) for place in (2, 3)),
        share(lambda facts: facts[4] <= facts[1]),
        share(lambda facts: facts[1] <= facts[5]),
        counted([not low <= true <= high for _, true, _, low, high in with_interval]),
    ]


def bias(errors: Sequence[float]) -> str:
    """Return a mean in points, with twice its standard error."""
    if len(errors) < 2:
        return "-"
    return f"{100 * np.mean(errors):+.2f} ± {200 * np.std(errors, ddof=1) / np.sqrt(len(errors)):.2f}"
