"""A search file names targets that its model is written for: checked before the search, written after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automicro import OutputError, RequestError, SearchRequest, TargetUnavailableError, select_request
from automicro.request.files import dumps, loads, read_request
from automicro.requested import check_files

CONSTRAINTS = {"metric": "accuracy", "score": 0.6}
TOML = """
[constraints]
metric = "accuracy"
score = 0.6

[output]
model = "m.micro"

[[output.export]]
target = "words"
folder = "out"

[[output.export]]
target = "words"
folder = "../other"
name = "mine"
options = {times = 2}
"""


def request(*entries: dict[str, Any], **output: Any) -> SearchRequest:
    return SearchRequest(constraints=CONSTRAINTS, output={"export": list(entries), **output})


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
def test_what_is_written_is_read(form: str) -> None:
    made = loads(TOML, "toml")
    assert [(each.target, each.folder, each.name, each.options) for each in made.output.export or ()] == [
        ("words", "out", "model", {}),
        ("words", "../other", "mine", {"times": 2}),
    ]
    assert loads(dumps(made, form), form) == made


def test_folders_are_taken_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "search.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    exports = read_request("config/search.toml").output.export or ()
    assert [each.folder for each in exports] == [str(tmp_path / "config/out"), str(tmp_path / "config/../other")]
    typed = read_request("config/search.toml", ["output.export=words=here, nothing = there"]).output.export or ()
    assert [(each.target, each.folder) for each in typed] == [
        ("words", str(tmp_path / "here")),
        ("nothing", str(tmp_path / "there")),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TOML.replace("options =", "option ="), "file:17: output.export.1.option: unknown key, did you mean 'options'"),
        (TOML.replace('folder = "out"\n', ""), "file:9: output.export.0.folder: must be given"),
        (TOML.replace('"../other"\nname = "mine"', '"out"'), "file:9: output.export: must be targets with different"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(RequestError) as raised:
        loads(text, "toml", name="file")
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("export", ["words", "words=", [], "=a", ","])
def test_an_export_must_have_a_target_and_a_folder(export: Any) -> None:
    with pytest.raises(RequestError, match=r"output\.export: must"):
        SearchRequest(constraints=CONSTRAINTS, output={"export": export})


@pytest.mark.parametrize(
    ("entry", "kind", "said"),
    [
        ({"target": "wrds"}, TargetUnavailableError, "output.export.0: no target is named 'wrds'"),
        ({"options": {"time": 2}}, RequestError, "output.export.0: target 'words': time: unknown key"),
        ({"name": "a b"}, RequestError, "output.export.0: name: must be a letter"),
        ({"folder": __file__}, RequestError, "output.export.0: folder: must be a folder, but"),
    ],
)
def test_it_is_checked_before_the_search(
    installed: Path, tmp_path: Path, entry: dict[str, Any], kind: type[Exception], said: str
) -> None:
    good = {"target": "words", "folder": str(tmp_path / "out")}
    check_files(request(good))
    with pytest.raises(kind) as raised:
        check_files(request({**good, **entry}))
    assert str(raised.value).startswith(said)


def test_no_export_goes_to_the_folder_of_trials(installed: Path, tmp_path: Path) -> None:
    made = SearchRequest(
        constraints=CONSTRAINTS,
        search={"storage": str(tmp_path)},
        output={"export": [{"target": "words", "folder": str(tmp_path / "out")}]},
    )
    with pytest.raises(RequestError, match=r"folder: must lie outside of search\.storage"):
        check_files(made)


def test_a_search_writes_its_model_for_targets(installed: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.txt"
    rows.write_text("a,y\n" + "".join(f"{i},{int(i > 39)}\n" for i in range(80)))
    out = {"target": "words", "folder": str(tmp_path)}
    asked = SearchRequest(
        data={"source": str(rows), "format": "csv", "target": "y"},
        constraints=CONSTRAINTS,
        search={"trials": 1, "families": ["linear"], "workers": 0},
        output={"export": [out, {**out, "name": "rows"}, {**out, "name": "graph"}], "report": str(tmp_path / "report")},
    )
    with pytest.raises(OutputError) as raised:
        select_request(asked)
    assert (tmp_path / "model.txt").read_text() == "a"
    assert rows.read_text().startswith("a,y")
    said = str(raised.value).split("; ")
    assert said[0].startswith("output.export.1: rows.txt: must differ from")
    assert said[1] == "output.export.2: target 'words' needs rows, but the model reads graphs"
    assert (tmp_path / "report").exists()
