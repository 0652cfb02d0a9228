"""The command `inspect`: a saved model in words, with its size by part and its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["inspect"]


def inspect(arguments: Namespace) -> str:
    """Return a model in words, the level that it has, its size by part and its card."""
    from automicro.measure import verified_level  # noqa: PLC0415 - predicting does not need it
    from automicro.program import size_by_part  # noqa: PLC0415 - as above
    from automicro.report import card_text, model_text, size_text  # noqa: PLC0415 - as above

    model = load(arguments.model)
    words, level = model_text(model.program, model.card), str(verified_level(model))
    if arguments.json:
        parts = {
            "size_bytes": model.size_bytes,
            "size_by_part": size_by_part(model.program),
            "model": words.splitlines(),
            "interpretability": level,
            "card": model.card,
        }
        return json.dumps(parts, indent=2) + "\n"
    card = "none (stripped)" if model.card is None else card_text(model.card)
    texts = {"model": words, "interpretability": level, "size": size_text(model.program), "card": card}
    return "\n".join(f"{title}\n{_indented(text)}\n" for title, text in texts.items())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
