"""Characters of texts: the class of each, described by that of the one before, then which of its class it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program.wire.coding.numbers import Chances

if TYPE_CHECKING:
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["Characters"]

DIGITS = b"0123456789"
LOWER = b"abcdefghijklmnopqrstuvwxyz"
UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = bytes(letter for letter in range(32, 127) if letter not in DIGITS + LOWER + UPPER)
ALPHABETS = (DIGITS, LOWER, UPPER, OTHER, bytes(range(256)))
FREQUENCIES = {6: b"etaoinsr", 4: b"hldcum", 2: b"fpgwybv", 8: b" -_./"}  # chances at the start, of others 1
END = len(ALPHABETS)
CLASS_GAIN = 8
GAINS = (1, 3, 1, 3, 1)


def _start(alphabet: bytes) -> list[int]:
    chances = {letter: chance for chance, letters in FREQUENCIES.items() for letter in letters}
    is_listed = alphabet in (LOWER, OTHER)
    return [chances.get(letter, 1) if is_listed else 1 for letter in alphabet]


class Characters:
    """What is learnt of the characters of texts while they are coded."""

    def __init__(self) -> None:
        self._classes = [Chances(END + 1, CLASS_GAIN) for _ in range(END + 1)]
        self._members = [
            Chances(len(letters), gain, _start(letters)) for letters, gain in zip(ALPHABETS, GAINS, strict=True)
        ]

    @staticmethod
    def _class_of(letter: int) -> int:
        return next(number for number, letters in enumerate(ALPHABETS) if letter in letters)

    def _after(self, text: bytes) -> int:
        return self._class_of(text[-1]) if text else END

    def write(self, sink: EventSink, beginning: bytes, text: bytes) -> None:
        """Write what follows the beginning of a text, and its end."""
        before = self._after(beginning)
        for letter in text[len(beginning) :]:
            number = self._class_of(letter)
            self._classes[before].write(sink, number)
            self._members[number].write(sink, ALPHABETS[number].index(letter))
            before = number
        self._classes[before].write(sink, END)

    def read(self, source: RangeDecoder, beginning: bytes) -> bytes:
        """Return the text that has this beginning."""
        text, before = bytearray(beginning), self._after(beginning)
        while (number := self._classes[before].read(source)) != END:
            source.claim(1)
            text.append(ALPHABETS[number][self._members[number].read(source)])
            before = number
        return bytes(text)
