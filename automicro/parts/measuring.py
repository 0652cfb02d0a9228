"""Measures a model on a part: exports it to C, compiles it, runs rows, and compares them with the reference evaluator."""

from __future__ import annotations

import importlib.util
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError, NotExported, RequestError
from automicro.export.deployed import deployed
from automicro.export.exporting import checked_options, export_to, target_named
from automicro.parts.emulator import Emulator
from automicro.parts.functions import Struct, function_of, scores_of
from automicro.parts.image import compiled, linked
from automicro.parts.known import part_named
from automicro.parts.measured import Measured
from automicro.parts.webassembly import WebAssembly
from automicro.program import evaluate, scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.parts.functions import Function
    from automicro.parts.image import Image
    from automicro.parts.known import Part
    from automicro.program import Column, Program
    from automicro.runtime.model import Model

__all__ = ["measure_on_part"]

NAME = "model"
TOLERANCE = 1e-5  # of scores, relative to those of the reference
LARGEST = float(np.finfo(np.float32).max)
NEEDS = {"wasm": ("ziglang", "wasmtime")}
NEEDS_OTHERWISE = ("ziglang", "unicorn", "elftools")
PACKAGES = {"elftools": "pyelftools"}  # of modules with another name


def measure_on_part(
    model: Model, X: Any, part: str, *, mhz: float | None = None, cycles: float | None = None, **options: Any
) -> Measured:
    """Return flash, RAM, stack and instructions of a model on a part, and whether it predicts the rows as here.

    The model is exported to C, compiled by zig for the part, and run in an emulator, which needs the extra `edge`. Instructions are
    counted, not cycles: an emulator knows neither the wait states of a flash nor a cache. One whose condition fails counts too.

    Parameters
    ----------
    model : Model
    X : table or array, (rows, columns)
        Rows as `Model.predict` takes them; every one is run.
    part : {"cortex-m4f", "cortex-m0plus", "rv32imc", "wasm"}
        Processor: with an FPU, two without one, and WebAssembly.
    mhz : float, optional
        Clock of the part, for microseconds.
    cycles : float, optional
        Cycles of an instruction on average, for microseconds.
    **options
        Options of the target `c`, such as ``layout="branches"``.

    Returns
    -------
    Measured

    Raises
    ------
    RequestError
        If the part or an option is wrong, or the extra is not installed.
    DataError
        If there is no row, or the rows cannot be read.
    NotExported
        If the target `c` cannot serve the model.
    NotCompiled
        If the compiler fails.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> model = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0).model
    >>> found = automicro.measure_on_part(model, X, "cortex-m4f")  # doctest: +SKIP
    >>> found.flash_bytes, found.agrees  # doctest: +SKIP
    (68, True)
    """
    chosen, factor = part_named(part), _us_of_an_instruction(mhz, cycles)
    code = _Code.of(model, options)
    _check_installed(chosen)
    columns = model.read(X)
    rows = code.struct.rows(columns)
    if not len(rows):
        raise DataError("measuring on a part needs a row at least, but got none")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compiled(code.files, f"{NAME}.c", chosen, folder)
        image = linked(chosen, folder, code.function.name)
        machine = _machine(chosen, image, code.function, rows.itemsize, counts=True)
        steps, made = _run(machine, rows)
        found = {code.function.name: made}
        if code.scores is not None:
            other = linked(chosen, folder, code.scores.name)
            found[code.scores.name] = _run(_machine(chosen, other, code.scores, rows.itemsize, counts=False), rows)[1]
    wrong = _differing(code, found, model.program, code.struct.read_back(columns, rows))
    median, worst = int(np.quantile(steps, 0.5, method="lower")), int(steps.max())
    return Measured(
        part=chosen.name,
        function=code.function.name,
        flash_bytes=image.code_bytes + image.table_bytes + image.support_bytes,
        code_bytes=image.code_bytes,
        table_bytes=image.table_bytes,
        support_bytes=image.support_bytes,
        ram_bytes=machine.ram_bytes if isinstance(machine, WebAssembly) else image.ram_bytes,
        stack_bytes=machine.stack_bytes,
        instructions_median=median,
        instructions_worst=worst,
        rows=len(rows),
        differing_rows=len(wrong),
        first_differing_row=int(wrong[0]) if len(wrong) else None,
        us_median=None if factor is None else median * factor,
        us_worst=None if factor is None else worst * factor,
    )


