"""The target `runtime`: sources that compile everywhere, and the model beside them."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import get_args

import drawn
import pytest
from compiled import LEFT_OUT, OK, STRICT, Runtime

from automicro.export import deployed
from automicro.program import Affine, Missing, Numeric, OneHot, Program, Weights, pack, unpack
from automicro.program.nodes import Decoder, Node
from automicro_runtime.files import FOLDER, source
from automicro_runtime.letters import letter_tables
from automicro_runtime.target import KINDS, RuntimeOptions, left_out
from automicro_runtime.target import Runtime as Target

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "runtime.md"
MAIN = """
int main(void) { return start() && classify(9.0f, "red", 3) == 1 && classify(0.0f, "blue", 4) == 0 ? 0 : 1; }
"""


def test_the_documented_program_predicts(compiler, tmp_path):
    body = Affine(Weights.of([[1.0, 0.5]]), Weights.of([-4.0]))
    program = Program(5, (Numeric(1), OneHot(4, ("red",))), body, "sigmoid", ("no", "yes"))
    names = {"columns": [{"name": name} for name in ("id", "length", "*/ \n??/", "", "colour")]}
    made = Target().export(deployed(program, names), RuntimeOptions())
    assert made.files["model.micro"] == pack(program)
    assert made.notes[0].startswith("the runtime can be compiled smaller for this model alone: -DAUTOMICRO_WITHOUT_")
    made.save(tmp_path)
    code = re.search(r"^```c\n(.*?)^```$", HOW_TO.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "main.c").write_text(code.group(1) + MAIN)
    sources = [tmp_path / "main.c", tmp_path / "automicro_runtime.c"]
    subprocess.run([compiler, *STRICT, "-o", tmp_path / "main", *sources], check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0


def test_names_of_cells_are_harmless(compiler, tmp_path):
    names = ["*/", "inputs", "micro", "a b", "a-b", "\U0001f600", "", "int", "x\ny", "a" * 10_000, "??/"]
    program = Program(
        len(names),
        tuple(map(Numeric, range(len(names)))),
        Affine(Weights.of([[1.0] * len(names)]), Weights.of([0.0])),
        "identity",
    )
    made = Target().export(deployed(program, {"columns": [{"name": name} for name in names]}), RuntimeOptions())
    made.save(tmp_path)
    (tmp_path / "main.c").write_text(
        f'#include "model_micro.h"\nint main(void) {{ return model_micro[0] == 0xb5 && model_inputs == {len(names)} ? 0 : 1; }}\n'
    )
    subprocess.run([compiler, *STRICT, "-o", tmp_path / "main", tmp_path / "main.c"], check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0


def test_what_a_model_does_without_can_be_left_out(compiler, tmp_path):
    for number, seed in enumerate((3, 24, 28)):
        program = unpack(pack(drawn.program(seed) if seed % 4 else drawn.graph_program(seed)))
        without = left_out(program)
        flags = [f"-DAUTOMICRO_WITHOUT_{kind}" for kind in without]
        built = tmp_path / f"small{number}.so"
        command = [compiler, *STRICT, "-O0", "-shared", "-fPIC", *flags, "-o", built, FOLDER / "automicro_runtime.c"]
        subprocess.run(command, check=True)
        small = Runtime(built)
        assert small.open(pack(program)).status == OK
        others = [pack(drawn.program(other)) for other in range(60)]
        refused = [LEFT_OUT if {*without} - {*left_out(unpack(data))} else OK for data in others]
        assert [small.open(data).status for data in others] == refused


def test_every_kind_can_be_left_out_or_is_always_in():
    known = {Affine, Numeric, Missing}.union(*KINDS.values())
    assert known == {*get_args(Node), *get_args(Decoder)}


def test_each_kind_compiles_alone(compiler, tmp_path):
    for kind in KINDS:
        defined = [f"-DAUTOMICRO_WITHOUT_{other}" for other in KINDS if other != kind]
        command = [compiler, *STRICT, *defined, "-c", "-o", tmp_path / "made.o", FOLDER / "automicro_runtime.c"]
        subprocess.run(command, check=True)


def test_it_is_c_plus_plus_too(tmp_path):
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no compiler of C++ is installed")
    flags = ["-x", "c++", *STRICT[1:], "-fsyntax-only"]
    subprocess.run([compiler, *flags, FOLDER / "automicro_runtime.c"], check=True)


def test_tables_of_letters_are_those_of_their_unicode():
    if unicodedata.unidata_version != "14.0.0":
        pytest.skip(f"the tables are of Unicode 14, this Python knows {unicodedata.unidata_version}")
    assert letter_tables() in source("automicro_runtime.c"), (
        "replace the tables by automicro_runtime.letters.letter_tables()"
    )
