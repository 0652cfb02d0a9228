"""What a family returns is checked by the type that carries it, in a sentence that says what must hold."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from automicro.errors import PluginError
from automicro.plugin import Choice, Float, Integer, Lowered, Needs, SizeBudget, Space, Variant
from automicro.program import Affine, Weights, check_body

A = Integer("a", 1, 3)

FAULTS: dict[str, Callable[[], Any]] = {
    "low of 'a' must be at most high": lambda: Integer("a", 10, 2),
    "low of 'a' must be a whole number": lambda: Integer("a", 1.5, 2),  # type: ignore[arg-type]  # a fault
    "high of 'a' must be a whole number of at most 53 bits": lambda: Integer("a", 1, 10**400),
    "low of 'b' must be above 0 on a logarithmic scale": lambda: Float("b", 0.0, 1.0, log=True),
    "low of 'b' must be a finite number, but is nan": lambda: Float("b", math.nan, 1.0),
    "high of 'b' must be a finite number, but is inf": lambda: Float("b", 0.0, math.inf),
    "and their difference finite": lambda: Float("b", -1.7e308, 1.7e308),
    "log of 'b' must be True or False": lambda: Float("b", 0.0, 1.0, log="yes"),  # type: ignore[arg-type]  # a fault
    "a parameter's name must be a text": lambda: Integer("", 1, 2),
    "options of 'c' must be 1 to 1000 values, but are 0": lambda: Choice("c", ()),
    "but are 1001": lambda: Choice("c", tuple(range(1001))),
    "one is \\[1\\]": lambda: Choice("c", ([1],)),
    "one is frozenset": lambda: Choice("c", (frozenset({1}),)),
    "one is <function": lambda: Choice("c", (lambda: 1,)),
    "one is nan": lambda: Choice("c", (math.nan,)),
    "options of 'c' must differ": lambda: Choice("c", (1, 1)),
    "when of 'a' must be a mapping": lambda: Integer("a", 1, 2, when=3),  # type: ignore[arg-type]  # a fault
    "parameters must be a tuple, but is 5": lambda: Space(5),  # type: ignore[arg-type]  # a fault
    "parameters must be Float, Integer or Choice, but one is 5": lambda: Space((5,)),  # type: ignore[arg-type]  # a fault
    "a setting must be a mapping": lambda: Space((A,), (3,)),  # type: ignore[arg-type]  # a fault
    "parameter 'a' must lie in": lambda: Space((A,), ({"a": 9},)),
    "parameters \\['z'\\] do not exist in the setting": lambda: Space((A,), ({"a": 1, "z": 1},)),
    "missing must be 'fill' or 'keep', but is 'median'": lambda: Needs("median"),  # type: ignore[arg-type]  # a fault
    "but are 'onehot'": lambda: Needs(categories="onehot"),  # type: ignore[arg-type]  # a fault
    "but are \\('hash',\\)": lambda: Needs(categories=("hash",)),  # type: ignore[arg-type]  # a fault
    "scaled must be True or False": lambda: Needs(scaled=1),  # type: ignore[arg-type]  # a fault
    "at_most_bytes of a size budget must be a whole number": lambda: SizeBudget(1, math.nan),  # type: ignore[arg-type]  # a fault
    "must have 0 <= at_least_bytes <= at_most_bytes": lambda: SizeBudget(5, 1),
    "usual_bytes of a size budget must be": lambda: SizeBudget(1, 5, "few"),  # type: ignore[arg-type]  # a fault
    "a variant's key must be a text": lambda: Variant((1, 2), None),  # type: ignore[arg-type]  # a fault
    "variant 'full' must hold a Lowered, but holds 'text'": lambda: Variant("full", "text"),  # type: ignore[arg-type]  # a fault
    "a body must be made of the nodes .*, but holds a str": lambda: check_body("text", 3),  # type: ignore[arg-type]  # a fault
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_fault_is_named(said: str) -> None:
    with pytest.raises(PluginError, match=said):
        FAULTS[said]()


def test_lists_and_subclasses_become_plain() -> None:
    class Kind(enum.IntEnum):
        ONE = 1

    space = Space([Choice("c", ["x", Kind.ONE, np.float64(0.5), None])], [{"c": np.float64(0.5)}])  # type: ignore[arg-type]  # as many write it
    assert [type(option) for option in space.parameters[0].options] == [str, int, float, type(None)]  # type: ignore[union-attr]
    assert space.portfolio == ({"c": 0.5},)
    assert type(SizeBudget(np.int64(1), np.int64(5)).at_most_bytes) is int  # type: ignore[arg-type]  # as numpy counts


def test_a_setting_is_a_copy() -> None:
    setting = {"a": 1}
    space = Space((A,), (setting,))
    setting["a"] = 9
    assert space.portfolio == ({"a": 1},)


def test_a_variant_holds_a_program() -> None:
    lowered = Lowered(Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    assert Variant("full", lowered).lowered is lowered
