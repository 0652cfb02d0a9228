"""The loop that proposes, tries and judges candidates."""

from automicro.search.caps import cap_values, caps_of, ranges_of
from automicro.search.certify import Certified, Paired, Trust, claim_test, rows_needed
from automicro.search.constant import constant_words
from automicro.search.finish import Point, frontier, optimism, score_interval
from automicro.search.replaying import judged_by_replay
from automicro.search.search import Result, search
from automicro.search.task import Candidate, Outcome

__all__ = [
    "Candidate",
    "Certified",
    "Outcome",
    "Paired",
    "Point",
    "Result",
    "Trust",
    "cap_values",
    "caps_of",
    "claim_test",
    "constant_words",
    "frontier",
    "judged_by_replay",
    "optimism",
    "ranges_of",
    "rows_needed",
    "score_interval",
    "search",
]
