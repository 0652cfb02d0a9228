"""Search files: what is written is read again, and what is wrong is told with file, line and key."""

from __future__ import annotations

import contextlib
import math
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automicro.errors import ConstraintError, RequestError
from automicro.request import LEVELS, METRICS, SearchRequest
from automicro.request.files import dumps, loads, read_request, write_request

if TYPE_CHECKING:
    from pathlib import Path

FORMS = ("toml", "yaml", "json")

words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
names = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=6), min_size=1, max_size=4, unique=True)
fractions = st.floats(0, 1, exclude_min=True, exclude_max=True)
times = st.floats(1e-6, 1e12) | st.integers(1, 10**9)


def optional(**strategies: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=strategies)


@st.composite
def constraint_tables(draw: st.DrawFn) -> dict[str, object]:
    metric = METRICS[draw(st.sampled_from(sorted(METRICS)))]
    table = draw(
        optional(
            interpretability=st.sampled_from(LEVELS),
            size=st.integers(1, 10**12),
            max_columns=st.integers(10, 10**6),
            max_operations=st.integers(1, 10**6),
            max_interactions=st.integers(0, 10**6),
            must_use=names,
            confidence=fractions,
        )
    )
    if "classification" in metric.tasks:
        table |= draw(optional(pos_label=words | st.integers(-(2**40), 2**40) | st.booleans()))
    low, high = max(metric.low, -1e300), min(metric.high, 1e300)
    if "clustering" not in metric.tasks:
        table |= draw(optional(margin=st.just("auto") | st.floats(0, 1e6)))
        table |= draw(optional(monotone=st.dictionaries(words, st.sampled_from("+-"), min_size=1)))
    beside = {"stability": st.floats(-1, 1)} if metric.name == "silhouette" else {"within": fractions}
    beside = {} if metric.name in ("density_validity", "stability") else beside
    table |= draw(st.fixed_dictionaries({"score": st.floats(low, high)}, optional=beside))
    if draw(st.booleans()):
        table |= {"latency": f"{draw(times)!r}us"} | draw(optional(latency_quantile=fractions))
    return {"metric": metric.name, **table}


@st.composite
def requests(draw: st.DrawFn) -> SearchRequest:
    search = draw(
        optional(
            trials=st.integers(1, 10**6),
            seconds=times,
            seed=st.integers(0, 2**32 - 1),
            families=names,
            workers=st.integers(1, 64),
            trial_seconds=times,
            trial_memory=st.integers(1, 10**12),
            storage=words,
            progress=st.booleans(),
        )
    )
    output = draw(st.just({}) | st.fixed_dictionaries({"model": words}, optional={"strip": st.booleans()}))
    data = {"source": draw(words.filter(lambda word: not word.startswith("sklearn:"))), "target": "y"}
    data |= draw(
        optional(columns=names.filter(lambda all_names: "y" not in all_names), groups=words.filter("y".__ne__))
    )
    return SearchRequest(data=data, constraints=draw(constraint_tables()), search=search, output=output)


BREAKS = SearchRequest(
    data={"source": "\x85\u2028\u2029\x7f\r\n\t'\"", "target": "é"}, constraints={"metric": "r2", "score": 0}
)


@pytest.mark.parametrize("form", FORMS)
@given(request=requests())
@example(request=BREAKS)
def test_what_is_written_is_read_again(form: str, request: SearchRequest) -> None:
    assert loads(dumps(request, form), form) == request


@pytest.mark.parametrize("suffix", [".toml", ".yaml", ".yml", ".json"])
def test_a_written_file_is_read_again(tmp_path: Path, suffix: str) -> None:
    request = SearchRequest(
        data={"source": "/rows.csv", "target": "y"}, constraints={"metric": "r2", "score": 0.5, "size": "2KiB"}
    )
    write_request(request, tmp_path / f"search{suffix}")
    assert read_request(tmp_path / f"search{suffix}") == request


