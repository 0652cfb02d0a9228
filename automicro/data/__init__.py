"""From data as people have them to what a family trains on."""

from automicro.data.given_split import given_folds, is_in_order
from automicro.data.load import load_problem
from automicro.data.positive import label_word, labelled_as, positive_of, with_positive
from automicro.data.prepare.derived import GramSettings, SummarySettings
from automicro.data.prepare.prepare import Preparation, PreparationSettings, features_at_most
from automicro.data.prepare.relevance import rank_by_clusters, rank_columns
from automicro.data.prepare.standard import Standard
from automicro.data.problem import Problem
from automicro.data.profile import profile
from automicro.data.read.files import place_in_file, read_file, sklearn_source
from automicro.data.read.series import series_of
from automicro.data.read.table import Table, load_table
from automicro.data.split import Fold, folds, hold_out, row_subset
from automicro.rows.frames import with_columns
from automicro.rows.reader import rows_for_prediction
from automicro.rows.readings import texts_in_files
from automicro.rows.series import Series, holds_series, series_rows

__all__ = [
    "Fold",
    "GramSettings",
    "Preparation",
    "PreparationSettings",
    "Problem",
    "Series",
    "Standard",
    "SummarySettings",
    "Table",
    "features_at_most",
    "folds",
    "given_folds",
    "hold_out",
    "holds_series",
    "is_in_order",
    "label_word",
    "labelled_as",
    "load_problem",
    "load_table",
    "place_in_file",
    "positive_of",
    "profile",
    "rank_by_clusters",
    "rank_columns",
    "read_file",
    "row_subset",
    "rows_for_prediction",
    "series_of",
    "series_rows",
    "sklearn_source",
    "texts_in_files",
    "with_columns",
    "with_positive",
]
