"""Processes on one folder: each trial is taken from whoever finished it, and nobody waits for another."""

from __future__ import annotations

import time
from pathlib import Path

from automicro.search.context import TrialTask
from automicro.search.storage import SharedTrials
from automicro.search.storage import shared as shared_module
from automicro.search.workers.executor import Finished

from .conftest import Kept


class Executor:
    """Ends tasks in the order in which they were submitted, when it is let."""

    def __init__(self, kept: Kept) -> None:
        self.outcomes = {outcome.number: outcome for _, outcome in kept.trials}
        self.submitted: list[int] = []
        self.waiting: list[int] = []
        self.held = False

    def submit(self, number: int, task: TrialTask) -> None:
        self.submitted.append(number)
        self.waiting.append(number)

    def next_finished(self, until: float | None = None) -> Finished | None:
        if self.held or not self.waiting:
            return None
        number = self.waiting.pop(0)
        return Finished(number, self.outcomes[number])


def trials(kept: Kept, folder: Path, workers: int = 1) -> tuple[SharedTrials, Executor]:
    executor = Executor(kept)
    return SharedTrials(executor, kept.store(folder, filled=False), workers), executor  # type: ignore[arg-type]  # has its methods


def submit(made: SharedTrials, kept: Kept) -> None:
    for task, outcome in kept.trials:
        made.submit(outcome.number, task)


def test_one_process_runs_each_trial_once_and_in_order(kept: Kept, tmp_path: Path) -> None:
    made, executor = trials(kept, tmp_path, workers=2)
    submit(made, kept)
    found = [made.next_finished() for _ in kept.trials]
    assert [each.number for each in found if each] == executor.submitted == [o.number for _, o in kept.trials]
    assert not any(each.result.from_storage for each in found if each)
    assert len(list(tmp_path.glob("*.trial"))) == len(kept.trials)


def test_two_processes_share_the_work(kept: Kept, tmp_path: Path) -> None:
    one, first = trials(kept, tmp_path)
    two, second = trials(kept, tmp_path)
    submit(one, kept)
    submit(two, kept)
    first.held = second.held = True
    assert one.next_finished(time.monotonic()) is None
    assert two.next_finished(time.monotonic()) is None
    first.held = second.held = False
    heard: dict[int, list[Finished]] = {1: [], 2: []}
    for _ in kept.trials:
        for place, made in ((1, one), (2, two)):
            finished = made.next_finished()
            assert finished is not None
            heard[place].append(finished)
    numbers = sorted(outcome.number for _, outcome in kept.trials)
    trained = first.submitted + second.submitted
    assert set(trained) == set(numbers)
    assert len(trained) <= len(numbers) + 1  # the last one, where nothing else was left to do
    for finished in heard.values():
        assert sorted(each.number for each in finished) == numbers  # and nothing is counted twice, or lost


def test_a_trial_that_another_process_finished_first_is_heard_of_once(kept: Kept, tmp_path: Path) -> None:
    made, executor = trials(kept, tmp_path)
    other = kept.store(tmp_path, filled=False)
    (task, outcome), (later, _) = kept.trials[:2]
    executor.held = True
    made.submit(outcome.number, task)
    assert made.next_finished(time.monotonic()) is None
    other.put(task, outcome)
    finished = made.next_finished()
    assert finished is not None
    assert finished.result.from_storage
    made.submit(later.candidate.number, later)
    executor.held = False
    after = made.next_finished()  # the worker ends the first one, of which nobody hears again, then runs the second
    assert after is not None
    assert after.number == later.candidate.number


def test_nobody_waits_for_a_process_that_hangs_or_was_killed(kept: Kept, tmp_path: Path) -> None:
    made, executor = trials(kept, tmp_path)
    other = kept.store(tmp_path, filled=False)
    for task, _ in kept.trials:
        other.begin(task)
    submit(made, kept)
    assert [made.next_finished() is not None for _ in kept.trials] == [True] * len(kept.trials)
    assert executor.submitted == [outcome.number for _, outcome in kept.trials]


def test_a_trial_that_fails_is_not_kept(kept: Kept, tmp_path: Path) -> None:
    made, executor = trials(kept, tmp_path)
    task, outcome = kept.trials[0]
    executor.outcomes[outcome.number] = None  # type: ignore[assignment]  # as of a process that was ended
    made.submit(outcome.number, task)
    finished = made.next_finished()
    assert finished is not None
    assert finished.result is None
    assert list(tmp_path.glob("*.trial")) == []


def test_a_finished_trial_of_nobody_is_passed_over(kept: Kept, tmp_path: Path) -> None:
    made, executor = trials(kept, tmp_path)
    executor.waiting.append(kept.trials[0][1].number)
    assert made.next_finished(time.monotonic() + 2 * shared_module.PAUSE) is None
