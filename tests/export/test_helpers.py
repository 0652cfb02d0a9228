"""Numbers, identifiers and texts of exports mean the same in their language."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automicro.errors import RequestError
from automicro.export import (
    comment,
    deployed,
    double_text,
    float32_text,
    identifiers,
    last_rounded_to,
    quoted,
    threshold_text,
)
from automicro.program import Affine, Lookup, Missing, Numeric, OneHot, Program, Weights
from automicro.rows.readings import PLAIN, Reading

singles = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(singles)
def test_shortest_decimals_become_the_same_number(value: float) -> None:
    assert np.float32(float(float32_text(value))) == np.float32(value) == np.float32(float32_text(value))
    assert float(double_text(value)) == value
    assert len(float32_text(value)) <= len(double_text(value))


@given(singles, st.floats(allow_nan=False))
def test_thresholds_separate_the_same_numbers(threshold: float, value: float) -> None:
    low = np.float32(threshold)
    near = [low, np.nextafter(low, np.float32(np.inf)), np.nextafter(low, np.float32(-np.inf))]
    with np.errstate(over="ignore"):
        cut, last = float(threshold_text(threshold)), last_rounded_to(threshold)
        for single in [*near, np.float32(value)]:
            if np.isfinite(single):
                assert (float(single) <= cut) == (single <= low)
        beside = [last, math.nextafter(last, math.inf), math.nextafter(last, -math.inf), value]
        for double in beside:
            limited = min(max(double, -float(np.finfo(np.float32).max)), float(np.finfo(np.float32).max))
            assert (double <= last) == bool(np.float32(limited) <= low)


@given(st.lists(st.text(), max_size=8), st.sampled_from([(), ("class", "x", "x_2")]))
def test_identifiers_differ(names: list[str], reserved: tuple[str, ...]) -> None:
    made = identifiers(names, reserved)
    assert len({*made, *reserved}) == len(made) + len(reserved)
    assert all(each.isidentifier() and each.isascii() and len(each) < 50 for each in made)


@given(st.text(st.characters(blacklist_categories=())))
def test_quoted_texts_are_the_same_and_ascii(text: str) -> None:
    made = quoted(text, "python")
    assert made.isascii()
    assert eval(made) == text
    assert "</" not in quoted(text, "javascript")
    assert quoted(text, "javascript").isascii()
    assert quoted(text, "c").isascii()
    assert "??" not in quoted(text, "c")
    octal = eval("b" + quoted(text, "c"))
    assert octal.decode("utf-8", "surrogatepass") == text


@given(st.text())
def test_comments_do_not_end(text: str) -> None:
    made = comment(text)
    assert made.isascii()
    assert made.isprintable()
    assert not any(end in made for end in ("*/", "/*", "--", "</", "?>", "\\"))


def test_texts_of_sql() -> None:
    assert quoted("it's", "sql") == "'it''s'"
    with pytest.raises(ValueError, match="no NUL"):
        quoted("\0", "sql")


def test_inputs_have_the_kinds_readings_and_levels_of_the_program() -> None:
    decoders = (
        Missing(4),
        Numeric(3),
        OneHot(1, ("b", None)),
        Lookup(1, ("a", "b"), Weights.of([1.0, 2.0]), 0.0),
    )
    program = Program(5, decoders, Affine(Weights.of(np.ones((1, 5))), Weights.of([0.0])), "identity")
    assert [(each.column, each.name, each.kind) for each in deployed(program).inputs] == [
        (1, "column 1", "category"),
        (3, "column 3", "numeric"),
        (4, "column 4", "numeric"),
    ]
    kinds = ["numeric", "category", "numeric", "boolean", "text"]
    columns: list[dict[str, object]] = [{"name": f"n{i}", "kind": kind} for i, kind in enumerate(kinds)]
    columns[3]["reading"] = {"kind": "moment", "source": "day", "part": "year"}
    card = json.loads(json.dumps({"columns": columns}))
    first, second, third = deployed(program, card, "mine").inputs
    assert (first.kind, first.levels, first.reading) == ("category", ("b", None, "a"), PLAIN)
    assert (second.name, second.source, second.kind) == ("n3", "day", "boolean")
    assert second.reading == Reading(kind="moment", source="day", part="year")
    assert third.kind == "text"
    assert deployed(program, card).sources == ("n1", "day", "n4")
    with pytest.raises(RequestError, match="name: must be a letter"):
        deployed(program, card, "2nd")
