"""What can be tried: bands of sizes, bases, orders of selection, penalties and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.plugin import Choice, Float, Space
from automicro_linear.solve.paths import ORDERS

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters
    from automicro.plugin.space import Parameter

__all__ = ["BANDS", "space_of", "strongest_of"]

BANDS: dict[str, tuple[int, ...]] = {
    "few": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16),
    "some": (8, 10, 12, 14, 16, 18, 20, 22, 25, 28, 32, 37, 43, 50),
    "many": (50, 58, 67, 77, 88, 100, 115, 135, 160, 190, 225, 270, 340, 450),
}
"""Numbers of terms of the models of a path."""

CUTS = (0, 1, 3, 7, 15)
LINES: dict[str, Any] = {"cuts": 0}
FEW_OUTPUTS = 4


def space_of(profile: Profile) -> Space:
    """Return the space for a problem, the portfolio in the order of what has proved smallest on data of many kinds."""
    chosen = {"terms": tuple(BANDS)}
    parameters: list[Parameter] = [
        Choice("terms", (*BANDS, "all")),
        Choice("cuts", CUTS if _has_numbers(profile) else (0,)),
        *([Choice("slopes", (False, True), when={"cuts": CUTS[1:]})] if _has_numbers(profile) else []),
        Choice("order", tuple(ORDERS), when=chosen),
        Float("ridge", 1e-4, 1.0, log=True, when=chosen),
    ]
    if profile.task == "regression":
        parameters.append(Choice("link", ("identity", "exp")))
    identity = {"link": ("identity",)} if profile.task == "regression" else {}
    return Space(tuple(parameters), (*_portfolio(profile), strongest_of(profile)), identity)


def strongest_of(profile: Profile) -> Parameters:
    """Return the setting with all terms."""
    return {"terms": "all", **LINES, **_link(profile)}


def _portfolio(profile: Profile) -> list[Parameters]:
    link = _link(profile)

    def setting(terms: str, basis: dict[str, Any], ridge: float, order: str = "forward", **more: str) -> Parameters:
        return {"terms": terms, **basis, "order": order, "ridge": ridge, **link, **more}

    def steps(cuts: int, *, slopes: bool = False) -> dict[str, Any]:
        return {"cuts": cuts, "slopes": slopes}

    if profile.outputs < FEW_OUTPUTS:
        settings = [
            setting("few", LINES, 0.01),
            setting("some", LINES, 0.005),
            setting("some", steps(1), 0.003),
            setting("few", LINES, 0.1),
            setting("some", LINES, 0.05, "backward"),
            setting("some", steps(3), 0.003),
            setting("few", steps(7), 0.003),
            setting("many", LINES, 0.005),
            setting("many", steps(3), 0.003),
        ]
    else:
        settings = [
            setting("many", LINES, 0.003, "backward"),
            setting("some", LINES, 0.01),
            setting("many", LINES, 0.003),
            setting("many", steps(1), 0.003),
            setting("many", steps(3), 0.003),
        ]
    if profile.graph is not None and not profile.graph.pooled:
        first = [setting("many", LINES, ridge, "backward") for ridge in (0.003, 0.01)]
        settings = [*first, *(s for s in settings if s not in first)]
    if link:
        settings.insert(2, setting("few", LINES, 0.005, link="exp"))
        settings.append(setting("some", steps(15, slopes=True), 0.0005, link="exp"))
    return [s for s in settings if _has_numbers(profile) or not s["cuts"]]


def _link(profile: Profile) -> dict[str, str]:
    return {"link": "identity"} if profile.task == "regression" else {}


def _has_numbers(profile: Profile) -> bool:
    return any(column.kind in {"numeric", "series"} and column.distinct > 2 for column in profile.columns)
