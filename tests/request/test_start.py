"""What a search starts from is plain text in a request, whether it was given as a path, a model or arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automicro.errors import RequestError
from automicro.request import Search, SearchRequest
from automicro.request.files import dumps, loads, read_request
from automicro.request.start import content_of, read_arrays, split_encoder

HEAD = {"constraints": {"metric": "r2", "score": 0.5}}


class Modelled:
    def to_bytes(self) -> bytes:
        return b"bytes of a model"


def test_a_model_in_memory_and_arrays_survive_a_file() -> None:
    search = Search(start_from=Modelled(), encoders={"mlp": {"w": np.arange(6.0).reshape(2, 3)}, "gnn": "g.npz"})
    request = SearchRequest(search=search, **HEAD)
    for form in ("toml", "yaml", "json"):
        assert loads(dumps(request, form), form) == request
    assert content_of(search.start_from or "", "k") == b"bytes of a model"
    family, source = split_encoder((search.encoders or ())[0])
    assert family == "mlp"
    assert np.array_equal(read_arrays(source, "k")["w"], np.arange(6.0).reshape(2, 3))


def test_paths_belong_to_the_folder_of_the_file_or_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "s.toml").write_text(
        "[constraints]\nmetric = 'r2'\nscore = 0.5\n[search]\nstart_from = 'a.micro'\nencoders = {mlp = 'w.npz'}\n"
    )
    monkeypatch.chdir(tmp_path)
    search = read_request("config/s.toml").search
    assert search.start_from == str(tmp_path / "config" / "a.micro")
    assert search.encoders == (f"mlp={tmp_path / 'config' / 'w.npz'}",)
    search = read_request("config/s.toml", ["search.start_from=b.micro", "search.encoders=mlp=x.npz,gnn=/y.npz"]).search
    assert search.start_from == str(tmp_path / "b.micro")
    assert search.encoders == (f"mlp={tmp_path / 'x.npz'}", "gnn=/y.npz")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"start_from": 3}, "start_from: must be the path of a .micro file or a loaded model, but got 3"),
        ({"encoders": {}}, "encoders: must name families and .npz files"),
        ({"encoders": "mlp"}, "encoders: must name families and .npz files"),
        ({"encoders": ["mlp=a", "mlp=b"]}, "encoders: must name each family only once"),
        ({"encoders": {"mlp": {}}}, "encoders: the encoder of 'mlp' must be a path or arrays by name"),
        ({"encoders": {"mlp": {"w": [np.nan]}}}, "array 'w' must hold finite numbers"),
        ({"encoders": {"mlp": {"w": ["a"]}}}, "array 'w' must hold finite numbers"),
    ],
)
def test_what_is_neither_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        Search(**settings)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_contents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="k: must be base64"):
        content_of("base64://!", "k")
    np.savez(tmp_path / "o.npz", w=np.array([object()]))
    np.savez(tmp_path / "n.npz", w=np.array([np.inf]))
    for name, said in (("o", "must be an .npz file of numbers"), ("n", "array 'w' must hold finite numbers")):
        with pytest.raises(RequestError, match=said):
            read_arrays(str(tmp_path / f"{name}.npz"), "k")
