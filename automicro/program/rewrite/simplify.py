"""Programs in canonical form: the same predictions with fewer parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.program.rewrite.bodies import flat, has_forms, reduced
from automicro.program.rewrite.decoding import decoders_of, features_of, recoded, shared, with_fills_at_cuts
from automicro.program.rewrite.domains import domain_of

if TYPE_CHECKING:
    from automicro.program.nodes import Program

__all__ = ["simplify"]


def simplify(program: Program) -> Program:
    """Return a program of the same meaning in canonical form.

    - Nested chains and sums are flat; affine maps that follow one another are folded, scaling of what is only compared moves into cuts.
    - Of a sum there is at most one affine map, one set of step tables and one forest (two if leaves are of two widths), and one bias.
    - Splits that no row can reach, that decide nothing or between equal subtrees are gone; trees on one feature are step tables, one for
      each feature and output, with the fewest pieces.
    - Features, levels and look-up values that are not used are gone, equal decoders are shared, decoders are sorted by column.
    - Look-ups that are only compared hold ranks; fills of features that are only compared are at the end of their piece.

    Predictions stay the same but for the rounding of sums of weights to float32.
    """
    features, body = shared(features_of(program.decoders), flat(program.body))
    stable = False
    while not stable:
        body = reduced(body, [domain_of(feature) for feature in features], choose=False)
        features, body = recoded(features, body)
        moved = with_fills_at_cuts(features, body)
        features, body = shared(moved, body)
        stable = features == moved  # else features have changed places or become one: look again
    if has_forms(body):
        body = reduced(body, [domain_of(feature) for feature in features], choose=True)
    return replace(program, decoders=decoders_of(features), body=body)
