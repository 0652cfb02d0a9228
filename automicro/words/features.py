"""Names of the features of a program in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automicro.program import Grams, Lookup, Missing, Numeric, OneHot, Summary
from automicro.program.inputs.series import summary_words
from automicro.words.numbers import number, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Decoder, Program

__all__ = ["FeatureText", "column_names", "feature_texts", "input_text", "inputs_of", "reading_lines"]

_OF_GRAMS = ("unit", "low", "high", "bits", "prefix", "counted", "scaled")


@dataclass(frozen=True)
class FeatureText:
    """A feature in words: its name; `yes` and `no` where it is 1 or 0 and nothing else; the `offset` that is subtracted from its column."""

    name: str
    yes: str | None = None
    no: str | None = None
    may_be_missing: bool = False
    offset: float = 0.0

    @property
    def term(self) -> str:
        """What is computed with: the name, or the difference to the offset."""
        sign = "+" if self.offset < 0 else "-"
        return f"({self.name} {sign} {number(0.0, abs(self.offset))})" if self.offset else self.name

    def at_most(self, threshold: float) -> str:
        """Return the condition ``feature <= threshold``."""
        if self.no is not None and 0 <= threshold < 1:
            return self.no
        return f"{self.name} <= {number(threshold, self.offset)}"

    def piece(self, low: float | None, high: float | None) -> str:
        """Return the condition ``low < feature <= high``, either side open if None."""
        if self.yes is not None and self.no is not None:
            if low is None and high is not None and 0 <= high < 1:
                return self.no
            if high is None and low is not None and 0 <= low < 1:
                return self.yes
        above = "" if low is None else f"> {number(low, self.offset)}"
        below = "" if high is None else f"<= {number(high, self.offset)}"
        return f"{self.name} {' and '.join(part for part in (above, below) if part) or 'of any value'}"


def column_names(columns: int, card: dict[str, object] | None) -> tuple[str, ...]:
    """Return the names of the source columns, or their positions where there is no card."""
    entry = card.get("columns") if card else None
    if isinstance(entry, list | tuple) and len(entry) == columns:
        return tuple(str(column["name"]) for column in entry)
    return tuple(f"column {position}" for position in range(columns))


def inputs_of(decoders: Sequence[Decoder], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one entry for each feature that decoders make: data that JSON can hold, and that says all that the decoder does."""
    return [entry for decoder in decoders for entry in _entries(decoder, names[decoder.column])]


def _entries(decoder: Decoder, name: str) -> list[dict[str, Any]]:
    match decoder:
        case Numeric():
            fill = None if decoder.fill is None else plain(decoder.fill)
            less = {"less": decoder.offset} if decoder.offset else {}
            return [{"kind": "number", "column": name, "if_missing": fill, **less}]
        case Missing():
            return [{"kind": "missing", "column": name}]
        case OneHot():
            return [{"kind": "level", "column": name, "level": level} for level in decoder.levels]
        case Lookup():
            codes = [[level, plain(v)] for level, v in zip(decoder.levels, decoder.values.values, strict=True)]
            return [{"kind": "code", "column": name, "codes": codes, "otherwise": plain(decoder.default)}]
        case Grams():
            entry = {key: getattr(decoder, key) for key in _OF_GRAMS}
            return [{"kind": "grams", "column": name, "bucket": bucket, **entry} for bucket in decoder.buckets]
        case Summary():
            entry = {"statistic": decoder.statistic, "parts": 1 << decoder.level, "part": decoder.window}
            return [{"kind": "summary", "column": name, **entry}]


def feature_texts(program: Program, names: Sequence[str]) -> tuple[FeatureText, ...]:
    """Return one text for each feature that the decoders make."""
    return tuple(map(input_text, inputs_of(program.decoders, names)))


def input_text(entry: dict[str, Any]) -> FeatureText:
    """Return an entry of `inputs_of` in words."""
    name = entry["column"]
    match entry["kind"]:
        case "number":
            return FeatureText(name, may_be_missing=entry["if_missing"] is None, offset=entry.get("less", 0.0))
        case "code":
            return FeatureText(f"code of {name}")
        case "grams":
            return FeatureText(f"[{name} in bucket {entry['bucket']}]")
        case "summary":
            summary = Summary(0, entry["statistic"], entry["parts"].bit_length() - 1, entry["part"])
            return FeatureText(summary_words(summary, name))
    if entry.get("level") is None:
        return FeatureText(f"[{name} is missing]", f"{name} is missing", f"{name} is not missing")
    level = entry["level"]
    return FeatureText(f"[{name} = {level}]", f"{name} is {level}", f"{name} is not {level}")


def _gram_words(entry: dict[str, Any]) -> str:
    """Return what of a text falls into buckets, and what a bucket counts as."""
    sizes = str(entry["low"]) if entry["low"] == entry["high"] else f"{entry['low']} to {entry['high']}"
    what = (
        f"the number of its {sizes}-{entry['unit']} grams"
        if entry["counted"]
        else f"1 if it has {sizes}-{entry['unit']} grams"
    )
    cut = f" (words cut to {entry['prefix']} letters)" if entry["prefix"] else ""
    root = ", divided by the root of the number of all its grams," if entry["scaled"] else ""
    return f"{what}{cut}{root} in one of {1 << entry['bits']} buckets"


def reading_lines(inputs: Sequence[dict[str, Any]]) -> list[str]:
    """Return how columns become inputs, where that is more than taking a number as it is."""
    lines = []
    for entry in inputs:
        name = entry["column"]
        if entry["kind"] == "number" and entry["if_missing"] is not None:
            lines.append(f"{name} counts as {number(entry['if_missing'], entry.get('less', 0.0))} where missing")
        elif entry["kind"] == "code":
            codes = [f"{'missing' if level is None else level}: {number(value)}" for level, value in entry["codes"]]
            codes.append(f"any other: {number(entry['otherwise'])}")
            lines.append(f"code of {name}: {', '.join(codes)}")
        elif entry["kind"] == "grams":
            lines.append(f"[{name} in bucket b]: {_gram_words(entry)} by hash, 0 if there are none")
    return list(dict.fromkeys(lines))
