"""Why a model predicts what it predicts: terms that add up, what would change the output, and which columns matter."""

from automicro.explain.card import global_card
from automicro.explain.decision.counterfactual import Change, Counterfactual
from automicro.explain.decision.explanation import Explanation, Part, Weight
from automicro.explain.decision.local import explain
from automicro.explain.model_explanation import ModelExplanation
from automicro.explain.replay.replay import Replay, replay
from automicro.explain.replay.sampled_rows import drawn_rows

__all__ = [
    "Change",
    "Counterfactual",
    "Explanation",
    "ModelExplanation",
    "Part",
    "Replay",
    "Weight",
    "drawn_rows",
    "explain",
    "global_card",
    "replay",
]
