"""What the features of a program are called when it is told in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.program import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.program.series import summary_words
from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Decoder, Program

__all__ = ["FeatureText", "column_names", "feature_texts", "reading_lines"]


@dataclass(frozen=True)
class FeatureText:
    """A feature in words: `name` as a term of a sum; `yes` and `no` where it is 1 or 0 and nothing else."""

    name: str
    yes: str | None = None
    no: str | None = None
    may_be_missing: bool = False

    def at_most(self, threshold: float) -> str:
        """Return the condition ``feature <= threshold``."""
        if self.no is not None and 0 <= threshold < 1:
            return self.no
        return f"{self.name} <= {number(threshold)}"

    def piece(self, low: float | None, high: float | None) -> str:
        """Return the condition ``low < feature <= high``, either side open if None."""
        if self.yes is not None and self.no is not None:
            if low is None and high is not None and 0 <= high < 1:
                return self.no
            if high is None and low is not None and 0 <= low < 1:
                return self.yes
        above = "" if low is None else f"> {number(low)}"
        below = "" if high is None else f"<= {number(high)}"
        return f"{self.name} {' and '.join(part for part in (above, below) if part) or 'of any value'}"


def column_names(columns: int, card: dict[str, object] | None) -> tuple[str, ...]:
    """Return the names of the source columns, or their positions where there is no card."""
    told = card.get("columns") if card else None
    if isinstance(told, list | tuple) and len(told) == columns:
        return tuple(str(column["name"]) for column in told)
    return tuple(f"column {position}" for position in range(columns))


def feature_texts(program: Program, names: Sequence[str]) -> tuple[FeatureText, ...]:
    """Return one text for each feature that the decoders make."""
    return tuple(text for decoder in program.decoders for text in _texts(decoder, names[decoder.column]))


def _texts(decoder: Decoder, name: str) -> list[FeatureText]:
    match decoder:
        case Numeric():
            return [FeatureText(name, may_be_missing=decoder.fill is None)]
        case Missing():
            return [FeatureText(f"[{name} is missing]", f"{name} is missing", f"{name} is not missing")]
        case OneHot():
            return [_level(name, level) for level in decoder.levels]
        case Lookup():
            return [FeatureText(f"code of {name}")]
        case Grams():
            return [FeatureText(f"[{name} in bucket {bucket}]") for bucket in decoder.buckets]
        case Summary():
            return [FeatureText(summary_words(decoder, name))]


def _level(name: str, level: str | None) -> FeatureText:
    if level is None:
        return FeatureText(f"[{name} is missing]", f"{name} is missing", f"{name} is not missing")
    return FeatureText(f"[{name} = {level}]", f"{name} is {level}", f"{name} is not {level}")


def _gram_words(grams: Grams) -> str:
    """Return what of a text falls into buckets, and what a bucket counts as."""
    sizes = str(grams.low) if grams.low == grams.high else f"{grams.low} to {grams.high}"
    what = (
        f"the number of its {sizes}-{grams.unit} grams" if grams.counted else f"1 if it has {sizes}-{grams.unit} grams"
    )
    cut = f" (words cut to {grams.prefix} letters)" if grams.prefix else ""
    root = ", divided by the root of the number of all its grams," if grams.scaled else ""
    return f"{what}{cut}{root} in one of {1 << grams.bits} buckets"


def reading_lines(program: Program, names: Sequence[str]) -> list[str]:
    """Return how columns become features, where that is more than taking a number as it stands."""
    lines = []
    for decoder in program.decoders:
        name = names[decoder.column]
        if isinstance(decoder, Numeric) and decoder.fill is not None:
            lines.append(f"{name} counts as {number(decoder.fill)} where missing")
        elif isinstance(decoder, Lookup):
            levels = ("missing" if level is None else level for level in decoder.levels)
            codes = [f"{level}: {number(value)}" for level, value in zip(levels, decoder.values.values, strict=True)]
            lines.append(f"code of {name}: {', '.join([*codes, f'any other: {number(decoder.default)}'])}")
        elif isinstance(decoder, Grams):
            lines.append(f"[{name} in bucket b]: {_gram_words(decoder)} by hash, 0 if there are none")
    return lines
