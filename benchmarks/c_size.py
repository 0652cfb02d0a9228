"""Flash of exports in C on Cortex-M4F and Cortex-M0+, compiled and linked by zig: code, tables and support library of one function.

Run: ``python benchmarks/c_size.py [--write]``; it needs ziglang and pyelftools. The function is the one that returns the label; what it
does not call is dropped by the linker.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from elftools.elf.elffile import ELFFile
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split

import automicro
from automicro.export.exporting import export
from automicro.program import PRECISIONS, Numeric, Program, evaluate, quantise
from automicro_boosting.lower import forest, read_model
from automicro_boosting.thresholds import shortened

RESULTS = Path(__file__).parent / "results" / "c_size.md"
PARTS = {
    "Cortex-M4F": ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp"),
    "Cortex-M0+": ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m0plus"),
}
FLAGS = "-std=c99 -Os -g -ffreestanding -fno-unwind-tables -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections"
LAYOUT = """
SECTIONS { . = 0; .text : { KEEP(*(.text.m_label)) *(.text*) *(.rodata*) } .data : { *(.data*) } .bss : { *(.bss*) }
/DISCARD/ : { *(.ARM.attributes) *(.comment) *(.ARM.exidx*) } }
"""
SETS = {"breast_cancer": load_breast_cancer, "digits": load_digits, "wine": load_wine, "iris": load_iris}
SPLIT = {"test_size": 0.33, "random_state": 42}


def measured(program, part, **options):
    """Return bytes of flash, and of tables among them."""
    made = export(program, None, "c", "m", options)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made.save(folder)
        (folder / "layout.ld").write_text(LAYOUT)
        link = ["-Wl,--gc-sections", "-Wl,-T,layout.ld", "-Wl,-e,m_label", "-o", "m.elf"]
        command = [sys.executable, "-m", "ziglang", "cc", *PARTS[part], *FLAGS.split(), *link, "m.c"]
        subprocess.run(command, cwd=folder, check=True)
        with (folder / "m.elf").open("rb") as file:
            elf = ELFFile(file)
            flash = sum(section["sh_size"] for section in elf.iter_sections() if section["sh_flags"] & 2)
            symbols = {each.name: each["st_size"] for each in elf.get_section_by_name(".symtab").iter_symbols()}
            kinds = {each.name: each["st_info"]["type"] for each in elf.get_section_by_name(".symtab").iter_symbols()}
    tables = sum(size for name, size in symbols.items() if kinds[name] == "STT_OBJECT")
    return flash, tables


def data_of(name):
    X, y = SETS[name](return_X_y=True)
    return train_test_split(X.astype(np.float32), y, **SPLIT)


def ensemble(name, rounds, least):
    """Return 100 trees of LightGBM of at most 31 leaves, thresholds shortened between training rows."""
    train, _, labels, _ = data_of(name)
    classes = len(np.unique(labels))
    fitted = LGBMClassifier(n_estimators=rounds, num_leaves=31, min_child_samples=least, n_jobs=2, verbose=-1)
    fitted.fit(train, labels)
    outputs, link = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    grown = read_model(fitted.booster_.model_to_string(), outputs, link)
    lowered = forest(shortened(grown, train, [SimpleNamespace(kind="numeric")] * train.shape[1]))
    decoders = tuple(Numeric(place) for place in range(train.shape[1]))
    return Program(train.shape[1], decoders, lowered.body, link, tuple(range(classes)))


def accuracy(program, name):
    _, test, _, labels = data_of(name)
    predicted = evaluate(program, [test[:, place] for place in range(test.shape[1])])
    return float((np.array(program.labels)[predicted.argmax(axis=1)] == labels).mean())


def found(name, family, score):
    """Return the smallest model of a family that reaches an accuracy."""
    train, _, labels, _ = data_of(name)
    return automicro.select(
        train, labels, metric="accuracy", score=score, families=[family], trials=12, workers=0
    ).model.program


def lines():
    for name, rounds, least in (("breast_cancer", 100, 3), ("digits", 10, 20)):
        whole = ensemble(name, rounds, least)
        for precision in PRECISIONS[:4]:
            program = quantise(whole, precision)
            yield f"100 x 31 on {name}, {precision.name}", program, accuracy(program, name), "Cortex-M4F", {}
    for name, score in (("digits", 0.93), ("breast_cancer", 0.95), ("wine", 0.95), ("iris", 0.93)):
        program = found(name, "linear", score)
        yield f"linear on {name}", program, accuracy(program, name), "Cortex-M4F", {}
        if name == "digits":
            whole = {"arithmetic": "integer", "inputs": "uint8"}
            yield f"linear on {name}, uint8", program, accuracy(program, name), "Cortex-M0+", whole
    for name, score in (("breast_cancer", 0.93), ("wine", 0.93)):
        program = found(name, "boosting", score)
        yield f"boosting on {name}", program, accuracy(program, name), "Cortex-M4F", {}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    rows = [
        "| model | part | accuracy | flash, B | tables, B | beside, B |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for said, program, reached, part, options in lines():
        flash, tables = measured(program, part, **options)
        rows.append(f"| {said} | {part} | {reached:.3f} | {flash:,} | {tables:,} | {flash - tables:,} |")
        print(rows[-1], flush=True)
        if not write:
            continue
        told = "The function that returns the label, compiled with `-Os` by zig (`benchmarks/c_size.py`). Beside: code and support library."
        RESULTS.write_text(f"# Flash of exports in C\n\n{told}\n\n" + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
