"""Why a model predicts what it predicts: terms that add up, what would change the output, and which columns matter."""

from automicro.explain.counterfactual import Change, Counterfactual
from automicro.explain.local import Explanation, Part, explain

__all__ = ["Change", "Counterfactual", "Explanation", "Part", "explain"]
