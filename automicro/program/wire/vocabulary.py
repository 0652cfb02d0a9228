"""Text: levels and labels, each string written once and referred to afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.wire.coder import Meter
from automicro.program.wire.numbers import Chances, read_number, write_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["read_texts", "write_texts"]

ALPHABETS = (
    bytes(range(48, 58)),
    bytes(range(97, 123)),
    bytes(range(48, 58)) + bytes(range(65, 91)),
    bytes(range(48, 58)) + bytes(range(65, 91)) + bytes(range(97, 123)) + b"_",
    bytes(range(32, 127)),
    bytes(range(256)),
)
PREFIXES = 16  # lengths of shared beginnings that can be told apart
CHARACTER_GAIN = 3
LENGTH_GAIN = 4
NEW_GAIN = 2

Lists = "Sequence[Sequence[str | None]]"


def write_texts(sink: Sink, lists: Sequence[Sequence[str | None]]) -> None:
    """Write lists of texts; the reader knows how many lists there are, and how long each is.

    Within a list no text stands twice. Texts that occurred before, the missing level among them, are referred to.
    """
    strings, references = _first_uses(lists)
    sink.claim(sum(len(texts) for texts in lists) + sum(len(s) for s in strings))
    longest = max((len(s) for s in strings), default=0)
    has_missing = any(None in texts for texts in lists)
    sink.uniform(int(has_missing), 2)
    write_number(sink, len(strings), 3)
    if strings:
        write_number(sink, longest, 2)
        _write_strings(sink, strings, longest)
    _write_references(sink, references, len(strings), has_missing)


def _first_uses(lists: Sequence[Sequence[str | None]]) -> tuple[list[bytes], list[list[int]]]:
    """Return the distinct strings in the order of first use, and lists of places in that order; -1 is missing."""
    place: dict[str | None, int] = {None: -1}
    references = []
    for texts in lists:
        for text in texts:
            place.setdefault(text, len(place) - 1)
        references.append([place[text] for text in texts])
    return [text.encode("utf-8", "surrogatepass") for text in place if text is not None], references


def _write_references(sink: Sink, references: list[list[int]], strings: int, has_missing: bool) -> None:
    """Write which string stands where: the next unused one, or one of those known that this list does not have yet."""
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


def _read_references(source: Decoder, lengths: Sequence[int], strings: int, has_missing: bool) -> list[list[int]]:
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


def _write_strings(sink: Sink, strings: list[bytes], longest: int) -> None:
    def bits(alphabet: int) -> float:
        meter = Meter()
        _write_characters(meter, strings, longest, ALPHABETS[alphabet])
        return meter.bits

    used = set().union(*strings)
    fitting = [a for a, letters in enumerate(ALPHABETS) if used <= set(letters)]
    best = min(fitting, key=bits)
    sink.uniform(best, len(ALPHABETS))
    _write_characters(sink, strings, longest, ALPHABETS[best])


def _write_characters(sink: Sink, strings: list[bytes], longest: int, alphabet: bytes) -> None:
    place = {letter: i for i, letter in enumerate(alphabet)}
    lengths, prefixes = Chances(longest + 1, LENGTH_GAIN), Chances(PREFIXES, LENGTH_GAIN)
    letters = Chances(len(alphabet), CHARACTER_GAIN)
    before = b""
    for string in strings:
        lengths.write(sink, len(string))
        shared = _shared(before, string)
        if before and string:
            prefixes.write(sink, shared)
        for letter in string[shared:]:
            letters.write(sink, place[letter])
        before = string


def _shared(before: bytes, string: bytes) -> int:
    most = min(len(before), len(string), PREFIXES - 1)
    return next((i for i in range(most) if before[i] != string[i]), most)


def _read_strings(source: Decoder, count: int, longest: int) -> list[bytes]:
    alphabet = ALPHABETS[source.uniform(len(ALPHABETS))]
    lengths, prefixes = Chances(longest + 1, LENGTH_GAIN), Chances(PREFIXES, LENGTH_GAIN)
    letters = Chances(len(alphabet), CHARACTER_GAIN)
    strings: list[bytes] = []
    before = b""
    for _ in range(count):
        length = lengths.read(source)
        source.claim(length)
        shared = prefixes.read(source) if before and length else 0
        if shared > min(length, len(before)):
            raise ArtifactError("a text cannot share more than it has; the file is damaged")
        before = before[:shared] + bytes(alphabet[letters.read(source)] for _ in range(length - shared))
        strings.append(before)
    return strings


def read_texts(source: Decoder, lengths: Sequence[int]) -> list[tuple[str | None, ...]]:
    """Read what `write_texts` wrote, lists of these lengths."""
    source.claim(sum(lengths))
    has_missing = bool(source.uniform(2))
    count = source.bounded(read_number(source, 3), sum(lengths))
    strings: list[bytes] = []
    if count:
        longest = read_number(source, 2)
        source.claim(longest)
        strings = _read_strings(source, count, longest)
    try:
        texts = [string.decode("utf-8", "surrogatepass") for string in strings]
    except UnicodeDecodeError as error:
        raise ArtifactError("texts must be utf-8; the file is damaged") from error
    references = _read_references(source, lengths, count, has_missing)
    return [tuple(None if place < 0 else texts[place] for place in places) for places in references]
