"""No output destroys an input or another output, and one that cannot be written costs only itself."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automicro import outputs, requested
from automicro.errors import DataError, Infeasible, OutputError, RequestError
from automicro.outputs import check_outputs, saved_anywhere
from automicro.request import Output, SearchRequest, TrialRecord
from automicro.requested import check_files, select_request, write_results

RECORD = TrialRecord(number=0, family="tree", status="taken", reason="the smallest")


class SearchHistory:
    """A selection as far as its files go."""

    trace, prices = (RECORD,), ()
    model = SimpleNamespace(to_bytes=lambda *, strip: b"stripped" if strip else b"model")

    def __repr__(self) -> str:
        return "found"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,y\n1,2\n")
    return tmp_path / "data.csv"


def the_same(data: Path, way: str) -> str:
    """Return another path to a file."""
    folder = data.parent
    match way:
        case "itself":
            return str(data)
        case "relative":
            return "data.csv"
        case "round about":
            (folder / "sub").mkdir()
            return f"{folder}/sub/../data.csv"
        case "symbolic":
            (folder / "link").symlink_to("data.csv")
        case "two links":
            (folder / "first").symlink_to(data)
            (folder / "link").symlink_to("first")
        case "hard":
            (folder / "link").hardlink_to(data)
        case "folder":
            (folder / "link").symlink_to(folder)
            return f"{folder}/link/data.csv"
    return f"{folder}/link"


WAYS = ["itself", "relative", "round about", "symbolic", "two links", "hard", "folder"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("turned", [False, True])
def test_an_input_is_no_output(data: Path, way: str, turned: bool) -> None:
    other = the_same(data, way)
    read, written = (other, str(data)) if turned else (str(data), other)
    with pytest.raises(RequestError, match=r"^--output: must differ from DATA, but "):
        check_outputs({"--output": written}, {"MODEL": None, "DATA": read})
    assert data.read_text() == "a,y\n1,2\n"


@pytest.mark.parametrize("way", WAYS)
def test_two_outputs_are_two_files(data: Path, way: str) -> None:
    other = the_same(data, way)
    with pytest.raises(RequestError, match=r"must differ from output\.model, but both are"):
        check_outputs({"output.model": str(data), "output.trace": other}, {})


def test_two_new_files_are_the_same_through_a_link(data: Path) -> None:
    (data.parent / "link").symlink_to("new")
    with pytest.raises(RequestError, match="both are"):
        check_outputs({"output.model": "link", "output.trace": "new"}, {})
    check_outputs({"output.model": "/dev/null", "output.trace": "/dev/null"}, {"data.source": "/dev/null"})
    check_outputs({"output.model": "new", "output.trace": "other"}, {"data.source": "none.csv"})
    assert sorted(path.name for path in data.parent.iterdir()) == ["data.csv", "link"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("start_from", "earlier"), ("encoders", "mlp=earlier"), ("storage", "earlier/..")],
)
def test_every_file_of_a_request_is_an_input(data: Path, key: str, value: str) -> None:
    (data.parent / "earlier").mkdir() if key == "storage" else (data.parent / "earlier").touch()
    request = SearchRequest(
        data={"source": "sklearn:iris"},
        constraints={"metric": "accuracy", "score": 0.5},
        search={key: value},
        output={"report": "earlier" if key != "storage" else "report.txt"},
    )
    with pytest.raises(RequestError, match=rf"^output.report: must .* search.{key}"):
        check_files(request)
    output = SearchRequest(data={"source": "data.csv", "target": "y"}, constraints=request.constraints)
    check_files(output, {"the search file": None})
    with pytest.raises(RequestError, match="must differ from the search file"):
        check_files(
            output.model_copy(update={"output": Output(trace="search.toml")}), {"the search file": "search.toml"}
        )


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (".", "is a folder: name a file"),
        ("no/where", "the folder must exist"),
        ("data.csv/x", os.strerror(errno.ENOTDIR)),
        ("n" * 300, os.strerror(errno.ENAMETOOLONG)),
        ("/proc/x.micro", ""),
        ("a\0b", "null"),
    ],
)
def test_what_cannot_be_written_is_refused_beforehand(data: Path, path: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=r"^output.model: ") as raised:
        check_outputs({"output.model": path}, {})
    assert sentence in str(raised.value)


def test_a_folder_that_takes_no_file_is_refused_beforehand(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    with pytest.raises(RequestError, match="Permission denied"):
        check_outputs({"output.model": "new"}, {})
    check_outputs({"output.model": "/dev/full"}, {})  # a device is written in place


@pytest.mark.parametrize("folder", ["/dev/fd", f"/proc/{os.getpid()}/fd"], ids=["dev", "proc"])
def test_an_open_file_of_the_process_is_an_output_unless_it_is_an_input(data: Path, folder: str) -> None:
    with (data.parent / "new").open("w") as file:
        path = f"{folder}/{file.fileno()}"
        check_outputs({"output.trace": path, "output.report": path}, {"data.source": str(data)})
        with pytest.raises(RequestError, match="must differ from"):
            check_outputs({"output.trace": path}, {"data.source": "new"})


def failing(monkeypatch: pytest.MonkeyPatch, *failed: str) -> None:
    """Let the files of these folders or names fail as on a full disk."""
    write = outputs.write_file

    def write_file(path: Any, content: bytes) -> None:
        if any(part in Path(path).absolute().parts for part in failed):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    monkeypatch.setattr(outputs, "write_file", write_file)


@pytest.mark.parametrize("failed", ["model", "trace", "report"])
def test_a_file_that_fails_costs_only_itself(data: Path, monkeypatch: pytest.MonkeyPatch, failed: str) -> None:
    failing(monkeypatch, failed)
    asked = {key: str(data.parent / key) for key in ("model", "trace", "report")}
    failures = write_results(Output(**asked), SearchHistory())  # type: ignore[arg-type]  # what is read of a selection
    assert len(failures) == 1
    assert failures[0].startswith(
        f"output.{failed}: must be a file that can be written, but {data.parent / failed}: No space left on device"
    )
    made = {"model": "model", "report": "found\n", "trace": RECORD.model_dump_json()}
    for key in made.keys() - {failed}:
        text = (data.parent / key).read_text()
        assert text == made[key] if key != "trace" else '"number": 0' in text
    assert not (data.parent / failed).exists()
    rescued = failures[0].partition("; it is in ")[2]
    assert Path(rescued).read_bytes() == b"model" if failed == "model" else not rescued


def test_a_model_is_rescued_to_the_next_folder_that_takes_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data.parent / "full").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(data.parent / "full"))
    failing(monkeypatch, "full")
    said = saved_anywhere("output.model", "full/churn.micro", b"model")
    place = Path(said.partition("; it is in ")[2])
    assert place.parent == data.parent
    assert place.name.startswith("churn-")
    assert place.suffix == ".micro"
    assert place.read_bytes() == b"model"
    failing(monkeypatch, data.parent.name)
    assert saved_anywhere("output.model", "full/m", b"model").endswith("its bytes in base64 are bW9kZWw=")


def test_nothing_is_rescued_to_where_nothing_stays(data: Path) -> None:
    said = saved_anywhere("output.model", "/dev/full", b"model")
    assert said.startswith(
        "output.model: must be a file that can be written, but /dev/full: No space left on device; it is in "
    )
    assert Path(said.partition("; it is in ")[2]).parent == data.parent


def test_a_failed_file_raises_with_the_selection(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    selection = SearchHistory()
    monkeypatch.setattr(requested, "found", lambda *_: selection)
    request = SearchRequest(
        data={"source": "data.csv", "target": "y"},
        constraints={"metric": "r2", "score": 0.5},
        output={"report": str(data.parent / "report")},
    )
    failing(monkeypatch, "report")
    with pytest.raises(OutputError, match="No space left") as raised:
        select_request(request)
    assert raised.value.selection is selection
    assert isinstance(raised.value, DataError)

    def infeasible(*_: Any) -> None:
        raise Infeasible("no model").noted(["a note"])

    monkeypatch.setattr(requested, "found", infeasible)
    with pytest.raises(Infeasible) as missed:
        select_request(request)
    assert missed.value.notes[0] == "a note"
    assert "No space left" in missed.value.notes[1]
