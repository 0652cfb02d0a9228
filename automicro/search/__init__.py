"""The loop that proposes, tries and judges candidates."""

from automicro.search.finish import Point, frontier, score_interval
from automicro.search.search import Result, search
from automicro.search.task import Candidate, Outcome

__all__ = ["Candidate", "Outcome", "Point", "Result", "frontier", "score_interval", "search"]
