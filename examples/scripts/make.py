"""Searches a model of the penguins and writes it as modules of Python and JavaScript, in the folder of the first argument."""

import sys
from pathlib import Path

import pandas as pd

import automicro

rows = pd.read_csv(Path(__file__).parents[1] / "data" / "penguins.csv")
search = automicro.Search(trials=1, families=["tree"], workers=0)
model = automicro.select(rows, "species", metric="accuracy", score=0.9, search=search).model
for target in ("python", "javascript"):
    model.export(target, name="penguins").save(sys.argv[1])
print(model.predict(rows.head(1))[0])
