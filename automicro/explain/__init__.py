"""Why a model predicts what it predicts: terms that add up, what would change the output, and which columns matter."""

from automicro.explain.counterfactual import Change, Counterfactual
from automicro.explain.explanation import Explanation, Part, Weight
from automicro.explain.local import explain

__all__ = ["Change", "Counterfactual", "Explanation", "Part", "Weight", "explain"]