def test_relative_paths_belong_to_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "search.toml").write_text(
        "[data]\nsource = 'rows.csv'\ntarget = 'y'\n[constraints]\nmetric = 'r2'\nscore = 0.5\n"
        "[search]\nstorage = 'sqlite:///trials.db'\n[output]\nmodel = '../m.micro'\ntrace = '/elsewhere/trace.jsonl'\n"
    )
    request = read_request(tmp_path / "search.toml")
    assert request.data is not None
    assert request.data.source == str(tmp_path / "rows.csv")
    assert request.output.model == str(tmp_path / "../m.micro")
    assert (request.output.trace, request.search.storage) == ("/elsewhere/trace.jsonl", "sqlite:///trials.db")


def test_paths_in_settings_belong_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "search.json").write_text(
        '{"data": {"source": "sklearn:iris"}, "constraints": {"metric": "accuracy", "score": 0.9}}'
    )
    monkeypatch.chdir(tmp_path)
    request = read_request("config/search.json", ["output.model=small.micro", "constraints.score=0.8"])
    assert request.data is not None
    assert (request.data.source, request.constraints.score) == ("sklearn:iris", 0.8)
    assert request.output.model == str(tmp_path / "small.micro")


MISSPELT = {
    "toml": "[data]\nsource = 'a.csv'\ntarget = 'y'\n\n[constraints]\nmetric = 'r2'\nscor = 0.5\n",
    "yaml": "data:\n  source: a.csv\n  target: y\n# limits\nconstraints:\n  metric: r2\n  scor: 0.5\n",
    "json": '{"data": {"source": "a:b.csv",\n"target": "y"},\n\n"constraints": {\n\n"metric": "r2",\n"scor": 0.5}}',
}


