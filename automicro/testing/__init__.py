"""Whether a model family or a target keeps its protocol: for the tests of those who write one."""

from automicro.testing.cases import Case, cases
from automicro.testing.family import check_family
from automicro.testing.models import DrawnModel, draw_model
from automicro.testing.target import Answer, Exported, check_target

__all__ = ["Answer", "Case", "DrawnModel", "Exported", "cases", "check_family", "check_target", "draw_model"]
