"""The loop that proposes, tries and judges candidates."""

from automicro.search.certify import Certified, Trust, claim_test, rows_needed
from automicro.search.finish import Point, frontier, optimism, score_interval
from automicro.search.search import Result, search
from automicro.search.task import Candidate, Outcome

__all__ = [
    "Candidate",
    "Certified",
    "Outcome",
    "Point",
    "Result",
    "Trust",
    "claim_test",
    "frontier",
    "optimism",
    "rows_needed",
    "score_interval",
    "search",
]
