"""The text of exports in C: names from data, warnings, C++, and what is declined."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from built import FLAGS

from automicro import NotExported
from automicro.export.exporting import export
from automicro.program import Affine, Chain, Grams, Lookup, Numeric, OneHot, Pool, Program, Weights

HOSTILE = (
    "*/ int main(void) { return 1; } /*",
    'quote " and \\',
    "line\nbreak\r\\",
    "??/\n#error",
    "class",
    "int",
    "größe 😀\u202e",
    "a b",
    "a-b",
    "x" * 10_000,
    "",
    "\0",
)


def hostile():
    """Return a program whose columns, levels and labels have hostile names, and its card."""
    levels = tuple(HOSTILE)
    decoders = (
        *(Numeric(place) for place in range(len(HOSTILE) - 1)),
        OneHot(len(HOSTILE) - 1, (*levels[:6], None)),
        Lookup(len(HOSTILE) - 1, levels, Weights.of(np.arange(len(levels))), 0.5),
    )
    width = len(HOSTILE) - 1 + 7 + 1
    body = Affine(Weights.of(np.ones((len(HOSTILE), width))), Weights.of(np.arange(len(HOSTILE))))
    columns = [{"name": name, "kind": "numeric"} for name in HOSTILE]
    columns[-1]["kind"] = "category"
    return Program(len(HOSTILE), decoders, body, "softmax", HOSTILE), {"columns": columns}


@pytest.mark.parametrize("compiler", [("cc", "-x", "c", *FLAGS), ("c++", "-x", "c++", *FLAGS[1:])])
def test_hostile_names_compile_without_a_warning(compiler, tmp_path):
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"{compiler[0]} was not found")
    made = export(*hostile(), "c", "m")
    made.save(tmp_path)
    assert "main(void) { return 1; } /*" not in made.files["m.h"].replace("* /", "")
    command = [*compiler, "-Os", "-c", "-o", "m.o", "m.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]


def test_what_is_not_served_is_declined():
    graphs = Program(1, (Numeric(0),), Chain((Pool(("sum",), (0,)),)), "identity")
    with pytest.raises(NotExported, match="target 'c' needs a model of rows, but this one reads graphs"):
        export(graphs, None, "c")
    texts = Program(1, (Grams(0, "word", 1, 1, 4, (1,)),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    with pytest.raises(NotExported, match="target 'c' needs columns of numbers, categories or series"):
        export(texts, None, "c")


def test_sizes_and_notes_say_what_ships():
    program = Program(
        2, (Numeric(0), Numeric(1)), Affine(Weights.of([[1.0, 2.0]] * 8), Weights.of([0.5] * 8)), "identity"
    )
    reading = {"kind": "moment", "form": "year-month-day", "part": "days", "origin": "2016-01-22"}
    columns = [{"name": "bought", "kind": "numeric", "reading": reading}, {"name": "price", "kind": "numeric"}]
    made = export(program, {"columns": columns}, "c", "m")
    assert made.sizes["tables"] == 2
    assert made.notes == ("bought is days since 2016-01-22, with their fraction",)
    assert (
        "float bought; /* bought: days since 2016-01-22, with their fraction, NAN where missing */" in made.files["m.h"]
    )
