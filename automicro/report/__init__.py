"""Models, results and progress in plain text."""

from __future__ import annotations

from automicro.report.attention import attention_text
from automicro.report.certificate import certificate_text
from automicro.report.model import card_text, model_text, size_text
from automicro.report.progress import Progress
from automicro.report.result import infeasible_text, summary
from automicro.report.trace import runner_up, trace_text
from automicro.words.numbers import aligned

__all__ = [
    "Progress",
    "aligned",
    "attention_text",
    "card_text",
    "certificate_text",
    "infeasible_text",
    "model_text",
    "runner_up",
    "size_text",
    "summary",
    "trace_text",
]
