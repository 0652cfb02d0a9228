"""Commands, their output and their exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automicro.cli import main
from automicro.cli.arguments import parse, settings_of
from automicro.cli.commands import COMMANDS
from automicro.cli.flags import in_flags
from automicro.cli.options import SECTIONS
from automicro.errors import DataError, FamilyUnavailableError, Infeasible
from automicro.program import Affine, Numeric, OneHot, Program, Weights, write_artifact
from automicro.request import SearchRequest, TrialRecord

HEAVY = ("lightgbm", "optuna", "pandas", "scipy", "sklearn", "torch")
CONFIG = "[data]\nsource = 'rows.csv'\ntarget = 'y'\n[constraints]\nmetric = 'r2'\nscore = 0.5\n[search]\ntrials = 3\n"


class Asked:
    """Stands in for the search: keeps the request, and answers or raises what a test wants."""

    def __init__(self) -> None:
        self.request: SearchRequest | None = None
        self.error: BaseException | None = None

    def __call__(self, request: SearchRequest, progress: object = None) -> Any:
        self.request = request
        if self.error is not None:
            raise self.error
        return SimpleNamespace(trace=(), prices=())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    answer = Asked()
    monkeypatch.setattr("automicro.requested.found", answer)
    return answer


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "search.toml").write_text(CONFIG)
    return str(tmp_path / "search.toml")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what stands on standard error, after checking that it is one sentence and standard output is empty."""
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error.strip()


def test_run_reads_the_file_and_the_options_win(asked: Asked, config: str, tmp_path: Path) -> None:
    assert (
        main(["run", config, "--set", "constraints.score=", "--within", "2%", "--seconds=2min", "--no-progress"]) == 0
    )
    assert asked.request == SearchRequest(
        data={"source": str(tmp_path / "rows.csv"), "target": "y"},
        constraints={"metric": "r2", "within": 0.02},
        search={"trials": 3, "seconds": 120, "progress": False},
    )


def test_select_makes_the_same_request_from_options(asked: Asked) -> None:
    words = [
        "select",
        "sklearn:iris",
        "--metric",
        "accuracy",
        "--score",
        "0.9",
        "--families",
        "tree,linear",
        "--size=2KB",
    ]
    assert main(words) == 0
    assert asked.request == SearchRequest(
        data={"source": "sklearn:iris"},
        constraints={"metric": "accuracy", "score": 0.9, "size": 2000},
        search={"families": ["tree", "linear"]},
    )


def test_directions_and_columns_are_options(asked: Asked) -> None:
    words = [
        "--metric",
        "r2",
        "--score",
        "0",
        "--monotone",
        "age=+,price=-",
        "--must-not-use",
        "sex,zip",
        "--max-interactions",
        "0",
    ]
    assert main(["select", "rows.csv", "--target", "y", *words]) == 0
    wanted = asked.request.constraints
    assert wanted.monotone == {"age": "+", "price": "-"}
    assert (wanted.must_not_use, wanted.max_interactions) == (("sex", "zip"), 0)


def test_a_negative_score_is_a_value(asked: Asked) -> None:
    assert main(["select", "sklearn:diabetes", "--metric", "neg_max_error", "--score", "-150"]) == 0
    assert asked.request is not None
    assert asked.request.constraints.score == -150


def test_every_key_of_a_request_has_its_own_option() -> None:
    keys = [key for section in SECTIONS.values() for key in section.model_fields if key != "source"]
    assert len(set(keys)) == len(keys)
    switches = {"strip", "progress", "allow_constant"}
    words = [f"--{key.replace('_', '-')}" + ("" if key in switches else "=x") for key in keys]
    settings = settings_of(parse(["run", "search.toml", *words]))
    assert sorted(setting.partition("=")[0].partition(".")[2] for setting in settings) == sorted(keys)


