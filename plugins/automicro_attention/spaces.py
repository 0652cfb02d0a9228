"""The search space of the family, and the bytes that its settings take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import Choice, Declined, Space
from automicro.program import bounds

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["most_bytes", "space_of", "usual_bytes"]

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16)
HEADS = (1, 2, 4, 8)
KEPT = (1.0, 0.5, 0.25)
FEWEST_ROWS = 20
NEIGHBOURS = 16  # columns from which on neighbours may make one token


def space_of(profile: Profile) -> Space:
    """Return the space for a problem."""
    if profile.rows < FEWEST_ROWS:
        raise Declined(f"needs at least {FEWEST_ROWS} rows; this problem has {profile.rows}")
    patches = patches_of(profile)
    wider = tuple(patch for patch in patches if patch > 1)
    parameters = [
        Choice("patch", patches),
        *([Choice("shared", (True, False), when={"patch": wider})] if wider else []),
        Choice("width", WIDTHS),
        Choice("heads", HEADS),
        Choice("activation", ("tanh", "none", "relu")),
        Choice("asks", (False, True)),
        Choice("kept", KEPT),
        Choice("rounding", ("coarse", "fine")),
    ]
    usual = {"patch": 1, "activation": "tanh", "asks": False, "kept": 1.0, "rounding": "coarse"}
    portfolio = [
        usual | {"width": 4, "heads": 1},
        usual | {"width": 8, "heads": 4},
    ]
    portfolio += [
        usual | {"patch": patch, "shared": True, "width": 8, "heads": 8, "activation": "none"} for patch in wider
    ]
    portfolio += [usual | {"width": 12, "heads": 4, "activation": "relu", "asks": True, "rounding": "fine"}]
    return Space(tuple(parameters), tuple(portfolio))


def patches_of(profile: Profile) -> tuple[int, ...]:
    """Return how many neighbouring columns can make a token: one, and the side of a square where all are numbers alike."""
    columns = profile.columns
    if len(columns) < NEIGHBOURS or any(column.kind != "numeric" for column in columns):
        return (1,)
    return (1, round(len(columns) ** 0.5))


def most_bytes(parameters: Parameters, profile: Profile) -> int:
    """Return the bytes of float32 for every weight."""
    width, heads = int(parameters["width"]), int(parameters["heads"])
    features = profile.features_at_most
    tokens = min(len(profile.columns), features)
    most = bounds.affine_bytes(features)[1] + bounds.tokens_bytes(features, tokens, width, features)[1]
    most += bounds.attention_bytes(heads, width)[1]
    if parameters["asks"]:
        most += bounds.attention_bytes(heads, width, asking=True)[1]
    return most + bounds.affine_bytes(heads * width, profile.outputs, profile.classes)[1]


def usual_bytes(parameters: Parameters, profile: Profile) -> int:
    """Return about what three bits for every weight take."""
    width, heads = int(parameters["width"]), int(parameters["heads"])
    features = min(profile.features_at_most, profile.max_features or profile.features_at_most)
    tokens = max(1, features // int(parameters["patch"]))
    rows = tokens + (int(parameters["patch"]) if parameters.get("shared") else features)
    numbers = width * (float(parameters["kept"]) * rows + heads * (1 + profile.outputs))
    if parameters["asks"]:
        numbers += 2 * heads * width * width
    return 12 + int(3 * numbers / 8)
