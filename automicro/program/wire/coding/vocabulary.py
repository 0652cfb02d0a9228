"""Text: levels and labels, each string written once and referred to afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.wire.coding.characters import Characters
from automicro.program.wire.coding.coder import Meter
from automicro.program.wire.coding.numbers import Chances, read_choice, write_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_texts", "write_texts"]

PREFIXES = 16  # lengths of shared beginnings that can be distinguished
PREFIX_GAIN = 8
NEW_GAIN = 2
HAS_MISSING = (7, 1)
ALL_DIFFER = (1, 1)


def write_texts(sink: EventSink, lists: Sequence[Sequence[str | None]]) -> None:
    """Write lists of texts; the reader knows how many lists there are, and how long each is.

    Within a list no text occurs twice. Texts that occurred before, the missing level among them, are referred to.
    """
    strings, references = _first_uses(lists)
    total = sum(len(texts) for texts in lists)
    sink.claim(total + sum(len(s) for s in strings))
    has_missing = any(None in texts for texts in lists)
    write_choice(sink, int(has_missing), HAS_MISSING)
    all_differ = len(strings) == total
    write_choice(sink, int(all_differ), ALL_DIFFER)
    if not all_differ:
        sink.uniform(len(strings), total)
    if strings:
        _write_strings(sink, strings)
    if not all_differ:
        _write_references(sink, references, len(strings), has_missing)


def read_texts(source: RangeDecoder, lengths: Sequence[int]) -> list[tuple[str | None, ...]]:
    """Read what `write_texts` wrote, lists of these lengths."""
    total = sum(lengths)
    source.claim(total)
    has_missing = bool(read_choice(source, HAS_MISSING))
    all_differ = bool(read_choice(source, ALL_DIFFER))
    count = total if all_differ else source.uniform(source.at_least(total, 1))
    strings = _read_strings(source, count) if count else []
    try:
        texts = [string.decode("utf-8", "surrogatepass") for string in strings]
    except UnicodeDecodeError as error:
        raise ArtifactError("texts must be utf-8; the file is damaged") from error
    if all_differ:
        left = iter(texts)
        return [tuple(next(left) for _ in range(length)) for length in lengths]
    references = _read_references(source, lengths, count, has_missing)
    return [tuple(None if place < 0 else texts[place] for place in places) for places in references]


def _first_uses(lists: Sequence[Sequence[str | None]]) -> tuple[list[bytes], list[list[int]]]:
    """Return the distinct strings in the order of first use, and lists of places in that order; -1 is missing."""
    place: dict[str | None, int] = {None: -1}
    references = []
    for texts in lists:
        for text in texts:
            place.setdefault(text, len(place) - 1)
        references.append([place[text] for text in texts])
    return [text.encode("utf-8", "surrogatepass") for text in place if text is not None], references


def _write_references(sink: EventSink, references: list[list[int]], strings: int, has_missing: bool) -> None:
    """Write the string at each position: the next unused one, or one of those known that this list does not have yet."""
    seen, fresh = 0, Chances(2, NEW_GAIN)
    for places in references:
        free = ([-1] if has_missing else []) + list(range(seen))
        for place in places:
            is_new = int(place == seen)
            if free and seen < strings:
                fresh.write(sink, is_new)
            if is_new:
                seen += 1
            else:
                sink.uniform(free.index(place), len(free))
                free.remove(place)


def _read_references(source: RangeDecoder, lengths: Sequence[int], strings: int, has_missing: bool) -> list[list[int]]:
    seen, fresh, references = 0, Chances(2, NEW_GAIN), []
    for length in lengths:
        free = ([-1] if has_missing else []) + list(range(seen))
        places = []
        for _ in range(length):
            is_new = fresh.read(source) if free and seen < strings else int(seen < strings)
            if is_new:
                places.append(seen)
                seen += 1
            elif free:
                places.append(free.pop(source.uniform(len(free))))
            else:
                raise ArtifactError("a list must not have one text twice; the file is damaged")
        references.append(places)
    return references


def _write_strings(sink: EventSink, strings: list[bytes]) -> None:
    def bits(sharing: bool) -> float:
        meter = Meter()
        _write_characters(meter, strings, sharing=sharing)
        return meter.bits

    sharing = len(strings) > 1 and bits(True) < bits(False)
    if len(strings) > 1:
        sink.uniform(int(sharing), 2)
    _write_characters(sink, strings, sharing=sharing)


def _write_characters(sink: EventSink, strings: list[bytes], *, sharing: bool) -> None:
    letters, prefixes, before = Characters(), Chances(PREFIXES, PREFIX_GAIN), b""
    for string in strings:
        shared = _shared(before, string) if sharing else 0
        if sharing and before:
            prefixes.write(sink, shared)
        letters.write(sink, string[:shared], string)
        before = string


def _shared(before: bytes, string: bytes) -> int:
    most = min(len(before), len(string), PREFIXES - 1)
    return next((i for i in range(most) if before[i] != string[i]), most)


def _read_strings(source: RangeDecoder, count: int) -> list[bytes]:
    sharing = count > 1 and bool(source.uniform(2))
    letters, prefixes, before = Characters(), Chances(PREFIXES, PREFIX_GAIN), b""
    strings: list[bytes] = []
    for _ in range(count):
        shared = prefixes.read(source) if sharing and before else 0
        if shared > len(before):
            raise ArtifactError("a text cannot share more than there is; the file is damaged")
        before = letters.read(source, before[:shared])
        strings.append(before)
    return strings
