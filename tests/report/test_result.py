"""The result of a search in words, and its progress."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from automicro.errors import Infeasible
from automicro.report import Progress, infeasible_text, summary
from automicro.request import METRICS, TrialRecord
from automicro.result.selection import ReferenceScore

TRACE = [
    TrialRecord(number=number, family="linear", status=status, reason="because")
    for number, status in enumerate(["rejected", "taken", "rejected", "skipped"])
]


def test_a_summary_has_a_line_for_each_fact() -> None:
    selection = SimpleNamespace(
        family="linear",
        size_bytes=31,
        metric="roc_auc",
        score=0.98765,
        score_interval=(0.98, 1.0),
        reference=ReferenceScore(
            "boosting", 0.995, {"boosting": 0.995, "linear": 0.99, "gnn": "failed"}, 5, 600, 9000, 2.5
        ),
        latency=None,
        interpretability="simulatable",
        verdict="estimated",
        trace=TRACE,
        notes=("tree: unavailable",),
    )
    assert summary(selection).splitlines() == [
        "family            linear",
        "size              31 bytes",
        "roc_auc           0.9877 (interval 0.98 to 1)",
        "reference         0.995 (boosting, 9,000 bytes; mean over 5 folds of 600 rows, 2.5 s; linear 0.99)",
        "interpretability  simulatable",
        "verdict           estimated",
        "trials            4 (2 rejected, 1 taken, 1 skipped)",
        "note: tree: unavailable",
    ]


def test_infeasible_names_the_nearest_trials() -> None:
    error = Infeasible(
        "no model meets the constraints: score must be at least 0.9",
        binding=("score", "size"),
        nearest={
            "score": {"family": "tree", "roc_auc": 0.8876, "bytes": 40, "margins": {"score": -0.0124, "size": 0.5}}
        },
        trace=tuple(TRACE),
    )
    assert infeasible_text(error).splitlines() == [
        "no model meets the constraints: score must be at least 0.9",
        "  nearest for score  family tree, roc_auc 0.8876, bytes 40, score missed by 1.2%",
        "  trials             4 (2 rejected, 1 taken, 1 skipped)",
    ]
    assert infeasible_text(Infeasible("no model was found")) == "no model was found"


def test_notes_about_the_data_come_before_what_could_not_be_met() -> None:
    error = Infeasible("no model was found").noted(["column 'price' holds numbers as text"])
    assert infeasible_text(error).splitlines() == [
        "note: column 'price' holds numbers as text",
        "no model was found",
    ]


def test_progress_is_quiet_where_nobody_looks() -> None:
    stream = io.StringIO()
    progress = Progress(stream=stream)
    progress.start(10, 60.0)
    progress.update(1)
    progress.stop()
    assert stream.getvalue() == ""
    assert not Progress(False, stream=stream).shown


@pytest.mark.parametrize("wanted", [None, True])
def test_progress_does_without_a_console(monkeypatch: pytest.MonkeyPatch, wanted: bool | None) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        progress = Progress(wanted)
        progress.start(10, 60.0)
        progress.update(1)
        progress.stop()
        assert not progress.shown


def test_progress_shows_incumbent_trials_and_time() -> None:
    stream = io.StringIO()
    progress = Progress(True, stream=stream, metric=METRICS["max_error"])
    progress.start(10, None)
    progress.update(1)
    progress.update(2, None, SimpleNamespace(artifact=bytes(31), form=SimpleNamespace(utility=-2.5)))
    progress.stop()
    progress.stop()
    shown = stream.getvalue()
    assert "31 bytes" in shown
    assert "max_error 2.5" in shown
    assert "2 trials of 10" in shown
    assert "0 s" in shown
