"""No model, and why: infeasible, undecided, nothing finished and all failed are told apart, in Python and by exit code."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import automicro
from automicro import Infeasible, NothingFinished, Undecided
from automicro.cli import main
from automicro.cli.commands import COMMANDS
from automicro.cli.exits import SEARCHING, Exit
from automicro.result.trace import records
from automicro.search.context import Outcome
from automicro.search.decide import latency as finish
from automicro.search.requirements.requirements import Requirements
from automicro.search.workers import in_process
from automicro.search.workers.failure import MOST_CHARACTERS, Failure

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = (X[:, 0] + 0.3 * RNG.normal(size=120) > 0).astype(int)
FEW: dict[str, Any] = {"workers": 0, "trials": 3, "families": ["linear", "tree"]}


def broken(*_: Any) -> None:
    raise ZeroDivisionError("on purpose,\n  in two lines")


def test_a_failure_is_one_line_and_keeps_where_it_came_from() -> None:
    try:
        broken()
    except ZeroDivisionError as error:
        failure = pickle.loads(pickle.dumps(Failure.of(error), protocol=5))  # as it comes from a worker
    assert failure == "ZeroDivisionError: on purpose, in two lines"
    assert "in broken" in failure.traceback
    assert failure.traceback.endswith("in two lines\n")
    assert len(Failure("much", "x" * 100_000).traceback) == MOST_CHARACTERS


def test_all_candidates_that_fail_are_no_verdict_on_the_constraints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "import_module", lambda _: SimpleNamespace(run=broken))
    with pytest.raises(NothingFinished) as raised:
        automicro.select(X, Y, metric="accuracy", score=0.5, **FEW)
    error = raised.value
    assert isinstance(error, Infeasible)  # as it was called before
    assert str(error) == (
        "no model was found: all 3 candidates failed (linear): ZeroDivisionError: on purpose, in two lines"
        " (its traceback is in the trace)"
    )
    tracebacks = [record.traceback for record in error.trace]
    assert [text is not None for text in tracebacks] == [True, False, False]
    assert 'raise ZeroDivisionError("on purpose' in tracebacks[0]


def test_the_first_of_each_kind_of_failure_has_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["a", "b", "a", "", "b"]
    outcomes = [
        Outcome(number, "failed" if text else "abandoned", text, traceback=text and f"at {text}, {number}")
        for number, text in enumerate(said)
    ]
    candidate = SimpleNamespace(family="tree", parameters={}, preparation=in_process.Finished(0))
    found = SimpleNamespace(outcomes=outcomes[::-1], candidates=dict.fromkeys(range(5), candidate))
    result: Any = SimpleNamespace(timed=finish.LatencyDecision(None, None), found=found, requirements=Requirements())
    told = [record.traceback for record in records(result, None)]
    assert told == ["at a, 0", "at b, 1", None, None, None]


def test_time_that_is_up_before_any_candidate_is_no_verdict() -> None:
    with pytest.raises(NothingFinished, match=r"no candidate finished before the time was up: give about \d+ seconds"):
        automicro.select(X, Y, metric="accuracy", score=0.5, **{**FEW, "trials": None, "seconds": 0.001})


def test_a_target_that_is_out_of_reach_is_infeasible() -> None:
    with pytest.raises(Infeasible) as raised:
        automicro.select(X, Y, metric="accuracy", score=1.0, **FEW)
    assert type(raised.value) is Infeasible


def test_what_cannot_be_certified_is_undecided() -> None:
    with pytest.raises(Undecided, match="no model could be certified at 95%"):
        automicro.select(X, Y, metric="accuracy", score=0.85, certify=True, **FEW)


VERDICTS = [
    (Infeasible("no"), Exit.INFEASIBLE),
    (Undecided("no"), Exit.UNDECIDED),
    (NothingFinished("no"), Exit.UNFINISHED),
]


@pytest.mark.parametrize(("verdict", "code"), VERDICTS)
def test_each_end_has_an_exit_code_and_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: Infeasible, code: Exit
) -> None:
    def ended(*_: Any) -> None:
        raise verdict

    monkeypatch.setattr("automicro.requested.found", ended)
    monkeypatch.chdir(tmp_path)
    words = ["select", "sklearn:iris", "--metric", "accuracy", "--score", "0.5", "--trace", "t.jsonl", "--report"]
    assert main([*words, "r.txt", "--model", "m.micro"]) == code
    assert capsys.readouterr() == ("", "no\n")
    assert ((tmp_path / "r.txt").read_text(), (tmp_path / "t.jsonl").read_text()) == ("no\n", "")
    assert not (tmp_path / "m.micro").exists()
    assert main([*words, "/dev/full"]) == Exit.OUTPUT
    told = "output.report: must be a file that can be written, but /dev/full: No space left on device"
    assert capsys.readouterr().err == f"no\n{told}\n"


def test_a_trace_that_is_read_again_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"record": "trial", "number": 0, "family": "tree", "status": "failed", "reason": "ValueError: no"}
    line["traceback"] = "Traceback (most recent call last):\n  File \x1b[31m\nValueError: no"
    (tmp_path / "t.jsonl").write_text(json.dumps(line))
    assert main(["trace", str(tmp_path / "t.jsonl")]) == 0
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "trial 0 (tree) failed:",
        "Traceback (most recent call last):",
        "  File \\x1b[31m",
        "ValueError: no",
    ]


def test_the_documents_tell_the_exit_codes() -> None:
    text = (Path(__file__).parent.parent / "docs" / "reference" / "shell.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\d+) \| (.*?) \|", text, re.MULTILINE))
    assert told == {str(int(code)): words for code, words in SEARCHING.items()}


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_the_help_of_each_command_tells_its_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"] if command else ["--help"])
    told = " ".join(capsys.readouterr().out.split()).partition("exit codes: ")[2]
    codes = {int(each.split()[0]) for each in told.split("; ")}
    searching = {0, 2, 3, 4, 5, 6, 7, 130}
    others = {0, 2, 6, 130} | ({3} if command in ("export", "measure", "verify", "plugins") else set())
    assert codes == (searching if command in ("run", "select", "") else others)
