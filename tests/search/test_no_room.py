"""Where no file or process can be made for workers and latencies, the search ends with a sentence."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

import automicro.measure.latency.quantiles as timed
from automicro.errors import AutomicroError
from automicro.search.workers.executor import LocalExecutor


def test_training_data_that_cannot_be_written_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with LocalExecutor(1) as executor:
        monkeypatch.setattr("automicro.search.workers.executor.pickle.dump", full)
        with pytest.raises(AutomicroError, match="No space left on device: free space there"):
            executor.share(None)


def test_a_latency_process_that_cannot_start_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(AutomicroError, match="a latency process must start, but: Cannot allocate memory"):
        timed._measured("{}", 1)
