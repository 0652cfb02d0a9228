"""A trace in words: who the runner-up is, and that what was never measured is none."""

from __future__ import annotations

from automicro.report import runner_up, trace_text
from automicro.request import TrialRecord

TAKEN = TrialRecord(number=0, family="tree", status="taken", reason="smallest", score=0.9, size_bytes=20)
UNDER_WAY = TrialRecord(number=1, family="boosting", status="abandoned", reason="under way when the search ended")
LARGER = TrialRecord(number=2, family="linear", status="not_smaller", reason="larger", score=0.95, size_bytes=40)
FAR = TrialRecord(number=3, family="linear", status="rejected", reason="x", score=0.5, margins={"score": -0.4})


def test_the_runner_up_is_the_smallest_that_meets_the_constraints():
    assert runner_up([UNDER_WAY, TAKEN, FAR, LARGER]) is LARGER
    assert runner_up([UNDER_WAY, TAKEN, FAR]) is FAR


def test_what_was_never_measured_is_no_runner_up():
    assert runner_up([TAKEN, UNDER_WAY]) is None
    assert trace_text([TAKEN, UNDER_WAY], []).endswith("runner-up: none, for no other trial was finished\n")
    assert "runner-up" not in trace_text([TAKEN], [])
