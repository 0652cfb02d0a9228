"""A process that predicts has imported neither torch nor torch_geometric, whichever family made the model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automicro.discovery import discover
from automicro.runtime.model import Model
from automicro.search.context import Candidate, Context
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.trial.training import train
from automicro.testing import cases

CODE = """
import sys, numpy, automicro
X = {"gnn": {"x": numpy.ones((3, 4)), "edge_index": [[0, 1], [1, 2]]}}
for name in sys.argv[1:]:
    model = automicro.load(name + ".micro")
    kind = [None, "red"]
    rows = X.get(name, [[1.0, 2.0, 3, kind[row], True] for row in range(2)])
    assert len(model.predict(rows)) in (2, 3)
print({"torch", "torch_geometric", "networkx", "sklearn", "lightgbm", "optuna", "scipy"} & set(sys.modules))
"""


def test_models_of_the_torch_families_predict_without_torch(tmp_path: Path) -> None:
    pytest.importorskip("torch_geometric")
    from automicro.data import profile

    names = ["mlp", "attention", "gnn"]
    for name in names:
        family = discover().families[name]
        case = cases(family)[0]
        setting = candidate_space(family, profile(case.problem)).portfolio[0]
        if "steps" in setting:
            setting = {**setting, "steps": 1000}
        candidate = Candidate(0, name, own_parameters(setting), preparation_settings(family, setting), 0)
        context = Context(case.problem, (), case.metric)
        programs = train(context, family, candidate, np.arange(case.problem.rows), every_variant=False).programs
        Model(programs["full"]).save(tmp_path / f"{name}.micro")
    done = subprocess.run(
        [sys.executable, "-c", CODE, *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "set()\n", done.stderr
