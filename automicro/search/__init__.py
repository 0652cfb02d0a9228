"""The loop that proposes, tries and judges candidates."""

from automicro.search.classes import beside_note
from automicro.search.constant import constant_words
from automicro.search.context import Candidate, Outcome
from automicro.search.decide.certify import CertificationSplit, Certified, Paired, claim_test, levels, rows_needed
from automicro.search.decide.estimate import Estimate, beside_certificate, combined, cross_validated, on_held_out
from automicro.search.decide.frontier import frontier
from automicro.search.decide.latency import optimism
from automicro.search.decide.replay_check import ReplayCheck, checked_by_replay
from automicro.search.search import SearchResult, search, with_request
from automicro.search.trial.beside import scores_beside
from automicro.search.trial.structural_limits import cap_values, caps_of, ranges_of

__all__ = [
    "Candidate",
    "CertificationSplit",
    "Certified",
    "Estimate",
    "Outcome",
    "Paired",
    "ReplayCheck",
    "SearchResult",
    "beside_certificate",
    "beside_note",
    "cap_values",
    "caps_of",
    "checked_by_replay",
    "claim_test",
    "combined",
    "constant_words",
    "cross_validated",
    "frontier",
    "levels",
    "on_held_out",
    "optimism",
    "ranges_of",
    "rows_needed",
    "scores_beside",
    "search",
    "with_request",
]
