"""Texts as hashed grams: what a token is, what a gram is, and which bucket it falls into."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import category

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from automicro.program.nodes import Grams

__all__ = ["CANDIDATES", "bucket_of", "gram_matrix", "gram_row", "grams_of", "hash_of", "tokens_of"]

CANDIDATES = re.compile(r"\w+|[^\w\s]")
REMEMBERED = 1 << 17  # grams whose hash is kept
START, FACTOR, MASK = 2166136261, 16777619, (1 << 32) - 1


def tokens_of(text: str, prefix: int = 0) -> list[str]:
    """Return the tokens of a text, each cut to `prefix` characters unless that is 0.

    A token is a longest run of letters, digits and underscores (Unicode categories L and N), or one symbol beyond ASCII
    (category S: emoji, currencies, arrows), of the text in lower case.

    Examples
    --------
    >>> tokens_of("Don't PANIC 😀!", prefix=4)
    ['don', 't', 'pani', '😀']
    """
    found = [token for token in CANDIDATES.findall(text.lower()) if _is_token(token[0])]
    return [token[:prefix] for token in found] if prefix else found


@lru_cache(maxsize=4096)
def _is_token(first: str) -> bool:
    return first == "_" or first.isalnum() or (ord(first) > 127 and category(first)[0] == "S")


def grams_of(text: str | None, decoder: Grams) -> list[str]:
    """Return the grams of a text; a missing one has none."""
    tokens = tokens_of(text, decoder.prefix) if text else []
    sizes = range(decoder.low, decoder.high + 1)
    if decoder.unit == "word":
        if decoder.high == 1:
            return tokens
        return [" ".join(tokens[i : i + size]) for size in sizes for i in range(len(tokens) - size + 1)]
    joined = f" {' '.join(tokens)} " if tokens else ""
    return [joined[i : i + size] for size in sizes for i in range(len(joined) - size + 1)]


@lru_cache(maxsize=REMEMBERED)
def hash_of(gram: str) -> int:
    """Return the 32-bit FNV-1a hash of a gram's UTF-8 (Fowler, Noll and Vo, 1991)."""
    result = START
    for byte in gram.encode("utf-8", "surrogatepass"):
        result = ((result ^ byte) * FACTOR) & MASK
    return result


def bucket_of(gram: str, bits: int) -> int:
    """Return which of 2**bits buckets a gram falls into."""
    hashed = hash_of(gram)
    return (hashed >> bits ^ hashed) & ((1 << bits) - 1)


def _bucket_counts(text: str | None, decoder: Grams, places: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """Return how many grams fall into the buckets that have a place, by place, and how many grams there are."""
    grams, bits = grams_of(text, decoder), decoder.bits
    counts = dict[int, int]()
    for gram in grams:
        place = places.get(bucket_of(gram, bits))
        if place is not None:
            counts[place] = counts.get(place, 0) + 1
    return counts, len(grams)


@lru_cache(maxsize=REMEMBERED)
def _value(count: int, root_of: int) -> float:
    return float(np.float32(count / math.sqrt(root_of)))


def _terms(text: str | None, decoder: Grams, places: Mapping[int, int]) -> list[tuple[int, float]]:
    """Return places and values of the features of a text that are not 0."""
    counts, grams = _bucket_counts(text, decoder, places)
    root_of = grams if decoder.scaled else 1
    return [(place, _value(count if decoder.counted else 1, root_of)) for place, count in counts.items()]


def gram_matrix(decoder: Grams, texts: NDArray[np.object_]) -> NDArray[np.float32]:
    """Return the features of texts, (rows, buckets)."""
    places = {bucket: place for place, bucket in enumerate(decoder.buckets)}
    matrix = np.zeros((len(texts), len(places)), dtype=np.float32, order="F")
    cells = [(row, *term) for row, text in enumerate(texts) for term in _terms(text, decoder, places)]
    if cells:
        rows, columns, values = zip(*cells, strict=True)
        matrix[list(rows), list(columns)] = values
    return matrix


def gram_row(decoder: Grams) -> Callable[[str | None], list[float]]:
    """Return the function from one text to its features."""
    places = {bucket: place for place, bucket in enumerate(decoder.buckets)}

    def features(text: str | None) -> list[float]:
        result = [0.0] * len(places)
        for place, value in _terms(text, decoder, places):
            result[place] = value
        return result

    return features