@pytest.mark.parametrize(
    ("line", "words", "place"),
    [
        ("max_features = 5", [], "{config}:7"),
        ("max_features = 8", ["--max-columns", "5"], "{config}:7"),
        ("max_columns = 8", ["--max-features", "5"], "the command line"),
        ("max_columns = 8", ["--set", "constraints.max_features=5"], "the command line"),
    ],
)
def test_a_former_name_works_with_one_note(
    asked: Asked, config: str, capsys: pytest.CaptureFixture[str], line: str, words: list[str], place: str
) -> None:
    Path(config).write_text(CONFIG.replace("[search]", f"{line}\n[search]"))
    assert main(["run", config, *words]) == 0
    assert asked.request is not None
    assert asked.request.constraints.max_columns == 5
    note = (
        f"note: {place.format(config=config)}: constraints.max_features is now called max_columns: write max_columns\n"
    )
    assert capsys.readouterr().err == note


@pytest.mark.parametrize(
    ("line", "words", "refused"),
    [
        ("max_features = 5\nmax_columns = 5", [], "{config}:7: constraints.max_features: must not be given beside "),
        ("", ["--max-features", "5", "--max-columns", "5"], "constraints.max_features: must not be given beside "),
    ],
)
def test_a_former_name_beside_the_present_one_is_refused(
    asked: Asked, config: str, capsys: pytest.CaptureFixture[str], line: str, words: list[str], refused: str
) -> None:
    Path(config).write_text(CONFIG.replace("[search]", f"{line}\n[search]"))
    assert main(["run", config, *words]) == 2
    assert refused.format(config=config) in said(capsys)
    assert asked.request is None


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("task='regression' takes them as numbers", "--task regression takes them as numbers"),
        ("only allow_constant=True permits that", "only --allow-constant permits that"),
        ("search with certify=True and workers=0", "search with --certify true and --workers 0"),
        ("missing=[-999, 'not known'] makes them missing", '--missing "-999,not known" makes them missing'),
        ("pass cost=3, or y=None", "pass cost=3, or y=None"),
    ],
)
def test_arguments_are_shown_as_options(sentence: str, shown: str) -> None:
    assert in_flags(sentence) == shown


