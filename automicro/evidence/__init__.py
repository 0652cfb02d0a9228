"""How sure a score is: tests on rows that nothing was chosen on, certificates, and the optimism of a selection."""

from automicro.evidence.held_out import HeldOutPredictions
from automicro.evidence.hypothesis_test import better_than, within_of
from automicro.evidence.mean_test import Tested
from automicro.evidence.optimism import Contender, selection_optimism

__all__ = ["Contender", "HeldOutPredictions", "Tested", "better_than", "selection_optimism", "within_of"]
