"""What can be tried: widths, heads, patches and roundings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.plugin import Choice, Declined, Space

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["Setting", "space_of"]

FEWEST_ROWS = 20
NEIGHBOURS = 16  # columns from which on neighbours may make one token
WIDTH = Choice("width", (4, 1, 2, 3, 6, 8, 12, 16))
NARROW = Choice("width", (2, 1, 3, 4, 6))
HEADS = Choice("heads", (1, 2, 4, 8))
ACTIVATION = Choice("activation", ("tanh", "none", "relu"))
ASKS = Choice("asks", (False, True))
KEPT = Choice("kept", (1.0, 0.5, 0.25))
ROUNDING = Choice("rounding", ("coarse", "fine"))
USUAL = {"kept": 1.0, "rounding": "coarse"}


@dataclass(frozen=True)
class Setting:
    """The parameters of the family; those that a kind of data does not have stand at what they mean there."""

    width: int
    heads: int
    kept: float
    rounding: str
    activation: str
    asks: bool
    patch: int
    shared: bool

    @classmethod
    def of(cls, parameters: Parameters) -> Setting:
        """Read the parameters of a candidate."""
        return cls(
            int(parameters["width"]),
            int(parameters["heads"]),
            float(parameters["kept"]),
            str(parameters["rounding"]),
            str(parameters.get("activation", "none")),
            bool(parameters.get("asks", False)),
            int(parameters.get("patch", 1)),
            bool(parameters.get("shared", False)),
        )


def space_of(profile: Profile) -> Space:
    """Return the space for a problem: texts have no choice of activations, as each word has numbers of its own."""
    if profile.structural.monotone:
        raise Declined("attention is not kept to a direction, which monotone requires")
    if profile.rows < FEWEST_ROWS:
        raise Declined(f"needs at least {FEWEST_ROWS} rows; this problem has {profile.rows}")
    if profile.kind == "text":
        words = ({"width": 2, "heads": 1}, {"width": 1, "heads": 1}, {"width": 4, "heads": 2})
        return Space((NARROW, HEADS, KEPT, ROUNDING), tuple(USUAL | setting for setting in words))
    rest = (WIDTH, HEADS, ACTIVATION, ASKS, KEPT, ROUNDING)
    plain = USUAL | {"activation": "none", "asks": False}
    if profile.kind == "series":
        windows = [{"shared": shared, "width": 8, "heads": 2} for shared in (False, True)]
        windows.append({"shared": True, "width": 6, "heads": 4})
        return Space((Choice("shared", (True, False)), *rest), tuple(plain | setting for setting in windows))
    return _of_tables(profile, rest, plain)


def _of_tables(profile: Profile, rest: tuple[Choice, ...], plain: Parameters) -> Space:
    """Return the space for tables: where all columns are numbers, neighbours can make one token."""
    side = _side(profile)
    bounded = {**plain, "patch": 1, "activation": "tanh"}
    portfolio = [bounded | {"width": 4, "heads": 1}, bounded | {"width": 8, "heads": 4}]
    if side > 1:
        portfolio.append({**plain, "patch": side, "shared": True, "width": 8, "heads": 8})
    portfolio.append({**bounded, "activation": "relu", "asks": True, "width": 12, "heads": 4, "rounding": "fine"})
    patches: tuple[Choice, ...] = (Choice("patch", (1,)),)
    if side > 1:
        patches = (Choice("patch", (1, side)), Choice("shared", (True, False), when={"patch": (side,)}))
    return Space((*patches, *rest), tuple(portfolio))


def _side(profile: Profile) -> int:
    """Return the side of a square of columns, 1 where they are few or not all numbers."""
    columns = profile.columns
    if len(columns) < NEIGHBOURS or any(column.kind != "numeric" for column in columns):
        return 1
    return round(math.sqrt(len(columns)))
