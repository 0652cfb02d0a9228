"""Whether a model family keeps its protocol: for the tests of those who write one."""

from automicro.testing.cases import Case, cases
from automicro.testing.family import check_family

__all__ = ["Case", "cases", "check_family"]
