"""Search files of strangers run no code, read no other file by themselves, and take little time and memory."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from automicro.errors import RequestError
from automicro.request.files import read_request

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_requests.py"
NINE = ",".join("aaaaaaaaa")
ALIASES = f"a: &a [{NINE}]\n" + "".join(
    f"{'abcdefghij'[n + 1]}: &{'abcdefghij'[n + 1]} [{','.join(['*' + 'abcdefghij'[n]] * 9)}]\n" for n in range(9)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{'abcdefghij'[n + 1]}: &{'abcdefghij'[n + 1]} {{<<: [{','.join(['*' + 'abcdefghij'[n]] * 9)}]}}\n"
    for n in range(9)
)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "data: !!python/object/apply:os.system ['touch run']\n", "could not determine a constructor"),
        ("a.yaml", "data: !include /etc/passwd\n", "could not determine a constructor"),
        ("a.yaml", ALIASES, "aliases unfolded"),
        ("a.yaml", MERGES, "aliases unfolded"),
        ("a.yaml", "data: &a [*a]\n", "aliases unfolded"),
        ("a.yaml", f"data: {'[' * 5000}", "recursion"),
        ("a.json", f'{{"data": {"[" * 100_000}', "recursion"),
        ("a.json", '{"a": ' * 900 + "1" + "}" * 900, "unknown key"),
        ("a.toml", f"x = {'[' * 100_000}", "recursion"),
        ("a.toml", f"{'a.' * 100_000}a = 1", "at most 100 parts"),
        ("a.toml", f"[{'a . ' * 100_000}a]", "at most 100 parts"),
        ("a.toml", f'[constraints]\nscore = "{"x" * 1_000_000}"', "score"),
        ("a.yaml", "#" * (1 << 20) + "\n", "more than 1,048,576 bytes"),
        ("a.json", '{"data": ' + "9" * 5000 + "}", "4300 digits"),
    ],
)
def test_bombs_and_tags_are_refused(
    name: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    with pytest.raises(RequestError, match=said) as refused:
        read_request(name)
    assert len(str(refused.value)) < 3000
    assert not Path("run").exists()


def test_a_file_imports_code_only_if_the_command_line_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("scores_of_a_stranger.py").write_text(
        "open('run', 'w').close()\ndef gain(y, p):\n    return float((y == p).mean())\n"
    )
    Path("a.toml").write_text("[constraints]\nmetric = 'scores_of_a_stranger:gain'\nscore = 0.9\n")
    with pytest.raises(RequestError, match=r"a.toml:2: .* add --metric scores_of_a_stranger:gain"):
        read_request("a.toml")
    assert not Path("run").exists()
    request = read_request("a.toml", ["constraints.metric=scores_of_a_stranger:gain"])
    assert request.constraints.metric == "gain"
    assert Path("run").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.toml")
    with pytest.raises(RequestError, match="it is a folder, a pipe or a device"):
        read_request(tmp_path / "a.toml")


def test_a_mark_of_byte_order_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("\ufeff[constraints]\nmetric = 'accuracy'\nscore = 0.9\n", encoding="utf-8")
    assert read_request(tmp_path / "a.toml").constraints.score == 0.9


def test_drawn_files_give_a_request_or_one_error(tmp_path: Path) -> None:
    spec: Any = importlib.util.spec_from_file_location("fuzz_requests", SCRIPT)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    files = fuzz.Drawn(7)
    accepted = sum(fuzz.outcome(*files.next(), tmp_path) for _ in range(150))
    assert 0 < accepted < 150
