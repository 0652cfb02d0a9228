"""Flash, RAM, stack and instructions on parts, of models of four tables, in emulators.

    AUTOMICRO_DATA=DATA python benchmarks/parts.py [--trials N]

Models are within 5 % of the reference, found in a few trials, so that bytes are not the smallest; what is shown is how file and flash
differ. Writes `benchmarks/results/parts.md`. Needs the extra `edge`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets import TABLES

import automicro
from automicro.parts.known import PARTS

RESULT = Path(__file__).parent / "results" / "parts.md"
NAMES = ("sk_breast_cancer", "sk_diabetes", "sk_digits", "keel_german")
ROWS = 200
HEAD = """# Models on parts

Models of four tables within 5 % of the reference, exported to C with the default options, compiled by zig with `-Os`, on 200 rows each.
Flash is that of the label, or of the predicted number: tables + code + support library. Instructions of WebAssembly are operations.

| table | family | file, bytes | part | flash | tables | code | support | static RAM | stack | instructions | worst | differing |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=6, help="of each search (default: 6)")
    trials = parser.parse_args().trials
    lines = [HEAD]
    for name in NAMES:
        data = TABLES[name]()
        task = "regression" if data.metric == "r2" else "classification"
        search = automicro.Search(trials=trials, families=("linear", "tree", "boosting"), seed=0, progress=False)
        try:
            found = automicro.select(
                data.X, data.y, metric=data.metric, within=0.05, task=task, certify=False, search=search
            )
        except automicro.Infeasible as infeasible:
            print(name, infeasible)
            continue
        for part in PARTS:
            got = automicro.measure_on_part(found.model, data.X.iloc[:ROWS], part)
            flash = (got.flash_bytes, got.table_bytes, got.code_bytes, got.support_bytes)
            run = (got.ram_bytes, got.stack_bytes, got.instructions_median, got.instructions_worst, got.differing_rows)
            shown = " | ".join(f"{each:,}" for each in (*flash, *run))
            lines.append(f"| {name} | {found.family} | {found.model.size_bytes:,} | {part} | {shown} |")
            print(lines[-1], flush=True)
    RESULT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
