"""Exports in C, compiled and called through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from automicro.export import deployed
from automicro.plugin import Declined
from automicro.program import Categories, Forest, Numeric, StepTables, columns_of, evaluate, scores
from automicro_c.inputs import struct_of
from automicro_c.source import struct_source

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Werror")
COMPILER = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler was found")
LARGEST = float(np.finfo(np.float32).max)


def library(folder: Path, sources: dict[str, str], *names: str) -> ctypes.CDLL:
    """Return one library of several source files, which one call of the compiler makes."""
    for name, text in sources.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "all.c").write_text("".join(f'#include "{name}"\n' for name in names))
    command = [COMPILER, *FLAGS, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-o", "all.so", "all.c"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[:2000]
    return ctypes.CDLL(str(folder / "all.so"))


def sources_of(programs, arithmetic, layout):
    """Return the files of many programs, those that C serves, and why it declines the others."""
    files, served, reasons = {}, {}, set()
    for key, program in programs.items():
        given = deployed(program, None, f"m{key}")
        try:
            made = struct_source(given, arithmetic, layout)
        except Declined as declined:
            reasons.add(str(declined))
            continue
        files |= {f"m{key}.h": made.header, f"m{key}.c": made.source}
        served[key] = given
    return files, served, reasons


class Built:
    """One program in a library."""

    def __init__(self, code, given, real):
        self.code, self.given, self.program, self.real = code, given, given.program, real
        self.struct = struct_of(given)
        self.type = type("Row", (ctypes.Structure,), {"_fields_": list(self._fields()) or [("none", ctypes.c_char)]})

    def _fields(self):
        self.wide = {d.column for d in self.program.decoders if isinstance(d, Numeric) and d.offset}
        for each in self.given.inputs:
            name = self.struct.fields[each.column]
            if each.kind == "category":
                yield name, ctypes.c_uint8
            elif each.kind == "text":
                yield from ((name, ctypes.c_char_p), (f"{name}_bytes", ctypes.c_uint32))
            elif each.kind == "series":
                yield from ((name, ctypes.POINTER(ctypes.c_float)), (f"{name}_samples", ctypes.c_uint32))
            else:
                yield name, ctypes.c_double if each.column in self.wide else ctypes.c_float

    def row(self, raw, columns, r):
        """Return the struct of one row."""
        made, self.kept = self.type(), []
        for each in self.given.inputs:
            name, column = self.struct.fields[each.column], columns[each.column]
            if each.kind == "text":
                if column.values[r] is not None:
                    octets = column.values[r].encode("utf-8", "surrogatepass")
                    setattr(made, name, octets)
                    setattr(made, f"{name}_bytes", len(octets))
            elif each.kind == "series":
                self.kept.append(np.ascontiguousarray(column[r], dtype=np.float32))
                setattr(made, name, self.kept[-1].ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
                setattr(made, f"{name}_samples", len(self.kept[-1]))
            elif each.kind == "category":
                levels = self.struct.codes[each.column]
                known = isinstance(column, Categories)
                absent = column.codes[r] < 0 if known else np.isnan(column[r])
                level = None if absent else column.levels[column.codes[r]] if known else "any"
                setattr(made, name, levels.get(level, 0))
            elif isinstance(column, Categories):
                setattr(made, name, np.nan if column.codes[r] < 0 else 0.0)
            else:
                setattr(made, name, float(raw[each.column][r] if each.column in self.wide else column[r]))
        return made

    def _array(self, function, row, count):
        result = (self.real * count)()
        getattr(self.code, f"{self.given.name}_{function}")(ctypes.byref(row), result)
        return np.array(result[:])

    def results(self, raw):
        """Return scores, labels or None, and predictions of rows, of the code and of the reference."""
        columns = columns_of(self.program, raw)
        wanted, predicted = scores(self.program, columns), evaluate(self.program, columns)
        predicted = predicted[:, None] if predicted.ndim == 1 else predicted
        rows = [self.row(raw, columns, r) for r in range(len(wanted))]
        made = np.array([self._array("scores", row, wanted.shape[1]) for row in rows])
        labels = None
        if self.program.labels is not None:
            label = getattr(self.code, f"{self.given.name}_label")
            labels = (np.array([label(ctypes.byref(row)) for row in rows]), np.argmax(predicted, axis=1))
            if self.program.link in {"identity", "exp"}:
                return (made, wanted), labels, None
            shown = np.array([self._array("probabilities", row, predicted.shape[1]) for row in rows])
        elif predicted.shape[1] > 1:
            shown = np.array([self._array("predict", row, predicted.shape[1]) for row in rows])
        else:
            predict = getattr(self.code, f"{self.given.name}_predict")
            predict.restype = self.real
            shown = np.array([[predict(ctypes.byref(row))] for row in rows])
        return (made, wanted), labels, (shown, predicted)


def beside_cuts(program, rows):
    """Return rows of which numeric columns hold all thresholds of the program, and the numbers just below and above."""
    cuts = np.unique(np.concatenate([np.zeros(1, np.float32), *_cuts(program.body)]))
    beside = np.concatenate([cuts, np.nextafter(cuts, np.float32(-np.inf)), np.nextafter(cuts, np.float32(np.inf))])
    offsets = {d.column: d.offset for d in program.decoders if isinstance(d, Numeric)}
    made = []
    for place, column in enumerate(rows):
        copies = np.resize(np.arange(len(column)), len(beside))
        made.append(beside.astype(np.float64) + offsets[place] if place in offsets else column[copies])
    return made


def _cuts(node):
    if isinstance(node, Forest):
        return [tree.threshold[tree.feature >= 0] for tree in node.trees]
    if isinstance(node, StepTables):
        return [node.cuts.values]
    return [each for part in getattr(node, "nodes", ()) for each in _cuts(part)]


def undecided(wanted):
    """Return whether the two largest scores of each row are so near that floats or probabilities may be the same."""
    with np.errstate(over="ignore", invalid="ignore"):
        ordered = np.sort(wanted, axis=1)
        return ordered[:, -1] - ordered[:, -2] <= 1e-6 * np.abs(wanted).max(axis=1) + 1e-15


def differs(made, wanted, tolerance):
    """Return the rows in which numbers differ by more than a tolerance, relative to the numbers of their column."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.maximum(np.abs(wanted), np.median(np.abs(np.nan_to_num(wanted)), axis=0))
        error = np.abs(made - wanted) / np.maximum(size, 1e-30)
        same = (made == wanted) | (np.isnan(made) & np.isnan(wanted))
        return np.flatnonzero(~(same | (error <= tolerance)).all(axis=1))