@pytest.mark.parametrize(("words", "limits"), [([], {"flip": 0.05, "gaps": 0.1}), (["gaps="], {"flip": 0.05})])
def test_a_key_within_a_table_is_set(config: str, asked: Asked, words: list[str], limits: dict[str, float]) -> None:
    settings = ["constraints.robustness.flip=0.05", "constraints.robustness.missing_10=0.1"]
    more = [f"constraints.robustness.{each.replace('gaps', 'missing_10')}" for each in words]
    assert main(["run", config, *(word for each in (*settings, *more) for word in ("--set", each))]) == 0
    assert asked.request is not None
    assert asked.request.constraints.robustness == {
        name.replace("gaps", "missing_10"): each for name, each in limits.items()
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("the target must have two classes, but has one"), 2),
        (FamilyUnavailableError("family 'gnn' cannot be used"), 2),
        (Infeasible("no model meets the constraints"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(
    asked: Asked, config: str, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    asked.error = error
    assert main(["run", config]) == code
    assert said(capsys) == (str(error) or "interrupted before a model was found")


def test_notes_are_printed_before_the_error(asked: Asked, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked.error = DataError("there must be at least two groups").noted(["column 'a' is the same in every row"])
    assert main(["run", config]) == 2
    assert capsys.readouterr().err == ("note: column 'a' is the same in every row\nthere must be at least two groups\n")


def test_infeasible_says_what_binds(asked: Asked, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    record = TrialRecord(number=0, family="tree", status="rejected", reason="too large")
    asked.error = Infeasible(
        "no model", binding=("size",), nearest={"size": {"family": "tree", "bytes": 40}}, trace=(record,)
    )
    assert main(["run", config]) == 3
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  nearest for size  family tree, bytes 40",
        "  trials            1 (1 rejected)",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run"], "the following arguments are required: CONFIG: see automicro run --help"),
        (["run", "{config}", "--scor", "1"], "--scor: unknown argument of automicro run, did you mean '--score'"),
        (["run", "{config}", "--scroe=1"], "--scroe=1: unknown argument of automicro run, did you mean '--score'"),
        (
            ["inspect", "m.micro", "--quiet"],
            "--quiet: unknown argument of automicro inspect, choose among --help, --json",
        ),
        (["--verson"], "--verson: unknown argument of automicro, did you mean '--version'"),
        (["run", "{config}", "--scor", "--families=1"], "--scor: unknown argument of automicro run, did you mean"),
        (
            ["select", "SKLEARN:iris"],
            "data.source: must begin with 'sklearn:', but got 'SKLEARN:iris': write 'sklearn:iris'",
        ),
        (["run", "{config}", "extra"], "extra: unknown argument of automicro run, write --target extra for a target"),
        (
            ["select", "train.csv", "label"],
            "label: unknown argument of automicro select, write --target label for a target",
        ),
        (
            ["run", "t.csv"],
            "t.csv: a search file must end in .toml, .yaml, .yml, .json, but '.csv' is that of a table: search it ",
        ),
        (["inspect", "m.micro", "extra"], "extra: unknown argument of automicro inspect, take it away"),
        (
            ["run", "{config}", "--set", "constraints.scor=1"],
            "the command line: constraints.scor: unknown key, did you mean 'score'",
        ),
        (
            ["run", "{config}", "--score", "2"],
            "the command line: constraints.score: must be at most 1 for 'r2', but got 2.0",
        ),
        (["run", "{config}", "--model", "no/where/m.micro"], "output.model: the folder must exist, but "),
        (["run", "none.toml"], "none.toml: must exist, but does not"),
        (["select", "rows.csv", "--metric", "r2", "--score", "0"], "data.target: must be given for a file"),
        (["select", "sklearn:iris"], "constraints: score or within must be given, but got neither"),
        (["inspect", "none.micro"], "a model file must be readable, but none.micro"),
        (["inspect", "{config}"], "{config} must be a model that automicro has written: a model must begin with "),
        (["trace", "none.jsonl"], "a trace must be a readable text file, but none.jsonl: No such file"),
        (["schema", "serch"], "the schema must be one of search, card, trace, but got 'serch': did you mean 'search'"),
        (
            ["predict", "m.micro", "rows.csv", "--output", "p.xlsx"],
            "--output: must end in .csv or .jsonl, but got 'p.xlsx'",
        ),
        (["sarch"], "sarch: unknown command, choose among"),
        ([], "the following arguments are required: COMMAND: see automicro --help"),
    ],
)
def test_a_bad_request_is_one_sentence(
    config: str, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main([word.format(config=config) for word in words]) == 2
    assert said(capsys).startswith(sentence.format(config=config))


@pytest.mark.parametrize("option", ["--model", "--size", "--groups"])
def test_an_option_with_an_empty_value_is_refused(
    asked: Asked, config: str, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["run", config, option, ""]) == 2
    assert said(capsys).endswith(f".{option[2:]}: must have a value, but got '': leave the option out")


def test_a_request_without_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "search.yaml").write_text("constraints: {metric: r2, score: 0.5}")
    assert main(["run", str(tmp_path / "search.yaml")]) == 2
    assert said(capsys).endswith("search.yaml: data: must be given")


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """Return the file of a model that says yes where 2 age - [color = red] > 3."""
    body = Affine(Weights.of([[2, -1]]), Weights.of([-3]))
    program = Program(2, (Numeric(0, 0.0), OneHot(1, ("red",))), body, "sigmoid", ("no", "yes"))
    columns = [{"name": "age", "kind": "numeric"}, {"name": "color", "kind": "category"}]
    (tmp_path / "m.micro").write_bytes(
        write_artifact(program, {"columns": columns, "target": "churn", "family": "linear"})
    )
    (tmp_path / "rows.csv").write_text("color,age,more\nred,1,a\nblue,2,b\nred,,c\n")
    return str(tmp_path / "m.micro")


def test_predict_writes_csv(saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", saved, str(tmp_path / "rows.csv")]) == 0
    assert capsys.readouterr().out == "churn\nno\nyes\nno\n"


def test_predict_writes_probabilities_to_a_file(saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", saved, str(tmp_path / "rows.csv"), "--proba", "--output", str(tmp_path / "p.jsonl")]
    assert main(words) == 0
    assert capsys.readouterr().out == ""
    told = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    np.testing.assert_allclose([row["yes"] for row in told], 1 / (1 + np.exp([2, -1, 4])), rtol=1e-6)
    assert list(told[0]) == ["no", "yes"]


def test_inspect_tells_model_size_and_card(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", saved]) == 0
    text = capsys.readouterr().out
    assert "  +2 * age\n" in text
    assert "predict yes if score > 0, else no" in text
    assert "\ncard\n" in text
    assert main(["inspect", saved, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["size_bytes"] == pytest.approx(sum(told["size_by_part"].values()))
    assert told["card"]["target"] == "churn"


def test_plugins_lists_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 0
    assert "linear" in capsys.readouterr().out
    assert main(["plugins", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"families", "plugins", "problems", "targets"}
    assert "regression" in told["families"]["linear"]


def test_schema_prints_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "SearchRequest"


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)])
def test_help_and_version_stay_light(words: list[str]) -> None:
    probe = (
        "import sys\nfrom automicro.cli import main\n"
        f"try: main({words})\n"
        f"except SystemExit as end: assert end.code == 0\n"
        f"heavy = set({HEAVY}) & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "automicro" in done.stdout


def test_a_closed_pipe_is_no_error() -> None:
    run = "from automicro.cli import main; import sys; sys.exit(main(['schema']))"
    with subprocess.Popen([sys.executable, "-c", run], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_probabilities_of_a_model_that_predicts_numbers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = Program(1, (Numeric(0),), Affine(Weights.of([[2.0]]), Weights.of([0.5])), "identity")
    (tmp_path / "m.micro").write_bytes(write_artifact(program))
    (tmp_path / "rows.csv").write_text("x\n1\n")
    assert main(["predict", str(tmp_path / "m.micro"), str(tmp_path / "rows.csv"), "--proba"]) == 2
    assert "needs a classifier" in said(capsys)
    assert main(["predict", str(tmp_path / "m.micro"), "sklearn:iris", "--format", "csv"]) == 2
    assert "--format" in said(capsys)


@pytest.mark.parametrize("place", ["", "none/m.micro"])
def test_an_output_that_cannot_be_written_is_told_before_the_data_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    words = ["select", "no.csv", "--target", "y", "--metric", "r2", "--score", "0.5", "--model", str(tmp_path / place)]
    assert main(words) == 2
    assert said(capsys).startswith("output.model: ")


@pytest.mark.parametrize(("name", "code"), [("OUTPUT", "--output"), ("plot", "--plot")])
def test_a_command_never_writes_over_what_it_reads(
    saved: str, capsys: pytest.CaptureFixture[str], name: str, code: str
) -> None:
    rows = Path(saved).with_name("rows.csv")
    before = Path(saved).read_bytes(), rows.read_bytes()
    for path in (saved, str(rows)):
        words = (
            ["predict", saved, str(rows), "--output"] if code == "--output" else ["explain", saved, str(rows), "--plot"]
        )
        link = rows.with_name(f"{name}{len(path)}.csv")
        link.symlink_to(path)
        assert main([*words, str(link)]) == 2
        assert said(capsys).startswith(f"{code}: must differ from ")
    assert (Path(saved).read_bytes(), rows.read_bytes()) == before


def test_predictions_that_cannot_be_written_are_printed(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(Path(saved).with_name("rows.csv"))
    assert main(["predict", saved, rows, "--output", "/dev/full"]) == 6
    assert capsys.readouterr() == (
        "churn\nno\nyes\nno\n",
        "--output: must be a file that can be written, but /dev/full: No space left on device\n",
    )


def test_a_search_never_writes_over_its_search_file(
    asked: Asked, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", config, "--report", config]) == 2
    assert said(capsys).startswith("output.report: must differ from the search file")
    assert Path(config).read_text() == CONFIG
    assert asked.request is None


def test_being_terminated_is_like_ctrl_c(monkeypatch: pytest.MonkeyPatch, config: str) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("automicro.requested.found", lambda *_: signal.raise_signal(signal.SIGTERM))
    assert main(["run", config]) == 130
    assert signal.getsignal(signal.SIGTERM) is before
