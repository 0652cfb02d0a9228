"""The loop that proposes, tries and judges candidates."""

from automicro.search.classes import beside_note
from automicro.search.constant import constant_words
from automicro.search.context import Candidate, Outcome, State
from automicro.search.decide.certify import CertificationSplit, Certified, Paired, claim_test, levels, rows_needed
from automicro.search.decide.estimate import Estimate, beside_certificate, combined, cross_validated, on_held_out
from automicro.search.decide.frontier import frontier
from automicro.search.decide.latency import optimism
from automicro.search.decide.replay_check import ReplayCheck, checked_by_replay
from automicro.search.history import Stop
from automicro.search.requirements.columns import ranges_of
from automicro.search.requirements.file import MostLatency, Size
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.scores import Robustness, Score
from automicro.search.requirements.structure import NotConstant
from automicro.search.search import SearchResult, search, with_request
from automicro.search.trial.beside import scores_beside

__all__ = [
    "Candidate",
    "CertificationSplit",
    "Certified",
    "Estimate",
    "MostLatency",
    "NotConstant",
    "Outcome",
    "Paired",
    "ReplayCheck",
    "Requirements",
    "Robustness",
    "Score",
    "SearchResult",
    "Size",
    "State",
    "Stop",
    "beside_certificate",
    "beside_note",
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
