"""Where the data come from and where results go."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from automicro.request.exports import Exports
from automicro.request.problems import Section, problem
from automicro.request.quantities import AnyNames, ColumnNames, Flag, Path, Text, Words

__all__ = ["DataSource", "LongSeries", "Output"]


class LongSeries(Section):
    """Which columns of a long table make series of its rows; as text their names with a comma between, such as "patient,day".

    Parameters
    ----------
    id : str
        Name of the column that names the series of a row.
    time : str
        Name of the column that orders the rows of a series.

    Raises
    ------
    RequestError
        If a key is unknown or missing.
    """

    id: Text = Field(description="column that names the series of a row")
    time: Text = Field(description="column that orders the rows of a series")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        names = [name.strip() for name in given.split(",")]
        if len(names) != len(cls.model_fields) or not all(names):
            raise problem(
                f"must be two columns, the id and the time of a series, such as 'patient,day', but got {given!r}"
            )
        return dict(zip(cls.model_fields, names, strict=True))


class DataSource(Section):
    """A table in a file or in scikit-learn, and what its columns mean.

    Parameters
    ----------
    source : str
        Path of a CSV, TSV, Parquet or JSON-lines file, or ``sklearn:NAME`` such as ``sklearn:breast_cancer``.
    target : str, optional
        Name of the column to predict; a ``sklearn:`` source knows its own.
    task : {"classification", "regression", "clustering"}, optional
        By default inferred from the metric and the target. Clustering has no target.
    weights : str, optional
        Name of the column of sample weights.
    groups : str, optional
        Name of the column whose equal values must stay on one side of every split.
    time : str, optional
        Name of the column that orders the rows in time; later rows are never used to predict earlier ones.
    columns : list of str, optional
        The only columns to predict from.
    drop : list of str, optional
        Columns to leave out.
    text : list of str, optional
        Columns that are text rather than categories; inferred from their values, if not given.
    missing : list of str or float, optional
        Words of text columns and numbers that count as missing; an empty list makes every word a value. By default NA, N/A, n/a and
        None where they are rare, and ?, NaN, NULL and the like.
    series : {id, time}, optional
        Columns of a long table of series, one row a step: the one that names the series of a row, and the one that orders the rows.
        Target, weights, groups and time have one value for each series; all other columns are channels.
    format : {"csv", "tsv", "parquet", "jsonl"}, optional
        By default inferred from the suffix of the file.

    Raises
    ------
    RequestError
        If a key is unknown, a value impossible, or one column has two roles.
    """

    source: Path = Field(description="path of a CSV, TSV, Parquet or JSON-lines file, or sklearn:NAME")
    target: Text | None = Field(None, description="column to predict")
    task: Literal["classification", "regression", "clustering"] | None = Field(
        None, description="kind of prediction; inferred from the metric and the target, if not given"
    )
    weights: Text | None = Field(None, description="column of sample weights")
    groups: Text | None = Field(None, description="column whose equal values stay on one side of every split")
    time: Text | None = Field(None, description="column that orders the rows in time")
    columns: ColumnNames | None = Field(None, description="the only columns to predict from")
    drop: ColumnNames | None = Field(None, description="columns to leave out")
    text: AnyNames | None = Field(None, description="columns that are text rather than categories")
    missing: Words | None = Field(None, description="words and numbers that count as missing")
    series: LongSeries | None = Field(
        None, description="columns that make series of a long table: the series and the time"
    )
    format: Literal["csv", "tsv", "parquet", "jsonl"] | None = Field(
        None, description="format of the file; inferred from its suffix, if not given"
    )

    def _check_target(self) -> None:
        if self.task == "clustering" and self.target is not None:
            raise problem(
                f"must not be given with task 'clustering', but got {self.target!r}: drop that column", "target"
            )
        if self.task != "clustering" and self.target is None and not self.source.startswith("sklearn:"):
            raise problem("must be given for a file, unless the task is 'clustering'", "target")

    @model_validator(mode="after")
    def _consistent(self) -> DataSource:
        scheme, colon, name = self.source.partition(":")
        if colon and scheme != "sklearn" and scheme.casefold() == "sklearn":
            raise problem(f"must begin with 'sklearn:', but got {self.source!r}: write 'sklearn:{name}'", "source")
        self._check_target()
        if self.format is not None and self.source.startswith("sklearn:"):
            raise problem(f"must not be given with source {self.source!r}", "format")
        roles = {
            key: name for key in ("target", "weights", "groups", "time") if (name := getattr(self, key)) is not None
        }
        for key, name in roles.items():
            for other, same in roles.items():
                if key < other and name == same:
                    raise problem(f"must be another column than {key}, but got {name!r} for both", other)
        for key in ("columns", "drop"):
            for name in getattr(self, key) or ():
                if name == self.target:
                    raise problem(f"must not name the target, but got {name!r}", key)
        if both := set(self.columns or ()) & set(self.drop or ()):
            raise problem(f"must not name what columns names, but got {sorted(both)}", "drop")
        return self


class Output(Section):
    """Where results are written; nothing is written that has no path.

    Parameters
    ----------
    model : str, optional
        File that the artifact is written to.
    strip : bool
        Whether the card is left out of the file.
    trace : str, optional
        File that the trials are written to, as one JSON record a line.
    report : str, optional
        File that the result is written to, as text.
    export : list of ExportTo or dict, optional
        Targets that the model is written for, each with a folder and options.

    Raises
    ------
    RequestError
        If a key is unknown or a value impossible.
    """

    model: Path | None = Field(None, description="file of the artifact")
    strip: Flag = Field(False, description="whether the card is left out of the file")
    trace: Path | None = Field(None, description="file of the trials, one JSON record a line")
    report: Path | None = Field(None, description="file of the result in words")
    export: Exports | None = Field(None, description="targets and folders that the model is written for")

    @model_validator(mode="after")
    def _consistent(self) -> Output:
        if self.strip and self.model is None:
            raise problem("needs model, but no file is given", "strip")
        paths = [path for path in (self.model, self.trace, self.report) if path is not None]
        if len(set(paths)) < len(paths):
            raise problem(f"must write to different files, but got {', '.join(paths)}")
        folders = [(each.folder, each.name) for each in self.export or ()]
        if len(set(folders)) < len(folders) or self.export == ():
            must = "must be targets with different folders or names"
            raise problem(f"{must}, but got {', '.join(f'{name} in {folder}' for folder, name in folders)}", "export")
        return self
