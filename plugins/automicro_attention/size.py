"""How many bytes a network can take, known before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds
from automicro_attention.space import Setting

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["budget_of"]


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return bytes between a constant and float32 for every weight."""
    return SizeBudget(1, _most_bytes(parameters, profile), _usual_bytes(parameters, profile))


def _most_bytes(parameters: Parameters, profile: Profile) -> int:
    """Return the bytes of float32 for every weight."""
    setting, features = Setting.of(parameters), profile.features_at_most
    tokens = features if profile.kind != "table" else min(len(profile.columns), features)
    most = bounds.affine_bytes(features)[1] + bounds.tokens_bytes(features, tokens, setting.width, features)[1]
    most += bounds.attention_bytes(setting.heads, setting.width)[1]
    if setting.asks:
        most += bounds.attention_bytes(setting.heads, setting.width, asking=True)[1]
    return most + bounds.affine_bytes(setting.heads * setting.width, profile.outputs, profile.classes)[1]


def _usual_bytes(parameters: Parameters, profile: Profile) -> int:
    """Return about what three bits for every weight take."""
    setting = Setting.of(parameters)
    features = profile.features_at_most
    if profile.kind == "table":
        features = min(features, profile.max_columns or features)
    tokens = max(1, features // setting.patch)
    rows = tokens + (setting.patch if setting.shared else 1 if profile.kind == "text" else features)
    numbers = setting.width * (setting.kept * rows + setting.heads * (1 + profile.outputs))
    if setting.asks:
        numbers += 2 * setting.heads * setting.width**2
    return 12 + int(3 * numbers / 8)
