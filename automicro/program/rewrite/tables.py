"""Step functions summed, with the fewest pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import cut_ranges
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import StepTables
from automicro.program.rewrite.blocks import ROUNDING, joined
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.rewrite.domains import Domain

    Floats = NDArray[np.float64]

__all__ = ["Step", "Tables"]

FEW_PIECES = 3  # tables of so many pieces on average have their first value moved to the bias, unless that costs bits


@dataclass(frozen=True, eq=False)
class Step:
    """One step function: pieces end at `cuts`; NaN takes `missing`, or the first piece if that is None."""

    cuts: NDArray[np.float32]
    values: Floats
    missing: float | None

    def at(self, ends: NDArray[np.float32]) -> Floats:
        """Return the values at some numbers and, last, past all of them."""
        places = np.searchsorted(self.cuts, ends, side="left")
        values: Floats = self.values[np.append(places, len(self.cuts))]
        return values

    @property
    def of_missing(self) -> float:
        """What NaN adds."""
        return float(self.values[0]) if self.missing is None else self.missing

    def narrowed(self, domain: Domain) -> Step:
        """Return the same function with cuts that separate values of a domain, equal neighbours joined."""
        low, high = domain.interval
        cuts = np.array([domain.canonical(cut) for cut in self.cuts.tolist()], dtype=np.float32) + np.float32(0)
        exact = np.clip(self.values, -FLOAT32_MAX, FLOAT32_MAX)
        values = exact.astype(np.float32)
        inside = (cuts > low) & (cuts < high)
        inside[1:] &= cuts[1:] > cuts[:-1]
        first, last = int((cuts <= low).sum()), len(cuts) - int((cuts >= high).sum())
        kept = [i for i in range(first, last) if inside[i]]
        pieces = [*kept, last]
        kept = [i for i, following in zip(kept, pieces[1:], strict=True) if values[i] != values[following]]
        return Step(cuts[kept], exact[[*kept, last]], self.missing if domain.has_nan else None)


def summed(steps: Sequence[Step]) -> Step:
    """Return the sum of step functions of one feature."""
    if len(steps) == 1:
        return steps[0]
    cuts = np.unique(np.concatenate([step.cuts for step in steps]))
    values = np.sum([step.at(cuts) for step in steps], axis=0)
    unknown = all(step.missing is None for step in steps)
    return Step(cuts, values, None if unknown else sum(step.of_missing for step in steps))


@dataclass
class Tables:
    """Step functions collected by feature and output, and the constants that come with them.

    In time: `add_node` and `add` what there is, then `nodes` once.
    """

    bias: Floats
    steps: dict[tuple[int, int], list[Step]] = field(default_factory=dict)
    sources: list[Weights] = field(default_factory=list)

    def copy(self) -> Tables:
        """Return the same collection, to be added to apart."""
        return Tables(self.bias.copy(), {key: list(steps) for key, steps in self.steps.items()}, list(self.sources))

    def add(self, feature: int, output: int, step: Step) -> None:
        """Take up a step function."""
        self.steps.setdefault((feature, output), []).append(step)

    def add_node(self, node: StepTables) -> None:
        """Take up all tables of a node, and its bias."""
        self.bias += node.bias.values
        self.sources += [node.values, node.bias] if node.missing is None else [node.values, node.bias, node.missing]
        values = np.split(node.values.values.astype(np.float64), np.cumsum(node.pieces)[:-1])
        for table, (start, stop) in enumerate(cut_ranges(node)):
            missing = None if node.missing is None else float(node.missing.values[table])
            self.add(
                node.features[table], node.outputs[table], Step(node.cuts.values[start:stop], values[table], missing)
            )

    def nodes(self, domains: Sequence[Domain]) -> list[StepTables]:
        """Return nodes that each add everything up, the first with values as they are; none if only constants are left: see `bias`."""
        merged = {}
        for (feature, output), steps in sorted(self.steps.items()):
            step = summed(steps).narrowed(domains[feature])
            if len(step.cuts) or (step.missing is not None and step.missing != step.values[0]):
                merged[feature, output] = step
            else:
                self.bias[output] += step.values[0]
        self.steps = {}
        if not merged:
            return []
        plain = self._build(merged, self.bias, domains)
        anchored = self._anchored(merged, domains)
        if plain.values.encoding is None:
            return [anchored] if sum(plain.pieces) <= FEW_PIECES * len(plain.pieces) else [plain]
        if anchored.values.encoding is None or not self._is_exact(merged, anchored):
            return [plain]
        return [plain, anchored]

    def _build(self, merged: dict[tuple[int, int], Step], bias: Floats, domains: Sequence[Domain]) -> StepTables:
        keys, steps = list(merged), list(merged.values())
        missing = [step.of_missing if domains[f].has_nan else 0.0 for (f, _), step in merged.items()]
        explicit = any(step.missing is not None for step in steps)
        return StepTables(
            tuple(feature for feature, _ in keys),
            tuple(output for _, output in keys),
            tuple(len(step.values) for step in steps),
            Weights(np.concatenate([step.cuts for step in steps])),
            joined(np.concatenate([step.values for step in steps]), self.sources),
            joined(bias, self.sources),
            joined(missing, self.sources) if explicit else None,
        )

    def _anchored(self, merged: dict[tuple[int, int], Step], domains: Sequence[Domain]) -> StepTables:
        """Return the tables with 0 as their first value."""
        bias, moved = self.bias.copy(), {}
        for (feature, output), step in merged.items():
            first = float(step.values[0])
            bias[output] += first
            missing = None if step.missing is None else step.missing - first
            moved[feature, output] = Step(step.cuts, step.values - first, missing)
        return self._build(moved, bias, domains)

    @staticmethod
    def _is_exact(merged: dict[tuple[int, int], Step], node: StepTables) -> bool:
        """Whether moving the tables has rounded values to float32 and no further."""
        exact = np.concatenate([step.values - step.values[0] for step in merged.values()])
        return bool((np.abs(exact - node.values.values) <= ROUNDING * np.abs(exact).max(initial=0)).all())