@dataclass(frozen=True)
class _Code:
    """An export: its files, the struct of a row, the function that predicts, and that of scores where these are compared too."""

    files: Mapping[str, str | bytes]
    struct: Struct
    function: Function
    scores: Function | None

    @classmethod
    def of(cls, model: Model, given: Mapping[str, Any]) -> _Code:
        if "interface" in given:
            raise RequestError("interface: must not be given, as rows are measured as structs: leave it out")
        target = target_named("c")
        options = checked_options(target, given)
        made = export_to(target, model.program, model.card, NAME, options)
        if not model.program.decoders:
            raise NotExported("measuring on a part needs a model that reads a column, but this one predicts a constant")
        header = made.files[f"{NAME}.h"]
        assert isinstance(header, str)  # noqa: S101 - source text
        struct = Struct(header, deployed(model.program, model.card, NAME), float(getattr(options, "scale", 1.0)))
        function, is_whole = function_of(header, NAME), struct.is_whole
        if is_whole and function.kind != "label":
            raise NotExported(
                "measuring on a part needs a classifier where inputs are whole numbers, as scores have a unit of their own"
            )
        return cls(
            made.files, struct, function, None if is_whole or function.kind != "label" else scores_of(header, NAME)
        )


def _check_installed(part: Part) -> None:
    needed = NEEDS.get(part.architecture, NEEDS_OTHERWISE)
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        *others, last = (PACKAGES.get(name, name) for name in missing)
        named = " and ".join([", ".join(others), last] if others else [last])
        raise RequestError(f"measuring on {part.name} needs {named}: pip install 'automicro[edge]'")


def _us_of_an_instruction(mhz: float | None, cycles: float | None) -> float | None:
    for name, value in (("mhz", mhz), ("cycles", cycles)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise RequestError(f"{name}: must be a number above 0, but got {value!r}")
    if (mhz is None) != (cycles is None):
        missing = "mhz" if mhz is None else "cycles"
        raise RequestError(f"{missing}: must be given too, as microseconds are instructions * cycles / mhz")
    return None if mhz is None or cycles is None else cycles / mhz


def _machine(part: Part, image: Image, function: Function, row_bytes: int, *, counts: bool) -> Emulator | WebAssembly:
    if part.architecture == "wasm":
        return WebAssembly(image, function, row_bytes)
    return Emulator(part, image, function, row_bytes, counts=counts)


def _run(machine: Emulator | WebAssembly, rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the instructions of each row, and what the function returns for it."""
    steps, made, before = [], [], 0
    for row in rows:
        made.append(machine.call(row.tobytes()))
        steps.append(machine.instructions - before)
        before = machine.instructions
    return np.array(steps), np.array(made)


def _differing(
    code: _Code, found: Mapping[str, NDArray[np.float64]], program: Program, columns: Sequence[Column | None]
) -> NDArray[np.int64]:
    """Return the rows that the part and the reference evaluator predict differently."""
    predicted = evaluate(program, columns).reshape(len(next(iter(found.values()))), -1)
    made = found[code.function.name]
    if code.function.kind != "label":
        return np.flatnonzero(_far(made, predicted))
    differs = made[:, 0] != np.argmax(predicted, axis=1)
    if code.scores is not None:
        differs |= _far(found[code.scores.name], scores(program, columns))
    return np.flatnonzero(differs)


def _far(made: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the numbers of a row differ, relative to the larger of what is wanted and of what is usual in their column."""
    made, wanted = np.clip(made, -LARGEST, LARGEST), np.clip(wanted, -LARGEST, LARGEST)
    size = np.maximum(np.abs(wanted), np.median(np.abs(np.nan_to_num(wanted)), axis=0))
    same = (made == wanted) | (np.isnan(made) & np.isnan(wanted)) | (np.abs(made - wanted) <= TOLERANCE * size)
    return np.asarray(~same.all(axis=1))
