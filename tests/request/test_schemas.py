"""The committed JSON Schemas are those of the models, and agree with what the models accept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from automicro.errors import RequestError
from automicro.request import Card, CardColumn, SearchRequest, TrialRecord
from automicro.request.schemas import SCHEMAS, schema_text

FOLDER = Path(__file__).parents[2] / "schemas"

GOOD = [
    {"constraints": {"metric": "roc_auc", "score": 0.83, "latency": "200us", "size": "2KB", "confidence": "90%"}},
    {"constraints": {"metric": "r2", "within": "1%", "size": 512, "interpretability": "additive", "max_columns": 3}},
    {
        "data": {"source": "rows.csv", "target": "y", "drop": ["a", "b"], "columns": "c,d"},
        "constraints": {"metric": "log_loss", "score": 0.5, "runtime": "python"},
        "search": {"seconds": "2min", "families": ["tree"], "trial_memory": "1.5GB", "progress": False},
        "output": {"model": "m.micro", "strip": True},
    },
]
BAD: list[Any] = [
    {},
    {"constraints": {"metric": "roc_auc", "scor": 0.83}},
    {"constraints": {"metric": "rocc_auc", "score": 0.83}},
    {"constraints": {"metric": "r2", "score": True}},
    {"constraints": {"metric": "r2", "score": 0.1, "latency": 200}},
    {"constraints": {"metric": "r2", "score": 0.1, "size": 0}},
    {"constraints": {"metric": "r2", "score": 0.1}, "search": {"trials": 0}},
    {"constraints": {"metric": "r2", "score": 0.1}, "data": {"target": "y"}},
    {"constraints": {"metric": "r2", "score": 0.1}, "serch": {}},
]


@pytest.mark.parametrize("name", SCHEMAS)
def test_committed_schemas_are_fresh(name: str) -> None:
    path = FOLDER / f"{name}.json"
    fresh = path.is_file() and path.read_text(encoding="utf-8") == schema_text(name)
    assert fresh, f"automicro schema {name} > schemas/{name}.json"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(name)))


def test_every_key_is_described() -> None:
    schema = json.loads(schema_text("search"))
    for part in (schema, *schema["$defs"].values()):
        assert all("description" in field for field in part["properties"].values())


@pytest.mark.parametrize("document", GOOD)
def test_the_schema_accepts_what_the_request_accepts(document: dict[str, Any]) -> None:
    schema = json.loads(schema_text("search"))
    jsonschema.validate(document, schema)
    jsonschema.validate(SearchRequest(**document).document(), schema)


@pytest.mark.parametrize("document", BAD)
def test_the_schema_refuses_what_the_request_refuses(document: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        SearchRequest(**document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(schema_text("search")))


def test_cards_and_records_keep_their_schemas() -> None:
    card = Card(
        columns=(CardColumn(name="age", kind="numeric"),),
        task="classification",
        labels=(False, 1, 0.5, "yes"),
        metric="roc_auc",
        score=0.9,
        score_interval=(0.8, 1.0),
        verdict="estimated",
        family="linear",
        parameters={"penalty": 0.1},
        interpretability="simulatable",
        size_bytes=31,
        sha256="0" * 64,
    )
    record = TrialRecord(
        number=0, family="tree", status="skipped", reason="takes at least 40 bytes", margins={"size": -0.3}
    )
    for model, name in ((card, "card"), (record, "trace")):
        document = json.loads(model.model_dump_json())
        jsonschema.validate(document, json.loads(schema_text(name)))
        assert type(model).model_validate(document) == model
    assert [type(label) for label in card.labels or ()] == [bool, int, float, str]