@pytest.mark.parametrize("form", FORMS)
def test_a_misspelt_key_is_told_with_file_and_line(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"search.{form}"
    path.write_text(MISSPELT[form])
    with pytest.raises(RequestError) as caught:
        read_request(path)
    assert str(caught.value) == f"{path}:7: constraints.scor: unknown key, did you mean 'score'"


@pytest.mark.parametrize("form", FORMS)
def test_an_impossible_value_is_told_with_file_and_line(form: str) -> None:
    text = MISSPELT[form].replace("scor", "score").replace("0.5", "1.5")
    with pytest.raises(ConstraintError) as caught:
        loads(text, form, name="s")
    assert str(caught.value) == "s:7: constraints.score: must be at most 1 for 'r2', but got 1.5"


def test_every_problem_of_a_file_is_told() -> None:
    text = "[constraints]\nmetric = 'r2'\nwithin = 2\nsize = 0\n[search]\ntrials = 0\n"
    with pytest.raises(ConstraintError) as caught:
        loads(text, "toml", name="s")
    assert [line.split(": ")[:2] for line in str(caught.value).splitlines()] == [
        ["s:3", "constraints.within"],
        ["s:4", "constraints.size"],
        ["s:6", "search.trials"],
    ]


def test_toml_keys_are_found_in_dotted_and_inline_tables() -> None:
    for text, line in (
        ("# a\nconstraints.scor = 1", 2),
        ("\nconstraints = {metric = 'r2', scor = 1}", 2),
        ('["constraints"]\n"scor" = 1', 2),
    ):
        with pytest.raises(RequestError, match=f"^s:{line}: constraints.scor: unknown key"):
            loads(text, "toml", name="s")


def test_a_wrong_setting_is_told_as_a_setting() -> None:
    with pytest.raises(
        ConstraintError, match=r"^the command line: constraints.score: must be at most 1 for 'r2', but got 3.0$"
    ):
        loads(MISSPELT["toml"].replace("scor", "score"), "toml", settings=["constraints.score=3"])


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("constraint.score=1", "constraint.score: unknown section 'constraint', did you mean 'constraints'"),
        ("score=1", "a setting must look like constraints.score=0.9, but got 'score=1'"),
        ("constraints.score", "a setting must look like constraints.score=0.9, but got 'constraints.score'"),
    ],
)
def test_a_setting_that_is_none_is_refused(setting: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        loads("", "yaml", settings=[setting])
    assert str(caught.value) == said


def test_an_empty_setting_takes_a_key_out() -> None:
    request = loads(
        MISSPELT["yaml"].replace("scor", "score"), "yaml", settings=["constraints.score=", "constraints.within=1%"]
    )
    assert (request.constraints.score, request.constraints.within) == (None, 0.01)


@pytest.mark.parametrize(
    ("form", "text", "place"),
    [
        ("toml", "[constraints]\nscore = \n", "s:2: "),
        ("toml", "[constraints]\nscore = 1\nscore = 2\n", "s:3: "),
        ("toml", "[constraints", "s:1: "),
        ("toml", f"a = {'9' * 5000}", "s: "),
        ("yaml", "a:\n  - b\n c", "s:3: "),
        ("yaml", "constraints:\n  score: 1\n  score: 2", "s:3: constraints.score: must occur once"),
        ("yaml", "a: \0", "s: must be YAML"),
        ("yaml", "a: 2020-13-01", "s: "),
        ("yaml", "- a", "s: must hold sections"),
        ("yaml", "1: 2", "s:1: 1: unknown key"),
        ("json", "{\n'a': 1}", "s:2: "),
        ("json", '{"search": {"seed": 1,\n"seed": 2}}', "s:2: search.seed: must occur once"),
        ("json", "[" * 100_000, "s: "),
        ("json", "3", "s: must hold sections"),
    ],
)
def test_text_that_is_no_request_is_refused_with_its_line(form: str, text: str, place: str) -> None:
    with pytest.raises(RequestError) as caught:
        loads(text, form, name="s")
    assert str(caught.value).startswith(place)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"must end in \.toml, \.yaml, \.yml, \.json"):
        read_request("search.tml")
    with pytest.raises(RequestError, match=r"none\.toml: must exist, but does not"):
        read_request(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(RequestError, match=r"latin\.toml: must be text in UTF-8"):
        read_request(tmp_path / "latin.toml")
    with pytest.raises(RequestError, match="must be a file that can be written"):
        write_request(SearchRequest(constraints={"metric": "r2", "score": 0}), tmp_path / "no" / "search.toml")


@given(text=st.text(), form=st.sampled_from(FORMS))
def test_any_text_is_a_request_or_a_request_error(text: str, form: str) -> None:
    with contextlib.suppress(RequestError):
        assert math.isfinite(loads(text, form).constraints.confidence)


def test_an_unknown_key_hides_no_wrong_value_beside_it() -> None:
    text = "constraints:\n  metric: accuracy\n  scor: 0.9\n  size: -1\nsearch:\n  sede: 1\n  trials: 0\n"
    with pytest.raises(RequestError) as caught:
        loads(text, "yaml", name="s")
    assert [line.split(": ")[:2] for line in str(caught.value).splitlines()] == [
        ["s:3", "constraints.scor"],
        ["s:4", "constraints.size"],
        ["s:6", "search.sede"],
        ["s:7", "search.trials"],
    ]


def test_a_key_inside_a_key_has_its_place() -> None:
    text = "constraints:\n  metric: accuracy\n  score: 0.9\n  robustness:\n    x: 1\n"
    with pytest.raises(RequestError, match=r"^s:5: constraints\.robustness\.x: |^s:4: constraints\.robustness"):
        loads(text, "yaml", name="s")
    with pytest.raises(RequestError, match=r"^the command line: constraints\.robustness"):
        loads(text, "yaml", name="s", settings=["constraints.robustness=x=1"])


@pytest.mark.parametrize("number", ["0777", "-0_7"])
def test_a_number_in_base_8_is_refused(number: str) -> None:
    text = f"constraints:\n  metric: accuracy\n  score: 0.9\n  size: {number}\n"
    with pytest.raises(RequestError, match=f"^s:4: a number must not begin with 0, .* but got {number}: write 7"):
        loads(text, "yaml", name="s")


def test_a_setting_may_be_a_list_of_names_as_in_a_file() -> None:
    request = loads(
        "constraints: {metric: accuracy, score: 0.9}", "yaml", settings=['search.families=["tree", "linear"]']
    )
    assert request.search.families == ("tree", "linear")
