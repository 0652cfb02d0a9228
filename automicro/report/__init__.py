"""Tell models, results and progress in plain text."""

from __future__ import annotations

from automicro.report.model import card_text, model_text, size_text
from automicro.report.progress import Event, Progress, TerminalProgress, progress_for
from automicro.report.summary import infeasible_text, summary_text

__all__ = [
    "Event",
    "Progress",
    "TerminalProgress",
    "card_text",
    "infeasible_text",
    "model_text",
    "progress_for",
    "size_text",
    "summary_text",
]
