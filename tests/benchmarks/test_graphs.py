"""The reader of molecules that the benchmarks use: elements, hydrogens, charges, rings and bond orders."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from graphs import molecule

NEIGHBOURS, HYDROGENS, CHARGE, AROMATIC, RING = 10, 11, 12, 13, 14


def test_an_alcohol_is_a_chain_with_its_hydrogens() -> None:
    graph = molecule("CC[C@H](C)O")
    assert graph["x"][:, HYDROGENS].tolist() == [3, 2, 1, 3, 1]
    assert graph["x"][:, NEIGHBOURS].tolist() == [1, 2, 3, 1, 1]
    assert not graph["x"][:, RING].any()
    assert graph["edge_attr"].sum(axis=0).tolist() == [8, 0, 0, 0, 0]


def test_both_directions_of_every_bond_are_there() -> None:
    ends = molecule("C1=C[C@@H]2CC1CC2")["edge_index"]
    assert {tuple(pair) for pair in ends.T} == {tuple(pair) for pair in ends[::-1].T}
    assert ends.shape == (2, 16)


def test_a_nitro_group_is_charged_and_hangs_on_an_aromatic_ring() -> None:
    graph = molecule("c1ccc(cc1)[N+](=O)[O-]")
    assert graph["x"][:, AROMATIC].tolist() == [1] * 6 + [0] * 3
    assert graph["x"][:, HYDROGENS].tolist() == [1, 1, 1, 0, 1, 1, 0, 0, 0]
    assert graph["x"][:, CHARGE].tolist() == [0] * 6 + [1, 0, -1]
    np.testing.assert_array_equal(graph["edge_attr"].sum(axis=0) / 2, [2, 1, 0, 6, 6])


def test_the_shared_bond_of_two_rings_lies_in_a_ring_and_a_bond_between_rings_does_not() -> None:
    assert molecule("c1ccc2[nH]ccc2c1")["edge_attr"][:, 4].all()
    assert molecule("c1ccccc1-c1ccccc1")["edge_attr"][:, 4].sum() == 24


@pytest.mark.parametrize("smiles", ["C.C", "C%12CC%12"])
def test_what_the_data_does_not_use_is_refused(smiles: str) -> None:
    with pytest.raises(ValueError, match="one organic molecule"):
        molecule(smiles)
