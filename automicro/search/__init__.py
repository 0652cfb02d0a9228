"""The loop that proposes, tries and judges candidates."""

from automicro.search.finish import Point, frontier, score_interval
from automicro.search.forms import mean_gain
from automicro.search.search import Result, search
from automicro.search.task import Candidate, Outcome

__all__ = ["Candidate", "Outcome", "Point", "Result", "frontier", "mean_gain", "score_interval", "search"]
