"""Workers that hang, crash, print or eat memory lose their task and nothing else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automicro.search.workers.executor import LocalExecutor
from automicro.search.workers.process import WorkerProcess

ENTRY = "worker_tasks:run"


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1]), *sys.path])
    with LocalExecutor(workers=2, task_seconds=20.0, memory_bytes=4 * 10**9, entry=ENTRY) as made:
        made.share(100)
        yield made


def results(executor: LocalExecutor, tasks: list[object]) -> dict[int, object]:
    for number, task in enumerate(tasks):
        executor.submit(number, task)
    finished = [executor.next_finished() for _ in tasks]
    return {one.number: one.failure or one.result for one in finished if one is not None}


def test_results_come_with_the_number_of_their_task(executor: LocalExecutor) -> None:
    assert results(executor, [1, 2, 3, 4, 5]) == {0: 101, 1: 102, 2: 103, 3: 104, 4: 105}


def test_a_task_that_fails_loses_only_itself(executor: LocalExecutor) -> None:
    found = results(executor, ["die", 1, "raise", 2, "eat", 3, "print", 4])
    assert found[0] == "its process ended with code 7"
    assert found[2] == "ZeroDivisionError: by a family"
    assert found[4] == "ran out of the memory that a trial may take"
    assert [found[place] for place in (1, 3, 5, 6, 7)] == [101, 102, 103, "quiet", 104]


def test_a_task_over_its_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1]), *sys.path])
    with LocalExecutor(workers=1, task_seconds=5.0, entry=ENTRY) as executor:
        executor.share(100)
        found = results(executor, ["hang", 1])
    assert found == {0: "took longer than the 5 s that a trial may take", 1: 101}


def test_a_task_without_a_limit_may_take_longer_than_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1]), *sys.path])
    with LocalExecutor(workers=1, task_seconds=0.02, entry=ENTRY) as executor:
        executor.share(100)
        executor.submit(0, 1, limited=False)
        executor.submit(1, "hang")
        finished = [executor.next_finished() for _ in range(2)]
    assert [one and (one.result, one.failure) for one in finished] == [
        (101, None),
        (None, "took longer than the 0.02 s that a trial may take"),
    ]


def test_a_cancelled_task_is_not_heard_of(executor: LocalExecutor) -> None:
    executor.submit(0, "hang")
    executor.submit(1, 1)
    assert executor.next_finished() is not None
    executor.cancel(0)
    executor.submit(2, 2)
    last = executor.next_finished()
    assert last is not None
    assert (last.number, last.result) == (2, 102)


def test_waiting_ends_at_the_given_time_and_leaving_ends_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1]), *sys.path])
    with LocalExecutor(workers=2, entry=ENTRY) as executor:
        executor.share(100)
        executor.submit(0, "hang")
        assert executor.next_finished(until=time.monotonic() + 0.2) is None
    assert not executor._workers


def test_workers_use_one_thread(executor: LocalExecutor) -> None:
    assert results(executor, ["threads"]) == {0: "1"}


def test_a_task_that_is_cancelled_as_it_answers_takes_no_other_along(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = WorkerProcess.ask

    def cancelled_at_last(worker: WorkerProcess, task: object, *others: Any) -> object:
        result = answered(worker, task, *others)
        if task == 0:
            executor.cancel(0)
        return result

    monkeypatch.setattr(WorkerProcess, "ask", cancelled_at_last)
    for number in range(8):
        executor.submit(number, number)
    finished = [executor.next_finished() for _ in range(7)]
    assert sorted((one.number, one.result) for one in finished if one) == [(n, 100 + n) for n in range(1, 8)]
